//! Proofs that the ground holds: each fixture answers as its definition says, and the support
//! records and misbehaves as it claims. They do not touch pgcheck itself, but for one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::support::{
    PASSWORD, Peer, Proxy, Server, Step, Variant, first_reply, fixture, is_compose, pgcheck,
    ssl_request, startup_message,
};

/// The stock stack of a Rust application: logs in over TLS, the certificate verified, and asks.
fn ask(address: SocketAddr, server: &Server, sql: &str) -> Result<String, tokio_postgres::Error> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&server.ca).expect("a certificate"))
        .expect("an authority");
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut config = tokio_postgres::Config::new();
    config
        .host(address.ip().to_string())
        .port(address.port())
        .user("app")
        .password(PASSWORD);
    config.dbname("shop").ssl_mode(SslMode::Require);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = config.connect(MakeRustlsConnect::new(tls)).await?;
        let connection = tokio::spawn(connection);
        let answer = client.query_one(sql, &[]).await?.get(0);
        drop(client);
        let _ = connection.await;
        Ok(answer)
    })
}

fn plaintext_reply(server: &Server) -> Vec<u8> {
    first_reply(server.address(), &startup_message("app", "shop"))
}

/// The code of an AuthenticationRequest.
fn authentication(reply: &[u8]) -> Option<u32> {
    (reply.first() == Some(&b'R')).then(|| u32::from_be_bytes(reply[5..9].try_into().unwrap()))
}

const OK: Option<u32> = Some(0);
const SASL: Option<u32> = Some(10);

fn says(reply: &[u8], text: &str) -> bool {
    reply.first() == Some(&b'E') && String::from_utf8_lossy(reply).contains(text)
}

#[test]
fn every_fixture_with_tls_lets_the_application_in_over_verified_tls() {
    for name in ["enforced", "lax", "trusting", "pooled"] {
        let server = fixture(name);
        let version = ask(server.address(), server, "SELECT version()").expect(name);
        assert!(version.starts_with("PostgreSQL "), "{name}: {version}");
    }
}

#[test]
fn enforced_refuses_plaintext() {
    let reply = plaintext_reply(fixture("enforced"));
    assert!(
        says(&reply, "C28000\0") && says(&reply, "no encryption"),
        "{}",
        reply.escape_ascii()
    );
}

#[test]
fn lax_asks_for_a_password_in_plaintext() {
    assert_eq!(authentication(&plaintext_reply(fixture("lax"))), SASL);
}

#[test]
fn trusting_lets_anyone_in_in_plaintext() {
    assert_eq!(authentication(&plaintext_reply(fixture("trusting"))), OK);
}

#[test]
fn plain_has_no_tls_and_asks_for_a_password() {
    let server = fixture("plain");
    assert_eq!(first_reply(server.address(), &ssl_request()), b"N");
    assert_eq!(authentication(&plaintext_reply(server)), SASL);
}

#[test]
fn pooled_refuses_plaintext_and_hides_a_plaintext_hop() {
    let server = fixture("pooled");
    assert!(says(&plaintext_reply(server), "SSL required"));
    let ssl = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(ask(server.address(), server, ssl).unwrap(), "false");
    assert_eq!(
        ask(fixture("lax").address(), fixture("lax"), ssl).unwrap(),
        "true"
    );
}

#[test]
fn the_superuser_gets_in_past_the_rules_of_the_network() {
    assert_eq!(
        fixture("enforced").admin_sql("SELECT rolname FROM pg_roles WHERE rolname = 'app'"),
        "app"
    );
}

#[test]
fn a_server_listens_on_both_loopback_addresses() {
    let server = fixture("enforced");
    let has_ipv6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    if has_ipv6 && !is_compose() {
        let address = SocketAddr::new("::1".parse().unwrap(), server.port);
        assert_eq!(first_reply(address, &ssl_request()), b"S");
    }
}

#[test]
fn a_variant_has_rules_settings_and_files_of_its_own() {
    let server = Variant::of("enforced")
        .hba("hostssl shop app all md5\nhost all all all reject")
        .settings("ssl_min_protocol_version = 'TLSv1.3'\nwork_mem = 123")
        .data_file("standby.signal", "")
        .start();
    assert!(says(
        &plaintext_reply(&server),
        "pg_hba.conf rejects connection"
    ));
    assert_eq!(server.admin_sql("SHOW ssl_min_protocol_version"), "TLSv1.3");
    assert_eq!(server.admin_sql("SELECT pg_is_in_recovery()"), "t");
    assert!(server.log().contains("entering standby mode"));
    server.set_hba("host all all all trust");
    assert_eq!(authentication(&plaintext_reply(&server)), OK);
}

#[test]
fn a_variant_has_roles_and_a_certificate_of_its_own() {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/out");
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    fixture("lax"); // whose start makes the certificates
    let server = Variant::of("lax")
        .roles(&format!("CREATE ROLE app LOGIN PASSWORD '{PASSWORD}';\n\nCREATE ROLE late LOGIN;\n\nCREATE DATABASE shop;"))
        .certificate(read("ca.pem"), read("ca.key"))
        .start();
    assert_eq!(
        server.admin_sql("SELECT count(*) FROM pg_roles WHERE rolname = 'late'"),
        "1"
    );
    assert_eq!(
        std::fs::read(server.data().join("server.pem")).unwrap(),
        read("ca.pem")
    );
}

#[test]
fn a_variant_of_the_pooler_has_settings_of_its_own() {
    let server = Variant::of("pooled")
        .pooler_settings("client_tls_sslmode = allow")
        .start();
    assert_eq!(authentication(&plaintext_reply(&server)), SASL);
}

