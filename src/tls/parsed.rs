//! A certificate taken apart, with OpenSSL's view of it.

use rustls::pki_types::{CertificateDer, UnixTime};
use x509_parser::asn1_rs::{Any, FromDer, Oid, oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, GeneralName, KeyUsage, NSCertType,
    ParsedExtension, X509Extension,
};
use x509_parser::x509::X509Version;

use super::distinguished_name::CanonicalName;
use super::public_key::SignatureFamily;

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
            && SignatureFamily::of_signature(&self.x509)
                .is_some_and(|family| family.takes(&issuer.x509))
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
