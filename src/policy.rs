//! What is demanded of a target, besides what its own parameters demand.

use std::time::Duration;

use crate::check::CheckId;
use crate::target::{ChannelBinding, RootCert, SslMode, Target, TlsParameters};
use crate::tls::Identity;

/// The demands of one run.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The checks to run, in any order.
    pub checks: Vec<CheckId>,
    /// Whether a warning fails the run.
    pub strict: bool,
    /// What is demanded beyond the URI.
    pub require: Vec<Level>,
    /// The certificate is to be valid for longer than this, else a warning.
    pub expires_within: Duration,
    /// Likewise, else an error under a verifying sslmode.
    pub expires_fail: Duration,
    /// The deadline for one target, everything included.
    pub timeout: Duration,
    /// Whether plaintext is also tried for the database `postgres` and for replication.
    pub plaintext_elsewhere: bool,
}

impl Default for Policy {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            checks: CheckId::ALL.to_vec(),
            strict: false,
            require: Vec::new(),
            expires_within: Duration::from_secs(21 * DAY),
            expires_fail: Duration::from_secs(3 * DAY),
            timeout: Duration::from_secs(10),
            plaintext_elsewhere: false,
        }
    }
}

/// A demand that can be made with `--require`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A certificate of a trusted authority.
    VerifyCa,
    /// And it names the host.
    VerifyFull,
    /// The login is bound to the TLS channel.
    ChannelBinding,
    /// TLS 1.3.
    Tls13,
}

impl Level {
    /// All levels.
    pub const ALL: [Self; 4] = [
        Self::VerifyCa,
        Self::VerifyFull,
        Self::ChannelBinding,
        Self::Tls13,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
            Self::ChannelBinding => "channel-binding",
            Self::Tls13 => "tls1.3",
        }
    }
}

impl Policy {
    /// Whether this check was asked for.
    pub fn runs(&self, check: CheckId) -> bool {
        self.checks.contains(&check)
    }

    /// Whether this level is demanded.
    pub fn demands(&self, level: Level) -> bool {
        self.require.contains(&level)
    }

    /// Whether the login is to be bound to the TLS channel.
    pub fn channel_binding(&self, target: &Target) -> ChannelBinding {
        match self.demands(Level::ChannelBinding) {
            true => ChannelBinding::Require,
            false => target.channel_binding,
        }
    }

    /// What the session demands of the server's certificate: what libpq would under the
    /// target's parameters, or more where `--require` says so.
    pub fn identity(&self, tls: &TlsParameters) -> Identity {
        let required = if self.demands(Level::VerifyFull) {
            Identity::ChainAndName
        } else if self.demands(Level::VerifyCa) {
            Identity::Chain
        } else {
            Identity::Unverified
        };
        libpq_demands(tls).max(required)
    }
}

/// What libpq demands over TLS: `require` verifies the chain where a root certificate
/// file exists.
fn libpq_demands(tls: &TlsParameters) -> Identity {
    let roots_exist = match &tls.sslrootcert {
        Some(RootCert::File(file)) => file.exists(),
        Some(RootCert::System | RootCert::Mozilla) => true,
        None => false,
    };
    match tls.sslmode {
        SslMode::Disable | SslMode::Allow | SslMode::Prefer => Identity::Unverified,
        SslMode::Require if roots_exist => Identity::Chain,
        SslMode::Require => Identity::Unverified,
        SslMode::VerifyCa => Identity::Chain,
        SslMode::VerifyFull => Identity::ChainAndName,
    }
}
