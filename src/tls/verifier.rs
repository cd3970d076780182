//! The verifier: it records everything, then gives libpq's verdict.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};
use webpki::RawPublicKeyEntity;
use x509_parser::asn1_rs::FromDer;
use x509_parser::certificate::X509Certificate;

use super::Identity;
use super::chain_error::ChainError;
use super::crl::Crls;
use super::name::NameTrial;
use super::public_key::KeyKind;
use super::recording::{Presented, Recording, Refusal};
use super::roots::Roots;
use super::signature;
use super::trial::ChainTrial;

/// Verifies one server in one handshake.
#[derive(Debug)]
pub(super) struct RecordingVerifier {
    pub(super) trust: Arc<Trust>,
    /// The host that was asked for, as given.
    pub(super) host: Option<String>,
    pub(super) recording: Arc<Recording>,
    pub(super) supported: WebPkiSupportedAlgorithms,
}

/// What is demanded of servers, and what proves it.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) identity: Identity,
    pub(super) roots: Option<Roots>,
    pub(super) crls: Option<Crls>,
}

impl RecordingVerifier {
    /// Records why a handshake signature was not accepted.
    fn signature_refused(&self, certificate: &CertificateDer<'_>, error: Error) -> Error {
        let supported = error != CertificateError::BadSignature.into();
        let key = X509Certificate::from_der(certificate).map(|(_, x509)| KeyKind::of(&x509));
        self.recording.refused(match key {
            Ok(key) if super::rules::is_weak_key(&key) || supported => {
                Refusal::UnsupportedKey(key.to_string())
            }
            _ => Refusal::HandshakeSignature,
        });
        error
    }
}

impl ServerCertVerifier for RecordingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificates: Vec<_> = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        let presented =
            Presented {
                chain: self.trust.roots.as_ref().map(|roots| {
                    ChainTrial::new(&certificates, roots, self.trust.crls.as_ref(), now)
                }),
                name: NameTrial::new(end_entity, self.host.as_deref()),
                certificates,
            };
        let verdict = presented.verdict(self.trust.identity);
        self.recording.set_presented(presented);
        match verdict {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err(refusal) => {
                let error = alert_for(&refusal);
                self.recording.refused(refusal);
                Err(error.into())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tls12_signature(message, certificate, signature, &self.supported)
            .map_err(|error| self.signature_refused(certificate, error))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::public_key(certificate)
            .ok_or_else(|| CertificateError::BadEncoding.into())
            .and_then(|key| {
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.supported)
            })
            .map_err(|error| self.signature_refused(certificate, error))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.supported.supported_schemes()
    }
}

/// rustls's own `verify_tls12_signature`, but with the public key alone.
fn tls12_signature(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signature: &DigitallySignedStruct,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let bad_encoding = || Error::from(CertificateError::BadEncoding);
    let spki = signature::public_key(certificate).ok_or_else(bad_encoding)?;
    let key = RawPublicKeyEntity::try_from(&spki).map_err(|_| bad_encoding())?;
    let (_, algorithms) = supported
        .mapping
        .iter()
        .find(|(scheme, _)| *scheme == signature.scheme)
        .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let valid = algorithms.iter().any(|algorithm| {
        key.verify_signature(*algorithm, message, signature.signature())
            .is_ok()
    });
    match valid {
        true => Ok(HandshakeSignatureValid::assertion()),
        false => Err(CertificateError::BadSignature.into()),
    }
}

/// The error whose alert tells the server's log best why the client went away.
fn alert_for(refusal: &Refusal) -> CertificateError {
    match refusal {
        Refusal::Chain(error) => match error {
            ChainError::Malformed(..) => CertificateError::BadEncoding,
            ChainError::Expired(..) => CertificateError::Expired,
            ChainError::NotYetValid(..) => CertificateError::NotValidYet,
            ChainError::Revoked(..) => CertificateError::Revoked,
            ChainError::RevocationUnknown(..) => CertificateError::UnknownRevocationStatus,
            ChainError::BadSignature { .. } => CertificateError::BadSignature,
            ChainError::NotForServers(..) => CertificateError::InvalidPurpose,
            ChainError::UnknownCriticalExtension(..) => {
                CertificateError::UnhandledCriticalExtension
            }
            ChainError::WeakKey(..)
            | ChainError::WeakSignature(..)
            | ChainError::UnsupportedSignature(..) => {
                CertificateError::ApplicationVerificationFailure
            }
            _ => CertificateError::UnknownIssuer,
        },
        Refusal::NoRoots => CertificateError::UnknownIssuer,
        Refusal::Name(_) => CertificateError::NotValidForName,
        Refusal::HandshakeSignature | Refusal::UnsupportedKey(_) => CertificateError::BadSignature,
    }
}
