//! Whether libpq would trust a chain: OpenSSL's path, OpenSSL's rules, webpki's consent.
//!
//! A chain is accepted when the path that OpenSSL would build passes OpenSSL's rules
//! *and* webpki accepts that same path, or objects to its form alone
//! ([`super::compat`]). Neither verifier alone can let a chain through.

use std::rc::Rc;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};

use super::chain_error::{ChainError, Place};
use super::crl::Crls;
use super::parsed::Parsed;
use super::roots::Roots;
use super::signature::{self, SignatureError};
use super::{certificate, compat, name_constraints, rules};

/// OpenSSL's default: at most so many certificates above the server's own.
const MAX_DEPTH: usize = 100;

/// A path: the server's certificate first, the trusted root last.
pub(super) type Path<'a> = Vec<Rc<Parsed<'a>>>;

/// libpq's verdict on a chain as a server presented it, its own certificate first.
pub(super) fn verify(
    presented: &[CertificateDer<'_>],
    roots: &Roots,
    crls: Option<&Crls>,
    now: UnixTime,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<(), ChainError> {
    let presented = parse(presented)?;
    let path = build(&presented, roots, now)?;
    let last = path.len() - 1;
    for (depth, certificate) in path.iter().enumerate() {
        rules::check(certificate, depth, last, now)?;
    }
    check_lengths(&path)?;
    name_constraints::check(&path)?;
    check_signatures(&path, supported)?;
    if let Some(crls) = crls {
        crls.check(&path, now, supported)?;
    }
    compat::consent(&path, now, supported)
}

fn parse<'a>(presented: &'a [CertificateDer<'a>]) -> Result<Path<'a>, ChainError> {
    let malformed = |depth, why| ChainError::Malformed(Place::unnamed(depth, usize::MAX), why);
    if presented.is_empty() {
        return Err(malformed(0, "no certificate was sent".into()));
    }
    presented
        .iter()
        .enumerate()
        .map(|(depth, der)| match Parsed::new(der) {
            Ok(parsed) => Ok(Rc::new(parsed)),
            Err(why) => Err(malformed(depth, why)),
        })
        .collect()
}

/// OpenSSL's `build_chain` with its default flags: at each step a trusted issuer is
/// preferred; once one was taken, only trusted ones count; the path must end in a trusted
/// self-signed certificate; a choice once made is not taken back.
fn build<'a>(
    presented: &[Rc<Parsed<'a>>],
    roots: &'a Roots,
    now: UnixTime,
) -> Result<Path<'a>, ChainError> {
    let mut path = vec![presented[0].clone()];
    let mut in_store = false;
    while path.len() <= MAX_DEPTH {
        let current = path[path.len() - 1].clone();
        let trusted = pick(roots.named(&current.issuer), &current, now);
        if current.is_self_signed() {
            return match trusted {
                Some(root) if root.der == current.der => Ok(path),
                _ => Err(dead_end(&path, roots, in_store)),
            };
        }
        let next = match trusted {
            Some(issuer) => {
                in_store = true;
                Some(issuer)
            }
            None if in_store => None,
            None => pick(unused(presented, &path), &current, now),
        };
        match next {
            Some(issuer) => path.push(issuer),
            None => return Err(dead_end(&path, roots, in_store)),
        }
        if in_store && path[path.len() - 1].is_self_signed() {
            return Ok(path);
        }
    }
    Err(ChainError::Refused(format!(
        "more than {MAX_DEPTH} certificates"
    )))
}

fn unused<'a>(
    presented: &[Rc<Parsed<'a>>],
    path: &[Rc<Parsed<'a>>],
) -> impl Iterator<Item = Rc<Parsed<'a>>> {
    presented
        .iter()
        .filter(|candidate| path.iter().all(|used| used.der != candidate.der))
        .cloned()
}

/// The first candidate that is valid now, or else the last one.
fn pick<'a>(
    candidates: impl Iterator<Item = Rc<Parsed<'a>>>,
    subject: &Parsed<'_>,
    now: UnixTime,
) -> Option<Rc<Parsed<'a>>> {
    let mut choice = None;
    for candidate in candidates.filter(|candidate| subject.is_likely_issued_by(candidate)) {
        let valid = candidate.is_valid_at(now);
        choice = Some(candidate);
        if valid {
            break;
        }
    }
    choice
}

/// Why a path goes no further.
fn dead_end(path: &[Rc<Parsed<'_>>], roots: &Roots, in_store: bool) -> ChainError {
    let depth = path.len() - 1;
    let top = &path[depth];
    let place = Place::presented(depth, top);
    let same_name = roots.named(&top.issuer).next().is_some();
    let issuer = top.issuer_text();
    match top.issuer_url() {
        _ if top.is_self_signed() && depth == 0 => ChainError::SelfSigned { place, same_name },
        _ if top.is_self_signed() => ChainError::UntrustedRoot { place, same_name },
        _ if same_name => ChainError::WrongIssuerKey { place, issuer },
        _ if in_store => ChainError::RootMissing { place, issuer },
        Some(url) => ChainError::IntermediateMissing { place, issuer, url },
        None => ChainError::UnknownIssuer { place, issuer },
    }
}

/// A CA that is not the first one counts the CAs below it, but for self-issued ones.
fn check_lengths(path: &[Rc<Parsed<'_>>]) -> Result<(), ChainError> {
    let mut below = 0;
    for (depth, certificate) in path.iter().enumerate().skip(1) {
        let allowed = certificate
            .basic_constraints()
            .and_then(|constraints| constraints.path_len_constraint);
        if allowed.is_some_and(|allowed| below > allowed) {
            let place = Place::new(depth, path.len() - 1, certificate);
            return Err(ChainError::PathTooLong(place));
        }
        if !certificate.is_self_issued() {
            below += 1;
        }
    }
    Ok(())
}

/// Every signature but the root's own, which would prove nothing.
fn check_signatures(
    path: &[Rc<Parsed<'_>>],
    supported: &WebPkiSupportedAlgorithms,
) -> Result<(), ChainError> {
    for (depth, pair) in path.windows(2).enumerate() {
        let (subject, issuer) = (&pair[0], &pair[1]);
        let place = || Place::new(depth, path.len() - 1, subject);
        signature::verify(
            supported,
            &SubjectPublicKeyInfoDer::from(issuer.x509.public_key().raw),
            subject.signature_algorithm,
            subject.x509.tbs_certificate.as_ref(),
            &subject.x509.signature_value.data,
        )
        .map_err(|error| match error {
            SignatureError::Invalid => ChainError::BadSignature {
                place: place(),
                issuer: subject.issuer_text(),
            },
            SignatureError::Unsupported => ChainError::UnsupportedSignature(
                place(),
                certificate::signature_algorithm_name(&subject.x509),
            ),
        })?;
    }
    Ok(())
}
