//! Kinds of public keys, and of the signatures that they check.

use std::fmt;

use x509_parser::asn1_rs::{Any, FromDer, Oid, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::public_key::PublicKey;

/// The kinds of key that a signature algorithm can have been made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureFamily {
    Rsa,
    RsaPss,
    Ecdsa,
    Edwards25519,
}

const RSA_KEY: Oid<'static> = oid!(1.2.840.113549.1.1.1);
const RSA_PSS: Oid<'static> = oid!(1.2.840.113549.1.1.10);
const EC_KEY: Oid<'static> = oid!(1.2.840.10045.2.1);
const ED25519: Oid<'static> = oid!(1.3.101.112);

impl SignatureFamily {
    pub(super) fn of_signature(x509: &X509Certificate<'_>) -> Option<Self> {
        let algorithm = &x509.signature_algorithm.algorithm;
        let dotted = algorithm.to_id_string();
        if *algorithm == RSA_PSS {
            Some(Self::RsaPss)
        } else if *algorithm == ED25519 {
            Some(Self::Edwards25519)
        } else if dotted.starts_with("1.2.840.113549.1.1.") || dotted.starts_with("1.3.14.3.2.") {
            Some(Self::Rsa)
        } else if dotted.starts_with("1.2.840.10045.4.") {
            Some(Self::Ecdsa)
        } else {
            None
        }
    }

    /// Whether the key in `issuer` can make such signatures.
    pub(super) fn takes(self, issuer: &X509Certificate<'_>) -> bool {
        let key = &issuer.public_key().algorithm.algorithm;
        match self {
            Self::Rsa => *key == RSA_KEY,
            Self::RsaPss => *key == RSA_KEY || *key == RSA_PSS,
            Self::Ecdsa => *key == EC_KEY,
            Self::Edwards25519 => *key == ED25519,
        }
    }
}

/// A public key's kind and its size in bits, where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyKind {
    pub(super) algorithm: &'static str,
    pub(super) bits: Option<usize>,
}

impl KeyKind {
    pub(super) fn of(x509: &X509Certificate<'_>) -> Self {
        let key = x509.public_key();
        let kind = |algorithm, bits| Self { algorithm, bits };
        match key.parsed() {
            Ok(PublicKey::RSA(rsa)) if key.algorithm.algorithm == RSA_PSS => {
                kind("RSA-PSS", Some(bit_length(rsa.modulus)))
            }
            Ok(PublicKey::RSA(rsa)) => kind("RSA", Some(bit_length(rsa.modulus))),
            Ok(PublicKey::EC(_)) => curve(x509),
            Ok(PublicKey::DSA(_)) => kind("DSA", None),
            _ if key.algorithm.algorithm == ED25519 => kind("Ed25519", Some(256)),
            _ if key.algorithm.algorithm == oid!(1.3.101.113) => kind("Ed448", Some(448)),
            // id-RSASSA-PSS keys hold an RSAPublicKey, which x509-parser leaves alone.
            _ if key.algorithm.algorithm == RSA_PSS => kind("RSA-PSS", pss_bits(x509)),
            _ => kind("unknown", None),
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits {
            Some(bits) if self.algorithm.starts_with("RSA") => {
                write!(f, "{}, {bits} bits", self.algorithm)
            }
            _ => f.write_str(self.algorithm),
        }
    }
}

fn pss_bits(x509: &X509Certificate<'_>) -> Option<usize> {
    let (_, key) = Any::from_der(&x509.public_key().subject_public_key.data).ok()?;
    let (_, modulus) = Any::from_der(key.data).ok()?;
    Some(bit_length(modulus.data))
}

fn bit_length(number: &[u8]) -> usize {
    let digits: &[u8] = &number[number.iter().take_while(|&&byte| byte == 0).count()..];
    digits
        .first()
        .map_or(0, |first| digits.len() * 8 - first.leading_zeros() as usize)
}

fn curve(x509: &X509Certificate<'_>) -> KeyKind {
    let parameters = x509.public_key().algorithm.parameters.as_ref();
    let name = parameters.and_then(|parameters| parameters.as_oid().ok());
    let (algorithm, bits) = match name.map(|oid| oid.to_id_string()).as_deref() {
        Some("1.2.840.10045.3.1.1") => ("ECDSA P-192", Some(192)),
        Some("1.3.132.0.33") => ("ECDSA P-224", Some(224)),
        Some("1.2.840.10045.3.1.7") => ("ECDSA P-256", Some(256)),
        Some("1.3.132.0.34") => ("ECDSA P-384", Some(384)),
        Some("1.3.132.0.35") => ("ECDSA P-521", Some(521)),
        Some("1.3.132.0.10") => ("ECDSA secp256k1", Some(256)),
        Some(_) => ("ECDSA, another curve", None),
        None => ("ECDSA, explicit curve", None),
    };
    KeyKind { algorithm, bits }
}