#[test]
fn a_variant_can_be_met_before_it_accepts_logins() {
    let server = Variant::of("lax")
        .settings("hot_standby = off")
        .data_file("standby.signal", "")
        .early()
        .start();
    assert!(says(&plaintext_reply(&server), "C57P03\0"));
}

#[test]
fn a_server_that_goes_takes_its_files_and_its_port_along() {
    let server = Variant::of("lax").start();
    let (data, address) = (server.data().to_owned(), server.address());
    assert!(data.exists());
    drop(server);
    assert!(!data.exists() && TcpStream::connect(address).is_err());
}

#[test]
#[should_panic(expected = "syntax error")]
fn a_server_that_cannot_start_says_why() {
    Variant::of("lax").settings("this is no setting").start();
}

#[test]
fn the_proxy_records_a_plaintext_connection_byte_by_byte() {
    let server = fixture("lax");
    let proxy = Proxy::to(server.address());
    let message = startup_message("app", "shop");
    let reply = first_reply(proxy.address(), &message);
    let [recording] = &proxy.recordings()[..] else {
        panic!("not one connection")
    };
    assert!(recording.sent == message && recording.received == reply && !recording.is_tls());
    assert!(recording.contains(b"shop"));
}

#[test]
fn the_proxy_sees_no_password_in_a_login_over_tls() {
    let server = fixture("enforced");
    let proxy = Proxy::to(server.address());
    assert!(
        server
            .uri()
            .port(proxy.port())
            .to_string()
            .contains(&proxy.address().to_string())
    );
    ask(proxy.address(), server, "SELECT version()").expect("a login through the proxy");
    let [recording] = &proxy.recordings()[..] else {
        panic!("not one connection")
    };
    assert!(recording.is_tls() && recording.sent.starts_with(&ssl_request()));
    assert!(!recording.contains(PASSWORD.as_bytes()) && !recording.contains(b"shop"));
}

#[test]
fn a_peer_follows_its_script_and_remembers_what_it_heard() {
    let peer = Peer::playing([Step::Read, Step::Send(b"S".to_vec()), Step::Silence]);
    let mut stream = TcpStream::connect(peer.address()).unwrap();
    stream.write_all(b"first").unwrap();
    let mut reply = [0; 1];
    stream.read_exact(&mut reply).unwrap();
    stream.write_all(b" second").unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    assert!(stream.read(&mut reply).is_err(), "the peer was not silent");
    assert_eq!(peer.received(), [b"first second"]);
    assert_eq!(peer.port(), peer.address().port());
}

#[test]
fn a_peer_answers_as_it_is_asked() {
    let peer = Peer::choosing(|first| match first == ssl_request() {
        true => vec![Step::Send(b"N".to_vec())],
        false => vec![],
    });
    assert_eq!(first_reply(peer.address(), &ssl_request()), b"N");
    assert_eq!(
        first_reply(peer.address(), &startup_message("app", "shop")),
        b""
    );
}

#[test]
fn a_peer_can_trickle_flood_and_reset() {
    let start = Instant::now();
    let trickle = Peer::playing([Step::Trickle(b"abc".to_vec(), Duration::from_millis(20))]);
    let mut text = String::new();
    TcpStream::connect(trickle.address())
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(text == "abc" && start.elapsed() >= Duration::from_millis(60));

    let flood = Peer::playing([Step::Flood(vec![b'x'; 4096])]);
    let mut much = vec![0; 1 << 20];
    TcpStream::connect(flood.address())
        .unwrap()
        .read_exact(&mut much)
        .unwrap();

    let reset = Peer::playing([Step::Read, Step::Reset]);
    let mut stream = TcpStream::connect(reset.address()).unwrap();
    stream.write_all(b"hello").unwrap();
    let error = stream.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_uri_spells_out_what_a_test_varies() {
    let uri = fixture("enforced")
        .uri()
        .host("localhost")
        .port(1)
        .param("sslmode", "require")
        .without("sslrootcert");
    assert_eq!(
        uri.to_string(),
        format!("postgresql://app:{PASSWORD}@localhost:1/shop?sslmode=require")
    );
    let odd = uri.user("a@b").password("p/w?").dbname("x y").to_string();
    assert_eq!(
        odd,
        "postgresql://a%40b:p%2Fw%3F@localhost:1/x%20y?sslmode=require"
    );
    let bare = fixture("enforced").uri().no_password().to_string();
    assert!(bare.starts_with("postgresql://app@127.0.0.1:"));
    assert!(
        fixture("enforced")
            .url()
            .contains("?sslmode=verify-full&sslrootcert=%2F")
    );
}

#[test]
fn the_binary_runs_in_an_emptied_environment() {
    let finished = pgcheck(["--version"])
        .env("UNUSED", "1")
        .home_file(".pgpass", "")
        .stdin("")
        .run();
    assert_eq!(
        finished.code,
        Some(0),
        "{}{}",
        finished.stdout,
        finished.stderr
    );
    assert!(finished.elapsed < Duration::from_secs(10));
}

/// Clusters that start at the same moment must not get into each other's way.
#[test]
fn servers_start_side_by_side() {
    let start = Arc::new(std::sync::Barrier::new(4));
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let start = Arc::clone(&start);
            std::thread::spawn(move || {
                start.wait();
                Variant::of("lax").start()
            })
        })
        .collect();
    let servers: Vec<_> = starts
        .into_iter()
        .map(|one| one.join().expect("a server"))
        .collect();
    for server in &servers {
        assert_eq!(authentication(&plaintext_reply(server)), SASL);
    }
}
