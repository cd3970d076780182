//! A certificate taken apart, with OpenSSL's view of it.

use std::fmt;

use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::asn1_rs::{Any, FromDer, Oid, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, GeneralName, KeyUsage, NSCertType,
    ParsedExtension, X509Extension,
};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Version;

use super::distinguished_name::CanonicalName;

/// The parts of a certificate that the rules of [`super::rules`] and
/// [`super::chain`] look at.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) der: &'a CertificateDer<'a>,
    pub(super) x509: X509Certificate<'a>,
    pub(super) subject: CanonicalName,
    pub(super) issuer: CanonicalName,
    /// The `AlgorithmIdentifier` of the signature, without its outer tag and length.
    pub(super) signature_algorithm: &'a [u8],
}

/// What makes a certificate unreadable.
pub(super) type Malformed = String;

impl<'a> Parsed<'a> {
    /// Errors where OpenSSL would mark the certificate as invalid.
    pub(super) fn new(der: &'a CertificateDer<'a>) -> Result<Self, Malformed> {
        let (rest, x509) =
            X509Certificate::from_der(der).map_err(|error| format!("not DER: {error}"))?;
        if !rest.is_empty() {
            return Err("bytes after its end".into());
        }
        check_extensions(&x509)?;
        Ok(Self {
            subject: CanonicalName::of(x509.subject()),
            issuer: CanonicalName::of(x509.issuer()),
            signature_algorithm: signature_algorithm(der, &x509)?,
            der,
            x509,
        })
    }

    pub(super) fn subject_text(&self) -> String {
        name_text(self.x509.subject())
    }

    pub(super) fn issuer_text(&self) -> String {
        name_text(self.x509.issuer())
    }

    pub(super) fn is_v1(&self) -> bool {
        self.x509.version() == X509Version::V1
    }

    pub(super) fn is_v3(&self) -> bool {
        self.x509.version() == X509Version::V3
    }

    pub(super) fn is_valid_at(&self, now: UnixTime) -> bool {
        !self.is_expired_at(now) && !self.is_not_yet_valid_at(now)
    }

    /// OpenSSL counts the very second of `notAfter` as expired.
    pub(super) fn is_expired_at(&self, now: UnixTime) -> bool {
        i128::from(self.x509.validity().not_after.timestamp()) <= i128::from(now.as_secs())
    }

    pub(super) fn is_not_yet_valid_at(&self, now: UnixTime) -> bool {
        i128::from(self.x509.validity().not_before.timestamp()) > i128::from(now.as_secs())
    }

