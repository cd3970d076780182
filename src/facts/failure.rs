//! Why a stage of a probe failed.

use std::fmt;

use super::{AuthRequest, ServerError};
use crate::tls::Refusal;

/// Why a stage failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer before the deadline.
    TimedOut,
    /// The peer refused the TCP connection.
    Refused,
    /// The network or the host is unreachable, in the system's words.
    Unreachable(String),
    /// The peer closed the connection.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// Another I/O error, in the system's words.
    Io(String),
    /// The TLS handshake failed, in the library's words.
    Tls(String),
    /// The peer ended TLS with this fatal alert (RFC 8446, section 6), by its name.
    Alert(String),
    /// pgcheck ended the TLS handshake over the server's certificate.
    Certificate(Refusal),
    /// The server answered with an ErrorResponse.
    Server(ServerError),
    /// The peer answered with something that is not the expected protocol: its first
    /// bytes.
    NotPostgres(Vec<u8>),
    /// pgcheck itself stopped, before a secret was sent.
    Withheld(Withheld),
    /// The driver gave up, in its words.
    Driver(String),
}

/// Why pgcheck refused to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// `require_auth` does not allow the method that the server asked for.
    Method(AuthRequest),
    /// The method shows the server the password, or what comes close to it, and nothing
    /// shows who the server is.
    Unverified(AuthRequest),
    /// The driver does not know the method that the server asked for.
    Unsupported(AuthRequest),
    /// The server asks for more SCRAM iterations than the driver is willing to compute.
    ScramIterations(u32),
    /// Channel binding is demanded, and the server does not offer it.
    ChannelBinding,
    /// `sslcertmode=require`, and the server did not ask for a certificate.
    ClientCertificate,
    /// The server asked for a password and the target has none.
    NoPassword,
    /// The peer sent more than any server's start-up and answer need.
    TooMuchData,
}

/// The failure in plain words, for a line among the facts.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Refused => f.write_str("refused"),
            Self::Closed => f.write_str("the connection was closed without an answer"),
            Self::Reset => f.write_str("the connection was reset"),
            Self::Unreachable(words) | Self::Io(words) | Self::Tls(words) | Self::Driver(words) => {
                f.write_str(words)
            }
            Self::Alert(alert) => write!(f, "the server ended TLS with the alert {alert}"),
            Self::Certificate(refusal) => write!(f, "stopped here: {refusal}"),
            Self::Server(error) => error.fmt(f),
            Self::NotPostgres(bytes) => {
                write!(f, "not PostgreSQL: {:?}", String::from_utf8_lossy(bytes))
            }
            Self::Withheld(reason) => write!(f, "stopped here: {reason}"),
        }
    }
}

/// The reason in plain words.
impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(request) => {
                write!(
                    f,
                    "the server asked for {request}, which require_auth does not allow"
                )
            }
            Self::Unverified(request) => {
                write!(f, "a server that was not verified asked for {request}")
            }
            Self::Unsupported(request) => {
                write!(
                    f,
                    "the server asked for {request}, which the driver does not know"
                )
            }
            Self::ScramIterations(count) => {
                write!(
                    f,
                    "the server asked for {count} SCRAM iterations, more than the driver does"
                )
            }
            Self::ChannelBinding => f.write_str("the server does not offer channel binding"),
            Self::ClientCertificate => {
                f.write_str("the server did not ask for a client certificate")
            }
            Self::NoPassword => f.write_str("there is no password"),
            Self::TooMuchData => f.write_str("the server sent more than a login needs"),
        }
    }
}
