//! The facts of a certificate, for reports.

use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::FromDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::time::ASN1Time;
use x509_parser::x509::AlgorithmIdentifier;

use super::distinguished_name::text;
use super::name::{Names, address_text};
use super::parsed::name_text;
use super::public_key::KeyKind;

/// What a certificate says. Every text in it is foreign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Whom it is for.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The DNS names among the subject alternative names.
    pub dns_names: Vec<String>,
    /// The addresses among the subject alternative names.
    pub ip_addresses: Vec<String>,
    /// The first common name of the subject.
    pub common_name: Option<String>,
    /// Valid from then.
    #[serde(serialize_with = "rfc3339")]
    pub not_before: SystemTime,
    /// Valid until then.
    #[serde(serialize_with = "rfc3339")]
    pub not_after: SystemTime,
    /// The kind of public key: `RSA`, `ECDSA P-256`, `Ed25519`…
    pub key_algorithm: String,
    /// Its size in bits, where it has one.
    pub key_bits: Option<usize>,
    /// How the issuer signed it: `RSA with SHA-256`, `ECDSA with SHA-384`…
    pub signature_algorithm: String,
    /// The version of X.509, from 1.
    pub version: u32,
    /// Whether its basic constraints say that it is a CA's.
    pub is_ca: bool,
    /// Whether it names itself as its issuer.
    pub is_self_issued: bool,
    /// Whether OpenSSL would call its key or its signature too weak.
    pub weak: Option<Weakness>,
    /// The SHA-256 digest of the whole, in hexadecimal.
    pub sha256: String,
}

impl Certificate {
    /// The kind of key and, for RSA, its size: `RSA, 2048 bits`.
    pub fn key_text(&self) -> String {
        match self.key_bits {
            Some(bits) if self.key_algorithm.starts_with("RSA") => {
                format!("{}, {bits} bits", self.key_algorithm)
            }
            _ => self.key_algorithm.clone(),
        }
    }
}

/// What is weak about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weakness {
    /// RSA below 2048 bits, an elliptic curve below 224.
    Key,
    /// Signed over a hash with known collisions, by another than itself.
    Signature,
}

/// A certificate that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate cannot be read: {0}")]
pub struct Unreadable(String);

/// Reads the facts of a certificate.
///
/// # Errors
/// When it is not a certificate.
pub fn describe(certificate: &CertificateDer<'_>) -> Result<Certificate, Unreadable> {
    let (_, x509) =
        X509Certificate::from_der(certificate).map_err(|error| Unreadable(error.to_string()))?;
    let names = Names::of(&x509);
    let key = KeyKind::of(&x509);
    let is_self_issued = x509.subject() == x509.issuer();
    Ok(Certificate {
        subject: name_text(x509.subject()),
        issuer: name_text(x509.issuer()),
        serial: hex(x509.tbs_certificate.raw_serial()),
        dns_names: names.dns.iter().map(|name| lossy(name)).collect(),
        ip_addresses: names.ip.iter().map(|ip| address_text(ip)).collect(),
        common_name: x509
            .subject()
            .iter_common_name()
            .next()
            .map(|name| text(name.attr_value()).unwrap_or_else(|| lossy(name.attr_value().data))),
        not_before: system_time(x509.validity().not_before),
        not_after: system_time(x509.validity().not_after),
        key_algorithm: key.algorithm.to_owned(),
        key_bits: key.bits,
        signature_algorithm: signature_algorithm_name(&x509),
        version: x509.version().0.saturating_add(1),
        is_ca: x509.is_ca(),
        is_self_issued,
        weak: if super::rules::is_weak_key(&key) {
            Some(Weakness::Key)
        } else if !is_self_issued && super::rules::is_weak_signature(&x509) {
            Some(Weakness::Signature)
        } else {
            None
        },
        sha256: hex(&Sha256::digest(certificate)),
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&super::time_text(*time))
}

/// A certificate's time. Every one that X.509 can express has a `SystemTime`.
pub(super) fn system_time(time: ASN1Time) -> SystemTime {
    let seconds = Duration::from_secs(time.timestamp().unsigned_abs());
    let shifted = if time.timestamp() < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(seconds)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(seconds)
    };
    shifted.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A hash function of a signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// The hash that a signature was made over, RSA-PSS's parameters included.
pub(super) fn signature_hash(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let dotted = algorithm.algorithm.to_id_string();
    match dotted.as_str() {
        "1.2.840.113549.1.1.4" | "1.3.14.3.2.3" => Some(Hash::Md5),
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.3.14.3.2.29" | "1.2.840.10040.4.3" => {
            Some(Hash::Sha1)
        }
        "1.2.840.113549.1.1.14" | "1.2.840.10045.4.3.1" | "2.16.840.1.101.3.4.3.1" => {
            Some(Hash::Sha224)
        }
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" | "2.16.840.1.101.3.4.3.2" => {
            Some(Hash::Sha256)
        }
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.3.3" => {
            Some(Hash::Sha384)
        }
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.3.4" => {
            Some(Hash::Sha512)
        }
        "1.2.840.113549.1.1.10" => pss_hash(algorithm),
        _ => None,
    }
}

