//! What a strict client says: webpki's verdict, as rustls gives it.

use std::fmt;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::roots::Roots;

/// Why a strict client refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrictRefusal {
    /// webpki's name for it, `CaUsedAsEndEntity` for instance. `None` where the
    /// certificate was not even looked at.
    pub code: Option<String>,
    /// The same in plain words.
    pub words: String,
}

impl StrictRefusal {
    pub(super) fn without_code(words: &str) -> Self {
        Self {
            code: None,
            words: words.to_owned(),
        }
    }
}

impl fmt::Display for StrictRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// The verdict of webpki with every certificate of `roots` as an anchor, which is what a
/// rustls client does with the same file.
pub(super) fn verify(
    presented: &[CertificateDer<'_>],
    roots: &Roots,
    now: UnixTime,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<(), StrictRefusal> {
    let Some((leaf, intermediates)) = presented.split_first() else {
        return Err(StrictRefusal::without_code("no certificate was sent"));
    };
    let anchors: Vec<_> = roots
        .certificates()
        .filter_map(|root| webpki::anchor_from_trusted_cert(root).ok())
        .collect();
    EndEntityCert::try_from(leaf)
        .and_then(|leaf| {
            leaf.verify_for_usage(
                supported.all,
                &anchors,
                intermediates,
                now,
                KeyUsage::server_auth(),
                None,
                None,
            )
            .map(|_| ())
        })
        .map_err(|error| refusal(&error))
}

pub(super) fn refusal(error: &webpki::Error) -> StrictRefusal {
    let debug = format!("{error:?}");
    let code = debug
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default();
    StrictRefusal {
        code: Some(code.trim_end_matches("Context").to_owned()),
        words: words(error),
    }
}

/// A webpki error in plain words.
pub(super) fn words(error: &webpki::Error) -> String {
    use webpki::Error;
    match error {
        Error::CaUsedAsEndEntity => "a CA certificate is used as a server's",
        Error::UnsupportedCertVersion => "the certificate is not X.509 version 3",
        Error::CertNotValidForName(_) => "no subject alternative name is the host's",
        Error::UnknownIssuer => "the issuer is unknown",
        Error::CertExpired { .. } => "a certificate has expired",
        Error::CertNotValidYet { .. } => "a certificate is not valid yet",
        Error::InvalidSignatureForPublicKey => "a signature is not the issuer's",
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a signature algorithm is not supported"
        }
        Error::UnsupportedCriticalExtension => "a critical extension is unknown",
        Error::NameConstraintViolation => "a CA's name constraints are violated",
        Error::PathLenConstraintViolated => "a CA's path length is exceeded",
        Error::EndEntityUsedAsCa => "a certificate that is not a CA's issued another",
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => {
            "the certificate is not meant for servers"
        }
        Error::BadDer | Error::BadDerTime | Error::MalformedExtensions => {
            "a certificate is not properly encoded"
        }
        other => return format!("{other:?}"),
    }
    .to_owned()
}
