//! Who vouches for a server, tried offline on the certificates of one handshake.

use crate::tls::{ChainError, ChainTrial};

/// What sets of roots say of the certificates that a server presented.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The target's own roots (`sslrootcert`). `None`: it names none.
    pub own: Option<RootsTrial>,
    /// The platform's trust store. `None`: the target's own roots left nothing to ask.
    pub system: Option<RootsTrial>,
    /// The Mozilla roots. `None`: likewise, or the platform's trust store vouches.
    pub mozilla: Option<RootsTrial>,
}

/// One set of roots.
#[derive(Clone, Debug)]
pub enum RootsTrial {
    /// It could not be loaded, for this reason.
    Unavailable(String),
    /// It was tried.
    Tried {
        /// The verdicts now.
        now: Box<ChainTrial>,
        /// The verdicts at a time at which every certificate was valid, where the first
        /// objection is to the time and there is such a time.
        in_time: Option<Box<ChainTrial>>,
    },
}

impl RootsTrial {
    /// Whether libpq would trust the chain, now.
    pub fn vouches(&self) -> bool {
        matches!(self, Self::Tried { now, .. } if now.libpq.is_ok())
    }

    /// The verdicts on the chain, its validity in time left aside as far as possible.
    pub fn apart_from_time(&self) -> Option<&ChainTrial> {
        match self {
            Self::Unavailable(_) => None,
            Self::Tried { now, in_time } => Some(in_time.as_deref().unwrap_or(now)),
        }
    }

    /// libpq's objection now, if it has one.
    pub fn objection(&self) -> Option<&ChainError> {
        match self {
            Self::Unavailable(_) => None,
            Self::Tried { now, .. } => now.libpq.as_ref().err(),
        }
    }
}
