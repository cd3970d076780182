//! webpki's consent to a path, and the few objections of form that libpq does not share.

use std::rc::Rc;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::chain_error::{ChainError, Place};
use super::name::Names;
use super::name_constraints;
use super::parsed::Parsed;

/// Asks webpki about a path that passed OpenSSL's rules, its last certificate as the only
/// anchor. An objection to form alone is overruled. A path of one certificate is not asked
/// about: it is trusted because the very same bytes are in the root file.
pub(super) fn consent(
    path: &[Rc<Parsed<'_>>],
    now: UnixTime,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<(), ChainError> {
    if path.len() == 1 {
        return Ok(());
    }
    match ask(path, now, supported) {
        Err(objection) if !is_of_form_alone(&objection, path) => Err(refusal(objection, path)),
        _ => Ok(()),
    }
}

fn ask(
    path: &[Rc<Parsed<'_>>],
    now: UnixTime,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<(), webpki::Error> {
    let root = path[path.len() - 1].der;
    let intermediates: Vec<CertificateDer<'_>> = path
        .iter()
        .take(path.len() - 1)
        .skip(1)
        .map(|certificate| certificate.der.clone())
        .collect();
    EndEntityCert::try_from(path[0].der)?
        .verify_for_usage(
            supported.all,
            &[webpki::anchor_from_trusted_cert(root)?],
            &intermediates,
            now,
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map(|_| ())
}

/// Whether OpenSSL takes certificates with what webpki objects to. Everything else about
/// them was checked before webpki was asked.
fn is_of_form_alone(objection: &webpki::Error, path: &[Rc<Parsed<'_>>]) -> bool {
    let leaf = &path[0];
    match objection {
        // A CA certificate as the server's own, as `openssl req -x509` makes it.
        webpki::Error::CaUsedAsEndEntity => leaf.basic_constraints().is_some_and(|it| it.ca),
        // X.509 v1, as `openssl x509 -req` without extensions makes it.
        webpki::Error::UnsupportedCertVersion => !leaf.is_v3(),
        // Names that are the same but for case, blanks or string type.
        webpki::Error::UnknownIssuer => path
            .windows(2)
            .any(|pair| pair[0].x509.issuer().as_raw() != pair[1].x509.subject().as_raw()),
        // Policies and the Netscape type, where marked critical: OpenSSL knows them.
        webpki::Error::UnsupportedCriticalExtension => true,
        // A wildcard below a CA with name constraints.
        webpki::Error::MalformedDnsIdentifier => Names::of(&leaf.x509)
            .dns
            .iter()
            .any(|name| name.starts_with(b"*.")),
        // webpki does not compare directory names as RFC 5280 does.
        webpki::Error::NameConstraintViolation => name_constraints::has_directory_names(path),
        _ => false,
    }
}

fn refusal(objection: webpki::Error, path: &[Rc<Parsed<'_>>]) -> ChainError {
    match objection {
        webpki::Error::NameConstraintViolation => {
            ChainError::NameConstraints("a name in the chain is outside of what they allow".into())
        }
        webpki::Error::UnsupportedSignatureAlgorithmContext(_)
        | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            ChainError::UnsupportedSignature(
                Place::new(0, path.len() - 1, &path[0]),
                super::certificate::signature_algorithm_name(&path[0].x509),
            )
        }
        other => ChainError::Refused(super::strict::words(&other)),
    }
}