fn pss_hash(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(algorithm)
    else {
        return None;
    };
    match parameters.hash_algorithm_oid().to_id_string().as_str() {
        "1.3.14.3.2.26" => Some(Hash::Sha1),
        "2.16.840.1.101.3.4.2.4" => Some(Hash::Sha224),
        "2.16.840.1.101.3.4.2.1" => Some(Hash::Sha256),
        "2.16.840.1.101.3.4.2.2" => Some(Hash::Sha384),
        "2.16.840.1.101.3.4.2.3" => Some(Hash::Sha512),
        _ => None,
    }
}

pub(super) fn signature_algorithm_name(x509: &X509Certificate<'_>) -> String {
    algorithm_name(&x509.signature_algorithm)
}

/// `RSA with SHA-256`; the object identifier where it is an unusual one.
pub(super) fn algorithm_name(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let dotted = algorithm.algorithm.to_id_string();
    let key = match dotted.as_str() {
        "1.3.101.112" => return "Ed25519".into(),
        "1.3.101.113" => return "Ed448".into(),
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        rsa if rsa.starts_with("1.2.840.113549.1.1.") || rsa.starts_with("1.3.14.") => "RSA",
        ecdsa if ecdsa.starts_with("1.2.840.10045.4.") => "ECDSA",
        _ => return dotted,
    };
    let hash = match signature_hash(algorithm) {
        Some(Hash::Md5) => "MD5",
        Some(Hash::Sha1) => "SHA-1",
        Some(Hash::Sha224) => "SHA-224",
        Some(Hash::Sha256) => "SHA-256",
        Some(Hash::Sha384) => "SHA-384",
        Some(Hash::Sha512) => "SHA-512",
        None => return dotted,
    };
    format!("{key} with {hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(params: &rcgen::CertificateParams) -> CertificateDer<'static> {
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn the_facts_are_those_of_the_certificate() {
        let names = ["db.example".to_owned(), "127.0.0.1".to_owned()];
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let name = "Gänse & Söhne";
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(2024, 2, 29);
        params.not_after = rcgen::date_time_ymd(2051, 1, 1);
        params.serial_number = Some(rcgen::SerialNumber::from_slice(&[1, 0xab]));
        let certificate = made(&params);
        let facts = describe(&certificate).unwrap();
        assert_eq!(facts.subject, "CN=Gänse & Söhne");
        assert_eq!(facts.common_name.as_deref(), Some(name));
        assert_eq!(facts.dns_names, ["db.example"]);
        assert_eq!(facts.ip_addresses, ["127.0.0.1"]);
        assert_eq!(facts.serial, "01ab");
        assert_eq!(facts.key_text(), "ECDSA P-256");
        assert_eq!(facts.signature_algorithm, "ECDSA with SHA-256");
        assert_eq!((facts.version, facts.is_ca, facts.weak), (3, false, None));
        let json = serde_json::to_value(&facts).unwrap();
        assert_eq!(json["not_before"], "2024-02-29T00:00:00Z");
        assert_eq!(json["not_after"], "2051-01-01T00:00:00Z");
        assert_eq!(json["sha256"].as_str().unwrap().len(), 64);
    }

    #[test]
    fn times_that_have_no_text_do_not_panic() {
        let mut params = rcgen::CertificateParams::default();
        params.not_before = rcgen::date_time_ymd(1955, 1, 1);
        params.not_after = rcgen::date_time_ymd(9999, 12, 31);
        let facts = describe(&made(&params)).unwrap();
        let json = serde_json::to_value(&facts).unwrap();
        assert_eq!(json["not_before"], "before 1970");
        assert_eq!(json["not_after"], "9999-12-31T00:00:00Z");
    }
}
