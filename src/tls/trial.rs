//! Verdicts on a recorded chain, offline: the code that decides in the handshake, with
//! any roots and at any time.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};

use super::chain;
use super::chain_error::ChainError;
use super::crl::Crls;
use super::roots::Roots;
use super::strict::{self, StrictRefusal};

/// Both verdicts on one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainTrial {
    /// libpq's.
    pub libpq: Result<(), ChainError>,
    /// A strict client's: webpki's, without revocation.
    pub strict: Result<(), StrictRefusal>,
}

impl ChainTrial {
    /// Tries a chain as it was presented, the server's own certificate first.
    pub fn new(
        presented: &[CertificateDer<'_>],
        roots: &Roots,
        crls: Option<&Crls>,
        now: UnixTime,
    ) -> Self {
        let algorithms = algorithms();
        Self {
            libpq: chain::verify(presented, roots, crls, now, &algorithms),
            strict: strict::verify(presented, roots, now, &algorithms),
        }
    }
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms
}
