//! Channel binding, with PostgreSQL as the oracle: a login that is bound to the TLS
//! channel succeeds only if both sides hash the server's certificate alike.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use pgcheck::tls::channel_binding;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_postgres::config::{ChannelBinding as Demand, SslMode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding, TlsConnect};
use tokio_rustls::client::TlsStream;

use super::pki::*;
use super::sessions::Stage;
use super::support::PASSWORD;

/// A finished TLS stream with its channel binding.
struct Bound(TlsStream<TcpStream>, Option<Vec<u8>>);

impl AsyncRead for Bound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Bound {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl tokio_postgres::tls::TlsStream for Bound {
    fn channel_binding(&self) -> ChannelBinding {
        self.1
            .clone()
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

struct AlreadyThere;

impl TlsConnect<Bound> for AlreadyThere {
    type Stream = Bound;
    type Error = io::Error;
    type Future = Ready<io::Result<Bound>>;

    fn connect(self, stream: Bound) -> Self::Future {
        ready(Ok(stream))
    }
}

async fn log_in(stream: TlsStream<TcpStream>, binding: Option<Vec<u8>>) -> Result<(), String> {
    let mut config = tokio_postgres::Config::new();
    config
        .user("app")
        .dbname("shop")
        .password(PASSWORD)
        .ssl_mode(SslMode::Require)
        .ssl_negotiation(SslNegotiation::Direct)
        .channel_binding(Demand::Require);
    let connected = config
        .connect_raw(Bound(stream, binding), AlreadyThere)
        .await;
    connected.map(drop).map_err(|error| format!("{error:?}"))
}

#[test]
fn the_server_computes_the_same_channel_binding_for_every_signature() {
    let stage = Stage::new("", "hostssl all all all scram-sha-256");
    let root = Recipe::ca("Root").self_signed();
    let rsa = Recipe::ca("RSA").key(key_of("rsa2048", "ca")).self_signed();
    let p384 = Recipe::ca("P-384").key(key_of("p384", "ca")).self_signed();
    let p521 = Recipe::ca("P-521").key(key_of("p521", "ca")).self_signed();
    let server = || Recipe::server(&["db.example"]);
    let certificates = [
        ("ECDSA, SHA-256", server().issued_by(&root)),
        ("ECDSA, SHA-384", server().issued_by(&p384)),
        ("ECDSA, SHA-512", server().issued_by(&p521)),
        (
            "ECDSA, SHA-512 by P-256",
            server().hash("sha512").issued_by(&root),
        ),
        ("ECDSA, SHA-224", server().hash("sha224").issued_by(&root)),
        ("RSA, SHA-256", server().issued_by(&rsa)),
        ("RSA, SHA-384", server().hash("sha384").issued_by(&rsa)),
        ("RSA, SHA-512", server().hash("sha512").issued_by(&rsa)),
        ("v1", Recipe::v1("server").issued_by(&rsa)),
        (
            "serial of 24 bytes",
            server().serial(&[7; 24]).issued_by(&root),
        ),
        (
            "self-signed with SHA-1",
            server().hash("sha1").self_signed(),
        ),
    ];
    for (name, made) in certificates {
        stage.present(std::slice::from_ref(&made));
        let binding = channel_binding(&made.der);
        assert!(binding.is_some(), "{name}");
        let wrong = binding
            .clone()
            .map(|hash| hash.iter().map(|byte| !byte).collect());
        for (binding, good) in [(binding, true), (wrong, false)] {
            let login = stage.run(async |stream| log_in(stream, binding).await);
            assert_eq!(login.is_ok(), good, "{name}: {login:?}");
        }
    }
}

#[test]
fn a_signature_without_a_hash_has_no_channel_binding() {
    let edwards = Recipe::ca("Ed25519")
        .key(key_of("ed25519", "ca"))
        .self_signed();
    let leaf = Recipe::server(&["db.example"]).issued_by(&edwards);
    assert_eq!(channel_binding(&leaf.der), None);
    assert_eq!(channel_binding(&CertificateDer::from(vec![0x30, 0])), None);
}
