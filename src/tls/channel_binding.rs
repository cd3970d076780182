//! `tls-server-end-point` (RFC 5929), as libpq computes it.

use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use x509_parser::asn1_rs::FromDer;
use x509_parser::certificate::X509Certificate;

use super::certificate::{Hash, signature_hash};

/// The digest of a server's certificate by the hash of its own signature, SHA-256 in
/// place of MD5 and SHA-1. `None` where the signature has no such hash (Ed25519), or the
/// certificate cannot be read.
pub fn channel_binding(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, x509) = X509Certificate::from_der(certificate).ok()?;
    Some(match signature_hash(&x509.signature_algorithm)? {
        Hash::Md5 | Hash::Sha1 | Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}
