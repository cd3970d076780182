//! What was observed, as plain data. Nothing here judges, and nothing here talks to the
//! network.

mod answer;
mod failure;
mod server_error;
mod trust;

pub use answer::{Answer, AuthRequest};
pub use failure::{Failure, Withheld};
pub use server_error::ServerError;
pub use trust::{RootsTrial, Trust};

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use crate::target::{ProtocolVersion, TargetSessionAttrs};
use crate::tls::{ClientCertificate, Identity, Presented};

/// Everything that was observed of one target.
#[derive(Clone, Debug)]
pub struct Facts {
    /// When the first probe started.
    pub started_at: SystemTime,
    /// One name lookup per host, in the target's order.
    pub lookups: Vec<Lookup>,
    /// Every address of every host, in the order in which libpq would try them.
    pub endpoints: Vec<Endpoint>,
    /// The endpoint where the session was established, or where it failed for good.
    pub session: Option<usize>,
    /// What the handshakes demanded of the server's certificate.
    pub demanded: Identity,
}

impl Facts {
    /// The endpoint that decided about the session.
    pub fn session_endpoint(&self) -> Option<&Endpoint> {
        self.endpoints.get(self.session?)
    }
}

/// One step of a probe: not reached, failed, or done, with how long it took.
#[derive(Clone, Debug, Default)]
pub enum Stage<T> {
    /// It was not asked for, or an earlier stage failed.
    #[default]
    NotRun,
    /// It failed.
    Failed(Failure, Duration),
    /// It is done.
    Done(T, Duration),
}

impl<T> Stage<T> {
    /// What it yielded.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Done(value, _) => Some(value),
            _ => None,
        }
    }

    /// Why it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure, _) => Some(failure),
            _ => None,
        }
    }

    /// How long it took, done or failed.
    pub fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::NotRun => None,
            Self::Failed(_, elapsed) | Self::Done(_, elapsed) => Some(*elapsed),
        }
    }
}

/// One name lookup.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The host as it was asked for.
    pub host: String,
    /// The addresses, in the resolver's order. Immediately done for an address.
    pub addresses: Stage<Vec<IpAddr>>,
}

/// One address of one host and all that was observed there.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The host as it was asked for; `None` if only an address was.
    pub host: Option<String>,
    /// The address and port.
    pub address: SocketAddr,
    /// The connection with TLS: the session's, or a control that stops at the first
    /// answer.
    pub tls: TlsLeg,
    /// A second control, made where the first answers leave the plaintext verdict open.
    pub control: Option<TlsLeg>,
    /// The connections without TLS, one or two, for the target's own user and database.
    pub plaintext: Vec<PlaintextLeg>,
    /// The same for other databases and for replication, where asked for.
    pub plaintext_elsewhere: Vec<(Scope, PlaintextLeg)>,
    /// The answers to a TLS 1.0 and a TLS 1.1 ClientHello.
    pub legacy: Vec<LegacyLeg>,
}

impl Endpoint {
    /// An endpoint of which nothing is known yet.
    pub fn new(host: Option<String>, address: SocketAddr) -> Self {
        Self {
            host,
            address,
            tls: TlsLeg::default(),
            control: None,
            plaintext: Vec::new(),
            plaintext_elsewhere: Vec::new(),
            legacy: Vec::new(),
        }
    }

    /// The TCP connection, whichever probe made it: one that was accepted, if any was.
    pub fn tcp(&self) -> &Stage<Tcp> {
        let without_tls = self.plaintext.iter().map(|leg| &leg.tcp);
        without_tls
            .chain([&self.tls.tcp])
            .max_by_key(|stage| match stage {
                Stage::NotRun => 0,
                Stage::Failed(..) => 1,
                Stage::Done(..) => 2,
            })
            .unwrap_or(&self.tls.tcp)
    }
}

/// Whom a further plaintext probe asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The database `postgres`.
    DatabasePostgres,
    /// A physical replication session.
    Replication,
}

/// A connection with TLS, stage by stage.
#[derive(Clone, Debug, Default)]
pub struct TlsLeg {
    /// The TCP connection.
    pub tcp: Stage<Tcp>,
    /// The answer to SSLRequest.
    pub negotiation: Stage<Negotiation>,
    /// The TLS handshake.
    pub handshake: Stage<Handshake>,
    /// The certificates presented, whether or not the handshake succeeded.
    pub presented: Option<Presented>,
    /// What sets of roots say of them.
    pub trust: Option<Trust>,
    /// The first answer to the StartupMessage.
    pub answer: Stage<Answer>,
    /// The login, where this is the session's connection.
    pub login: Stage<Login>,
    /// The queries, likewise.
    pub query: Stage<Session>,
}

