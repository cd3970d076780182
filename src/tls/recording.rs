//! What one handshake showed.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::pki_types::CertificateDer;
use x509_parser::asn1_rs::FromDer;
use x509_parser::x509::X509Name;

use super::certificate::{Certificate, describe};
use super::chain_error::ChainError;
use super::client::Identity;
use super::name::{NameError, NameTrial};
use super::parsed::name_text;
use super::trial::ChainTrial;

/// The record of one handshake, filled while it runs.
#[derive(Debug, Default)]
pub struct Recording(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    presented: Option<Presented>,
    client_certificate: ClientCertificate,
    refusal: Option<Refusal>,
}

/// The certificates that the server presented, with the verdicts on them.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The chain as it came, the server's own certificate first.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The verdicts on the chain; `None` where nothing was demanded and no roots loaded.
    pub chain: Option<ChainTrial>,
    /// The verdicts on the name.
    pub name: NameTrial,
}

impl Presented {
    /// Whether libpq would be satisfied. Without roots no chain is.
    pub fn satisfies(&self, identity: Identity) -> bool {
        self.verdict(identity).is_ok()
    }

    /// The facts of the server's own certificate; `None` when it cannot be read.
    pub fn certificate(&self) -> Option<Certificate> {
        describe(self.certificates.first()?).ok()
    }

    pub(super) fn verdict(&self, identity: Identity) -> Result<(), Refusal> {
        if identity >= Identity::Chain {
            match &self.chain {
                Some(chain) => chain.libpq.clone().map_err(Refusal::Chain)?,
                None => return Err(Refusal::NoRoots),
            }
        }
        if identity >= Identity::ChainAndName {
            self.name.libpq.clone().map_err(Refusal::Name)?;
        }
        Ok(())
    }
}

/// What the handshake said about client certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The server asked for one.
    pub requested: bool,
    /// One was sent.
    pub sent: bool,
    /// The authorities that the server says it accepts. Foreign text.
    pub authorities: Vec<String>,
}

/// Why the handshake was stopped on this side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A chain is demanded and there are no roots to hold it against.
    NoRoots,
    /// The chain is not trusted.
    Chain(ChainError),
    /// The certificate does not name the host.
    Name(NameError),
    /// The server's proof that it has the private key is not valid.
    HandshakeSignature,
    /// The TLS library cannot check that proof: the server's kind of key, as named, is
    /// not supported.
    UnsupportedKey(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoots => f.write_str("there are no trusted roots"),
            Self::Chain(error) => error.fmt(f),
            Self::Name(error) => error.fmt(f),
            Self::HandshakeSignature => {
                f.write_str("the server does not prove that it has its certificate's private key")
            }
            Self::UnsupportedKey(key) => write!(
                f,
                "the server's key ({key}) is too weak or of a kind that is not supported"
            ),
        }
    }
}

impl std::error::Error for Refusal {}

impl Recording {
    /// What the server presented, also when the handshake was stopped for it. `None`
    /// when it did not come that far.
    pub fn presented(&self) -> Option<Presented> {
        self.state().presented.clone()
    }

    /// Whether a client certificate was asked for, and sent.
    pub fn client_certificate(&self) -> ClientCertificate {
        self.state().client_certificate.clone()
    }

    /// Why this side stopped the handshake, if it did.
    pub fn refusal(&self) -> Option<Refusal> {
        self.state().refusal.clone()
    }

    pub(super) fn set_presented(&self, presented: Presented) {
        self.state().presented = Some(presented);
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        self.state().refusal = Some(refusal);
    }

    pub(super) fn certificate_requested(&self, authorities: &[&[u8]], sent: bool) {
        let authorities = authorities.iter().map(|name| authority_text(name));
        self.state().client_certificate = ClientCertificate {
            requested: true,
            sent,
            authorities: authorities.collect(),
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn authority_text(name: &[u8]) -> String {
    match X509Name::from_der(name) {
        Ok((_, name)) => name_text(&name),
        Err(_) => "(an unreadable name)".into(),
    }
}