    /// Subject and issuer are the same name.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// OpenSSL's `EXFLAG_SS`: it names itself as its issuer. The signature is not looked
    /// at.
    pub(super) fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.is_likely_issued_by(self)
    }

    /// OpenSSL's `X509_check_issued` without the key usage: the names match, the
    /// authority key identifier does not contradict, and the kinds of key and signature
    /// agree.
    pub(super) fn is_likely_issued_by(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject
            && self
                .authority_key_identifier()
                .is_none_or(|identifier| issuer.agrees_with(identifier))
            && SignatureFamily::of_signature(self).is_some_and(|family| family.takes(issuer))
    }

    /// Whether this certificate may be the one that `identifier` describes.
    pub(super) fn agrees_with(&self, identifier: &AuthorityKeyIdentifier<'_>) -> bool {
        let key = match (&identifier.key_identifier, self.subject_key_identifier()) {
            (Some(theirs), Some(ours)) => theirs.0 == ours,
            _ => true,
        };
        let serial = identifier
            .authority_cert_serial
            .is_none_or(|serial| serial == self.x509.tbs_certificate.raw_serial());
        let issuer = identifier
            .authority_cert_issuer
            .iter()
            .flatten()
            .find_map(|name| match name {
                GeneralName::DirectoryName(name) => Some(CanonicalName::of(name)),
                _ => None,
            })
            .is_none_or(|issuer| issuer == self.issuer);
        key && serial && issuer
    }

    fn extension(&self, wanted: fn(&ParsedExtension<'a>) -> bool) -> Option<&ParsedExtension<'a>> {
        self.x509
            .iter_extensions()
            .map(|extension| extension.parsed_extension())
            .find(|extension| wanted(extension))
    }

    pub(super) fn authority_key_identifier(&self) -> Option<&AuthorityKeyIdentifier<'a>> {
        match self.extension(|e| matches!(e, ParsedExtension::AuthorityKeyIdentifier(_)))? {
            ParsedExtension::AuthorityKeyIdentifier(value) => Some(value),
            _ => None,
        }
    }

    fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        match self.extension(|e| matches!(e, ParsedExtension::SubjectKeyIdentifier(_)))? {
            ParsedExtension::SubjectKeyIdentifier(value) => Some(value.0),
            _ => None,
        }
    }

    pub(super) fn key_usage(&self) -> Option<&KeyUsage> {
        match self.extension(|e| matches!(e, ParsedExtension::KeyUsage(_)))? {
            ParsedExtension::KeyUsage(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn basic_constraints(&self) -> Option<&BasicConstraints> {
        match self.extension(|e| matches!(e, ParsedExtension::BasicConstraints(_)))? {
            ParsedExtension::BasicConstraints(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage<'a>> {
        match self.extension(|e| matches!(e, ParsedExtension::ExtendedKeyUsage(_)))? {
            ParsedExtension::ExtendedKeyUsage(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn netscape_type(&self) -> Option<&NSCertType> {
        match self.extension(|e| matches!(e, ParsedExtension::NSCertType(_)))? {
            ParsedExtension::NSCertType(value) => Some(value),
            _ => None,
        }
    }

    /// Where the issuer's certificate can be fetched from, by its own word.
    pub(super) fn issuer_url(&self) -> Option<String> {
        const CA_ISSUERS: Oid<'static> = oid!(1.3.6.1.5.5.7.48.2);
        match self.extension(|e| matches!(e, ParsedExtension::AuthorityInfoAccess(_)))? {
            ParsedExtension::AuthorityInfoAccess(access) => {
                access
                    .iter()
                    .find_map(|access| match access.access_location {
                        GeneralName::URI(uri) if access.access_method == CA_ISSUERS => {
                            Some(uri.to_owned())
                        }
                        _ => None,
                    })
            }
            _ => None,
        }
    }
}

/// The extensions that OpenSSL looks at must be readable and may not be there twice; what
/// it does not know is left alone.
fn check_extensions(x509: &X509Certificate<'_>) -> Result<(), Malformed> {
    let known = |extension: &&X509Extension<'_>| !extension.parsed_extension().unsupported();
    let mut seen = Vec::new();
    for extension in x509.iter_extensions().filter(known) {
        if extension.parsed_extension().error().is_some() {
            return Err(format!("extension {} cannot be read", extension.oid));
        }
        if seen.contains(&&extension.oid) {
            return Err(format!("extension {} appears twice", extension.oid));
        }
        seen.push(&extension.oid);
    }
    Ok(())
}

/// A name as people read it.
pub(super) fn name_text(name: &x509_parser::x509::X509Name<'_>) -> String {
    let text = name.to_string();
    if text.is_empty() {
        "(no name)".into()
    } else {
        text
    }
}

/// The content of the outer `signatureAlgorithm`; an error when the signed copy differs.
fn signature_algorithm<'a>(
    der: &'a CertificateDer<'a>,
    x509: &X509Certificate<'a>,
) -> Result<&'a [u8], Malformed> {
    if x509.signature_algorithm != x509.tbs_certificate.signature {
        return Err("its two signature algorithms differ".into());
    }
    second_element(der).ok_or_else(|| "not DER".into())
}

/// The content of the second element of a DER sequence.
pub(super) fn second_element(sequence: &[u8]) -> Option<&[u8]> {
    let (_, sequence) = Any::from_der(sequence).ok()?;
    let (rest, _) = Any::from_der(sequence.data).ok()?;
    let (_, second) = Any::from_der(rest).ok()?;
    Some(second.data)
}

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
    fn of_signature(certificate: &Parsed<'_>) -> Option<Self> {
        Self::of_algorithm(&certificate.x509.signature_algorithm.algorithm)
    }

    pub(super) fn of_algorithm(algorithm: &Oid<'_>) -> Option<Self> {
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
    fn takes(self, issuer: &Parsed<'_>) -> bool {
        let key = &issuer.x509.public_key().algorithm.algorithm;
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
