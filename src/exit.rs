//! Exit codes.

/// What the process says with its exit code. There is no 2: Docker reserves it for
/// healthchecks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every check passed.
    Ok,
    /// Plaintext is accepted, or that could not be ruled out, or another demand is not
    /// met.
    Insecure,
    /// Nothing was attempted: the input is wrong.
    Usage,
    /// No name, no TCP, or no answer in time.
    Unreachable,
    /// No TLS: not offered, the handshake failed, or the demanded verification failed.
    NoTls,
    /// The login or the query was refused.
    Rejected,
    /// A bug.
    Internal,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Insecure => 1,
            Self::Usage => 3,
            Self::Unreachable => 4,
            Self::NoTls => 5,
            Self::Rejected => 6,
            Self::Internal => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// Why a run fails, most telling first: where several apply, the first decides about the
/// exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The server accepts plaintext.
    PlaintextAccepted,
    /// There is no name, no connection, or no answer in time.
    Unreachable,
    /// There is no TLS, or not with whom it should be.
    NoTls,
    /// The server refused the login or the query.
    Rejected,
    /// Another demand is not met, or could not be shown to be met.
    Insecure,
}

impl Cause {
    /// The exit code that tells it.
    pub const fn exit(self) -> Exit {
        match self {
            Self::PlaintextAccepted | Self::Insecure => Exit::Insecure,
            Self::Unreachable => Exit::Unreachable,
            Self::NoTls => Exit::NoTls,
            Self::Rejected => Exit::Rejected,
        }
    }
}
