//! Handshakes with servers that PostgreSQL would not be: without the private key, or
//! with a key that nobody should have.

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use pgcheck::target::{Environment, Request, TlsParameters, resolve};
use pgcheck::tls::{GroupOrder, Identity, Recording, Refusal, TlsClient};
use rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConnection, ProtocolVersion, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::pki::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn parameters(more: &str) -> TlsParameters {
    let request = Request {
        targets: vec![format!("hostaddr=127.0.0.1 dbname=x {more}")],
        ..Request::default()
    };
    let environment = Environment::of([("HOME", "/nonexistent")]).with_user("app");
    resolve(&request, &environment).unwrap().remove(0).tls
}

fn client(more: &str) -> TlsClient {
    TlsClient::load(&parameters(more), Identity::Unverified).unwrap()
}

/// Presents a certificate and signs with a key, whether or not they belong together.
#[derive(Debug)]
struct Impostor(Arc<CertifiedKey>);

impl ResolvesServerCert for Impostor {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

async fn shake_hands(
    certificate: &Made,
    key: &Key,
    more: &str,
) -> (Option<ProtocolVersion>, Arc<Recording>) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(key.pem.as_bytes()).unwrap();
    let key = provider.key_provider.load_private_key(der).unwrap();
    let certified = CertifiedKey::new(vec![certificate.der.clone()], key);
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Impostor(Arc::new(certified))));
    let client = client(&format!("sslmode=require {more}"));
    let handshake = client.handshake(Some("db.example"), LOOPBACK);
    let (ours, theirs) = tokio::io::duplex(16 * 1024);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let connector = TlsConnector::from(handshake.config);
    let (connected, _) = tokio::join!(
        connector.connect(handshake.server_name, ours),
        acceptor.accept(theirs)
    );
    (
        connected
            .ok()
            .and_then(|stream| stream.get_ref().1.protocol_version()),
        handshake.recording,
    )
}

#[tokio::test]
async fn a_server_without_the_private_key_is_refused_under_every_mode() {
    let root = Recipe::ca("Root").self_signed();
    let certificates = [
        Recipe::server(&["db.example"]).issued_by(&root),
        Recipe::v1("server").issued_by(&root),
        Recipe::server(&["db.example"])
            .with(critical(unknown_extension()))
            .issued_by(&root),
    ];
    for version in [
        "ssl_max_protocol_version=TLSv1.2",
        "ssl_min_protocol_version=TLSv1.3",
    ] {
        for certificate in &certificates {
            let (connected, recording) = shake_hands(certificate, certificate.key, version).await;
            assert!(connected.is_some(), "{version}: {:?}", recording.refusal());
            let (connected, recording) = shake_hands(certificate, key("thief"), version).await;
            assert!(connected.is_none(), "{version}");
            assert_eq!(recording.refusal(), Some(Refusal::HandshakeSignature));
            assert!(recording.presented().is_some());
        }
    }
}

/// `openssl s_server`, which ends when it is dropped.
struct OpenSslServer(Child);

impl Drop for OpenSslServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn openssl_server(certificate: &Made, directory: &std::path::Path) -> (OpenSslServer, u16) {
    let (pem, key) = (directory.join("cert.pem"), directory.join("key.pem"));
    std::fs::write(&pem, certificate.pem()).unwrap();
    std::fs::write(&key, &certificate.key.pem).unwrap();
    let mut child = Command::new("openssl")
        .args([
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-cipher",
            "DEFAULT@SECLEVEL=0",
        ])
        .arg("-cert")
        .arg(&pem)
        .arg("-key")
        .arg(&key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl starts");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let server = OpenSslServer(child);
    let line = lines
        .map_while(Result::ok)
        .find(|line| line.starts_with("ACCEPT"));
    let port = line
        .expect("a port")
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    (server, port)
}

#[tokio::test]
async fn a_key_too_weak_to_be_checked_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let weak = Recipe::server(&["db.example"])
        .key(key_of("rsa1024", "weak"))
        .self_signed();
    let (_server, port) = openssl_server(&weak, directory.path());
    let handshake = client("sslmode=require").handshake(Some("db.example"), LOOPBACK);
    let tcp = tokio::net::TcpStream::connect((LOOPBACK, port))
        .await
        .unwrap();
    let connected = TlsConnector::from(handshake.config)
        .connect(handshake.server_name, tcp)
        .await;
    assert!(connected.is_err());
    let refusal = handshake.recording.refusal().expect("a reason");
    assert_eq!(refusal, Refusal::UnsupportedKey("RSA, 1024 bits".into()));
    let presented = handshake.recording.presented().expect("the certificate");
    assert_eq!(presented.certificate().unwrap().key_bits, Some(1024));
}

/// What a server would see first.
fn hello(
    more: &str,
    host: Option<&str>,
    order: GroupOrder,
) -> (Option<String>, Vec<Vec<u8>>, usize) {
    let handshake = client(more).with_groups(order).handshake(host, LOOPBACK);
    let mut connection = ClientConnection::new(handshake.config, handshake.server_name).unwrap();
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).unwrap();
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut bytes.as_slice()).unwrap();
    let accepted = acceptor.accept().ok().flatten().expect("a client hello");
    let hello = accepted.client_hello();
    let protocols = hello.alpn().into_iter().flatten().map(<[u8]>::to_vec);
    (
        hello.server_name().map(str::to_owned),
        protocols.collect(),
        bytes.len(),
    )
}

#[test]
fn the_host_name_is_sent_as_libpq_sends_it() {
    let sni = |more, host| hello(more, host, GroupOrder::default()).0;
    let sent = |host| sni("sslmode=require", Some(host));
    assert_eq!(sent("db.example").as_deref(), Some("db.example"));
    assert_eq!(sent("my_db").as_deref(), Some("my_db"));
    assert_eq!(sent("db.example.").as_deref(), Some("db.example"));
    for host in [
        "127.0.0.1",
        "127.1",
        "1.2.3",
        "::1",
        "fe80::1%eth0",
        "bücher.example",
        "-x",
        "a..b",
        "",
    ] {
        assert_eq!(sent(host), None, "{host}");
    }
    assert_eq!(sni("sslmode=require sslsni=0", Some("db.example")), None);
    assert_eq!(sni("sslmode=require", None), None);
}

#[test]
fn postgresql_is_always_offered_as_the_protocol() {
    let (_, protocols, _) = hello("sslmode=require", None, GroupOrder::default());
    assert_eq!(protocols, [b"postgresql".to_vec()]);
}

#[test]
fn the_first_key_share_follows_the_order_of_groups() {
    let length = |order| hello("sslmode=require", None, order).2;
    assert!(length(GroupOrder::PostQuantumFirst) > 1200);
    assert!(length(GroupOrder::P256First) < 500);
}

#[tokio::test]
async fn protocol_versions_keep_to_their_bounds() {
    let root = Recipe::ca("Root").self_signed();
    let leaf = Recipe::server(&["db.example"]).issued_by(&root);
    for (bounds, expected) in [
        ("", ProtocolVersion::TLSv1_3),
        ("ssl_min_protocol_version=TLSv1.3", ProtocolVersion::TLSv1_3),
        ("ssl_max_protocol_version=TLSv1.2", ProtocolVersion::TLSv1_2),
        (
            "ssl_min_protocol_version=TLSv1 ssl_max_protocol_version=TLSv1.2",
            ProtocolVersion::TLSv1_2,
        ),
    ] {
        let (version, _) = shake_hands(&leaf, leaf.key, bounds).await;
        assert_eq!(version, Some(expected), "{bounds}");
    }
}