impl TlsLeg {
    /// Masks a secret in all that the server said after it may have been sent to it.
    pub fn conceal(&mut self, secret: &str) {
        if let Stage::Failed(Failure::Server(error), _) = &mut self.login {
            *error = error.without(secret);
        }
        match &mut self.query {
            Stage::Failed(Failure::Server(error), _) => *error = error.without(secret),
            Stage::Done(session, _) => {
                session.version = server_error::masked(&session.version, secret);
            }
            Stage::Failed(..) | Stage::NotRun => {}
        }
    }
}

/// A TCP connection.
#[derive(Clone, Copy, Debug)]
pub struct Tcp {
    /// The local address: the one that the server sees, unless something in between
    /// translates it.
    pub local: SocketAddr,
}

/// How TLS was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negotiation {
    /// The server answered SSLRequest with `S`.
    Accepted,
    /// The server answered SSLRequest with `N`: it has no TLS.
    Refused,
    /// No SSLRequest was sent (`sslnegotiation=direct`).
    Direct,
}

/// A finished TLS handshake.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// `1.2` or `1.3`.
    pub version: &'static str,
    /// The cipher suite, by its IANA name.
    pub cipher: String,
    /// The key-exchange group, by its IANA name.
    pub group: Option<String>,
    /// Whether the group resists a quantum computer.
    pub post_quantum: bool,
    /// The protocol agreed on by ALPN.
    pub alpn: Option<String>,
    /// Whether the server asked the client to repeat its hello, one more round trip.
    pub hello_retried: bool,
    /// Whether the server asked for a client certificate, and whether one was sent.
    pub client_certificate: ClientCertificate,
}

/// A login as it was seen on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The server's authentication requests up to the one that was answered or refused.
    pub requests: Vec<AuthRequest>,
    /// The SASL mechanism that the driver chose.
    pub mechanism: Option<String>,
}

/// What the session answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The answer to `SELECT version()`.
    pub version: String,
    /// Whether the server is in recovery (a standby).
    pub in_recovery: Option<bool>,
    /// Whether a transaction would be read-only.
    pub read_only: Option<bool>,
    /// The role of the session.
    pub current_user: Option<String>,
    /// The client's address as the server sees it.
    pub client_address: Option<IpAddr>,
    /// The server's own view of the connection (`pg_stat_ssl`).
    pub server_view: ServerView,
}

impl Session {
    /// Whether this is the kind of session that `target_session_attrs` asks for. A server
    /// that does not tell is taken at nobody's word: only `any` is met then.
    pub fn is(&self, wanted: TargetSessionAttrs) -> bool {
        match wanted {
            TargetSessionAttrs::Any | TargetSessionAttrs::PreferStandby => true,
            TargetSessionAttrs::ReadWrite => {
                self.read_only == Some(false) && self.in_recovery == Some(false)
            }
            TargetSessionAttrs::ReadOnly => {
                self.read_only == Some(true) || self.in_recovery == Some(true)
            }
            TargetSessionAttrs::Primary => self.in_recovery == Some(false),
            TargetSessionAttrs::Standby => self.in_recovery == Some(true),
        }
    }
}

/// What `pg_stat_ssl` says of the session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerView {
    /// No view, no row, or no answer.
    #[default]
    Unknown,
    /// The backend's connection is not encrypted.
    Plaintext,
    /// The backend's connection is encrypted.
    Tls {
        /// The protocol, `TLSv1.3` for instance.
        version: Option<String>,
        /// The cipher, by OpenSSL's name.
        cipher: Option<String>,
    },
}

/// A connection without TLS, up to its first answer.
#[derive(Clone, Debug, Default)]
pub struct PlaintextLeg {
    /// The TCP connection.
    pub tcp: Stage<Tcp>,
    /// The first answer to the StartupMessage.
    pub answer: Stage<Answer>,
}

/// The answer to a ClientHello of an old protocol version.
#[derive(Clone, Debug)]
pub struct LegacyLeg {
    /// The version that was offered, and no newer one.
    pub offered: ProtocolVersion,
    /// The server's choice: `Done(true)` if it went on with that version.
    pub accepted: Stage<bool>,
}
