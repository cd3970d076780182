//! TLS as libpq would do it: the rustls client, and a verifier that records what a
//! server presents and gives libpq's verdict on it.
//!
//! Nothing here touches the network. [`TlsClient`] holds what a target's parameters
//! name; [`TlsClient::handshake`] hands out the configuration for one handshake together
//! with the [`Recording`] that it fills. [`ChainTrial`] and [`NameTrial`] give the same
//! verdicts offline.

mod certificate;
mod chain;
mod chain_error;
mod channel_binding;
mod client;
mod client_auth;
mod compat;
mod crl;
mod distinguished_name;
mod inet;
mod key;
mod load_error;
mod name;
mod name_constraints;
mod parsed;
mod pem_file;
mod public_key;
mod recording;
mod roots;
mod rules;
mod signature;
mod strict;
mod trial;
mod verifier;

use std::fmt::Write;
use std::time::SystemTime;

pub use certificate::{Certificate, Unreadable, Weakness, describe};
pub use chain_error::{ChainError, Place, RevocationProblem, Role};
pub use channel_binding::channel_binding;
pub use client::{ALPN, GroupOrder, Handshake, Identity, TlsClient, warm_up};
pub use crl::Crls;
pub use load_error::{LoadError, LoadProblem};
pub use name::{NameError, NameMatch, NameTrial};
pub use recording::{ClientCertificate, Presented, Recording, Refusal};
pub use roots::Roots;
pub use strict::StrictRefusal;
pub use trial::ChainTrial;

/// A time in RFC 3339, UTC; in words where that has none (it ends with the year 9999).
fn time_text(time: SystemTime) -> String {
    if time < SystemTime::UNIX_EPOCH {
        return "before 1970".into();
    }
    let mut text = String::new();
    match write!(text, "{}", humantime::format_rfc3339_seconds(time)) {
        Ok(()) => text,
        Err(_) => "after 9999".into(),
    }
}
