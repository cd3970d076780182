//! A ClientHello of an old TLS version, up to the server's first answer.
//!
//! No library speaks TLS 1.0 any more, and none is needed: whether a server would is told
//! by the first record that it sends. What leaves is SSLRequest and the hello.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Probe, tcp, tls};
use crate::facts::{Failure, LegacyLeg, Negotiation, Stage};
use crate::target::{Host, ProtocolVersion};
use crate::tls::ALPN;

/// Asks with TLS 1.0 and with TLS 1.1, each on a connection of its own.
pub async fn ask(probe: Probe<'_>, host: &Host, address: SocketAddr) -> Vec<LegacyLeg> {
    let (first, second) = futures_util::future::join(
        offer(probe, host, address, ProtocolVersion::Tls10),
        offer(probe, host, address, ProtocolVersion::Tls11),
    )
    .await;
    vec![first, second]
}

/// Where there is no TCP connection, or no TLS at all, there is nothing to ask.
async fn offer(
    probe: Probe<'_>,
    host: &Host,
    address: SocketAddr,
    offered: ProtocolVersion,
) -> LegacyLeg {
    let deadline = probe.leg_deadline();
    let mut leg = LegacyLeg {
        offered,
        accepted: Stage::NotRun,
    };
    let mut connection = Stage::NotRun;
    let connecting = tcp::connect(address, &probe.target.socket);
    let Some(stream) = deadline.run(&mut connection, connecting).await else {
        return leg;
    };
    let mut negotiation = Stage::NotRun;
    let negotiating = tls::negotiate(probe, stream);
    let negotiated = deadline.run(&mut negotiation, negotiating).await;
    let Some(mut stream) = negotiated else {
        if let Stage::Failed(failure, elapsed) = negotiation {
            leg.accepted = Stage::Failed(failure, elapsed);
        }
        return leg;
    };
    if negotiation.value() == Some(&Negotiation::Refused) {
        return leg;
    }
    let name = host.host.as_deref().filter(|_| probe.target.tls.sslsni);
    let hello = client_hello(minor(offered), name);
    let asking = async { Ok((answer(&mut stream, &hello, minor(offered)).await?, ())) };
    deadline.run(&mut leg.accepted, asking).await;
    leg
}

/// The second byte of the version on the wire; the first is 3.
fn minor(version: ProtocolVersion) -> u8 {
    match version {
        ProtocolVersion::Tls10 => 1,
        ProtocolVersion::Tls11 => 2,
        ProtocolVersion::Tls12 => 3,
        ProtocolVersion::Tls13 => 4,
    }
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;
const WARNING: u8 = 1;
const CLOSE_NOTIFY: u8 = 0;

/// How many warnings, about an unknown name for instance, an answer may come after.
const MOST_WARNINGS: usize = 4;

/// Whether the server goes on with this version. An alert and the end of the connection
/// are refusals.
async fn answer(stream: &mut TcpStream, hello: &[u8], minor: u8) -> Result<bool, Failure> {
    match exchange(stream, hello, minor).await {
        Err(Failure::Closed | Failure::Reset) => Ok(false),
        result => result,
    }
}

async fn exchange(stream: &mut TcpStream, hello: &[u8], minor: u8) -> Result<bool, Failure> {
    let io = |error: std::io::Error| tcp::failure(&error);
    stream.write_all(hello).await.map_err(io)?;
    for _ in 0..=MOST_WARNINGS {
        // The record's type, version and length, and the two bytes of an alert; or the
        // type and length of a handshake message and a ServerHello's version.
        let mut start = [0; 7];
        stream.read_exact(&mut start).await.map_err(io)?;
        match start {
            [ALERT, 3, _, 0, 2, WARNING, code] if code != CLOSE_NOTIFY => {}
            [ALERT, 3, ..] => return Ok(false),
            [HANDSHAKE, 3, _, _, _, SERVER_HELLO, _] => {
                let mut rest = [0; 4];
                stream.read_exact(&mut rest).await.map_err(io)?;
                return Ok(rest[2..] == [3, minor]);
            }
            other => return Err(Failure::NotPostgres(other.to_vec())),
        }
    }
    Ok(false)
}

/// Suites that servers of that time have, for certificates of either kind of key.
const SUITES: [u16; 11] = [
    0xc009, 0xc00a, // ECDHE-ECDSA with AES-128 and AES-256, CBC
    0xc013, 0xc014, // ECDHE-RSA, likewise
    0x0033, 0x0039, // DHE-RSA, likewise
    0x002f, 0x0035, // RSA, likewise
    0xc008, 0xc012, 0x000a, // the same with 3DES
];

/// x25519, P-256, P-384, P-521.
const GROUPS: [u16; 4] = [29, 23, 24, 25];

/// A ClientHello (RFC 4346, section 7.4.1.2) that offers the version 3.`minor` at most.
fn client_hello(minor: u8, name: Option<&str>) -> Vec<u8> {
    let mut random = [0; 32];
    random.fill_with(|| fastrand::u8(..));
    let mut body = vec![3, minor];
    body.extend(random);
    body.push(0); // no session to resume
    body.extend(sized(&pairs(&SUITES)));
    body.extend([1, 0]); // no compression
    body.extend(sized(&extensions(name)));
    let mut message = vec![1, 0];
    message.extend(sized(&body));
    let mut record = vec![HANDSHAKE, 3, 1];
    record.extend(sized(&message));
    record
}

fn extensions(name: Option<&str>) -> Vec<u8> {
    let mut all = Vec::new();
    let mut add = |kind: u16, data: &[u8]| {
        all.extend(kind.to_be_bytes());
        all.extend(sized(data));
    };
    if let Some(name) = name.filter(|name| is_dns_name(name)) {
        let mut entry = vec![0];
        entry.extend(sized(name.trim_end_matches('.').as_bytes()));
        add(0, &sized(&entry)); // server_name
    }
    add(10, &sized(&pairs(&GROUPS))); // supported_groups
    add(11, &[1, 0]); // ec_point_formats: uncompressed
    let mut protocol = vec![u8::try_from(ALPN.len()).unwrap_or_default()];
    protocol.extend(ALPN);
    add(16, &sized(&protocol)); // application_layer_protocol_negotiation
    add(0xff01, &[0]); // renegotiation_info
    all
}

/// A name that may stand in server_name: not an address, and of DNS's length.
fn is_dns_name(name: &str) -> bool {
    name.len() <= 253
        && name.is_ascii()
        && !name.is_empty()
        && name.parse::<std::net::IpAddr>().is_err()
}

fn pairs(values: &[u16]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

/// The bytes after their number, in two bytes. Nothing here comes near 65536.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut all = length.to_be_bytes().to_vec();
    all.extend(bytes);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_in_a_hello_add_up() {
        for name in [None, Some("db.example.com"), Some("127.0.0.1")] {
            let hello = client_hello(1, name);
            let record = usize::from(u16::from_be_bytes([hello[3], hello[4]]));
            assert_eq!(record, hello.len() - 5);
            assert_eq!(hello[5..7], [1, 0]);
            let message = usize::from(u16::from_be_bytes([hello[7], hello[8]]));
            assert_eq!(message, hello.len() - 9);
            assert_eq!(hello[9..11], [3, 1]);
        }
    }
}
