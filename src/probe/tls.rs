//! From TCP to TLS: SSLRequest and the handshake.

use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::deadline::Deadline;
use super::message::{self, Frame, Next};
use super::{Probe, tcp};
use crate::facts::{Answer, Failure, Handshake, Negotiation, ServerError, TlsLeg};
use crate::target::SslNegotiation;
use crate::tls::Recording;

/// A connection on which TLS is established.
pub struct Secured {
    /// The stream.
    pub stream: TlsStream<TcpStream>,
    /// The server's own certificate.
    pub certificate: Option<CertificateDer<'static>>,
}

/// Opens a TLS connection to the host as it was asked for, and records in `leg` how far it came.
pub async fn open(
    probe: Probe<'_>,
    host: Option<&str>,
    address: SocketAddr,
    deadline: Deadline,
    leg: &mut TlsLeg,
) -> Option<Secured> {
    let connecting = tcp::connect(address, &probe.target.socket);
    let stream = deadline.run(&mut leg.tcp, connecting).await?;
    let stream = deadline
        .run(&mut leg.negotiation, negotiate(probe, stream))
        .await?;
    if leg.negotiation.value() == Some(&Negotiation::Refused) {
        return None;
    }
    let handshake = probe.tls.handshake(host, address.ip());
    let recording = handshake.recording.clone();
    let connecting = async {
        let connector = TlsConnector::from(handshake.config);
        let stream = connector.connect(handshake.server_name, stream).await;
        let stream = stream.map_err(|error| match recording.refusal() {
            Some(refusal) => Failure::Certificate(refusal),
            None => failure(&error),
        })?;
        Ok((describe(&stream, &recording), stream))
    };
    let stream = deadline.run(&mut leg.handshake, connecting).await;
    leg.presented = recording.presented();
    let stream = stream?;
    let certificate = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(<[_]>::first);
    Some(Secured {
        certificate: certificate.map(|certificate| certificate.clone().into_owned()),
        stream,
    })
}

/// Agrees on TLS, or learns that there is none.
pub async fn negotiate(
    probe: Probe<'_>,
    mut stream: TcpStream,
) -> Result<(Negotiation, TcpStream), Failure> {
    if probe.target.tls.sslnegotiation == SslNegotiation::Direct {
        return Ok((Negotiation::Direct, stream));
    }
    let io = |error: std::io::Error| tcp::failure(&error);
    let mut request = bytes::BytesMut::new();
    postgres_protocol::message::frontend::ssl_request(&mut request);
    stream.write_all(&request).await.map_err(io)?;
    match stream.read_u8().await.map_err(io)? {
        b'S' => Ok((Negotiation::Accepted, stream)),
        b'N' => Ok((Negotiation::Refused, stream)),
        first => Err(unexpected(first, stream).await),
    }
}

/// What an answer other than `S` or `N` is: an ErrorResponse, or no PostgreSQL at all.
async fn unexpected(first: u8, mut stream: TcpStream) -> Failure {
    let mut received = bytes::BytesMut::from(&[first][..]);
    while received.len() < message::LONGEST {
        if first == b'E' {
            match Frame::take(&mut received) {
                Next::Frame(frame) => {
                    return frame
                        .error()
                        .map_or(Failure::NotPostgres(vec![first]), Failure::Server);
                }
                Next::Incomplete => {}
                Next::Malformed => match old_error(&mut received) {
                    Some(error) => return Failure::Server(error),
                    None => break,
                },
            }
        } else if received.len() >= 16 {
            break;
        }
        match stream.read_buf(&mut received).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    received.truncate(32);
    Failure::NotPostgres(received.to_vec())
}

/// The old form of an error, which a server that cannot fork sends at once and in one piece.
fn old_error(received: &mut bytes::BytesMut) -> Option<ServerError> {
    let is_text = received.get(1).is_some_and(u8::is_ascii_graphic);
    match is_text.then(|| message::old_error(received)).flatten() {
        Some(Answer::Error(error)) => Some(error),
        _ => None,
    }
}

fn describe(stream: &TlsStream<TcpStream>, recording: &Recording) -> Handshake {
    let connection = stream.get_ref().1;
    let group = connection.negotiated_key_exchange_group().map(|g| g.name());
    Handshake {
        version: match connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "1.3",
            _ => "1.2",
        },
        cipher: connection
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or("unknown")
            .replace("TLS13_", "TLS_"),
        group: group.map(group_name),
        post_quantum: group.is_some_and(|g| format!("{g:?}").contains("MLKEM")),
        alpn: connection
            .alpn_protocol()
            .map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
        hello_retried: connection.handshake_kind()
            == Some(rustls::HandshakeKind::FullWithHelloRetryRequest),
        client_certificate: recording.client_certificate(),
    }
}

/// The group's IANA name.
fn group_name(group: rustls::NamedGroup) -> String {
    group
        .as_str()
        .map_or_else(|| format!("{group:?}"), str::to_owned)
}

/// An error of the handshake: TLS's own, or the connection's.
pub fn failure(error: &std::io::Error) -> Failure {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(alert)) => Failure::Alert(format!("{alert:?}")),
        Some(error) => Failure::Tls(error.to_string()),
        None => tcp::failure(error),
    }
}
