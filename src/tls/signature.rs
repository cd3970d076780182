//! Signatures, checked with the public key alone, so that a certificate's version and
//! extensions cannot get in the way.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureError {
    /// Made with another key, or altered since.
    Invalid,
    /// An algorithm, or a kind or size of key, that the TLS library does not verify.
    Unsupported,
}

/// The public key of any certificate, X.509 v1 included.
pub(super) fn public_key(
    certificate: &CertificateDer<'_>,
) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let anchor = webpki::anchor_from_trusted_cert(certificate).ok()?;
    Some(webpki::spki_for_anchor(&anchor))
}

/// Verifies `signature`, made over `message` with the `algorithm` (the content of an
/// `AlgorithmIdentifier`), with the key `spki`.
pub(super) fn verify(
    supported: &WebPkiSupportedAlgorithms,
    spki: &SubjectPublicKeyInfoDer<'_>,
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let key = webpki::RawPublicKeyEntity::try_from(spki).map_err(|_| SignatureError::Invalid)?;
    let mut outcome = Err(SignatureError::Unsupported);
    for candidate in supported
        .all
        .iter()
        .filter(|candidate| candidate.signature_alg_id().as_ref() == algorithm)
    {
        match key.verify_signature(*candidate, message, signature) {
            Ok(()) => return Ok(()),
            // The same signature algorithm is listed once for each kind of key.
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => outcome = Err(SignatureError::Invalid),
        }
    }
    outcome
}
