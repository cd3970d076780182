//! What OpenSSL asks of a single certificate, by its place in the chain, in its default
//! verification for the purpose of an SSL server at security level 2 (Debian's, and
//! OpenSSL's own default since 3.2). Source: `check_extensions`, `check_purpose_ssl_server`,
//! `check_ca` and `check_auth_level` of OpenSSL 3.0.

use rustls::pki_types::UnixTime;
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::certificate::X509Certificate;

use super::certificate::{Hash, signature_algorithm_name, signature_hash, system_time};
use super::chain_error::{ChainError, Place};
use super::parsed::Parsed;
use super::public_key::KeyKind;

/// Checks one certificate of a path. `depth` counts from the leaf, which is 0.
pub(super) fn check(
    certificate: &Parsed<'_>,
    depth: usize,
    last: usize,
    now: UnixTime,
) -> Result<(), ChainError> {
    let place = || Place::new(depth, last, certificate);
    check_time(certificate, now, place)?;
    if let Some(extension) = unknown_critical_extension(certificate) {
        return Err(ChainError::UnknownCriticalExtension(place(), extension));
    }
    if depth > 0 && !may_issue(certificate, depth == last) {
        return Err(ChainError::NotACa(place()));
    }
    if !is_for_servers(certificate, depth > 0) {
        return Err(ChainError::NotForServers(place()));
    }
    check_strength(certificate, depth == last, place)
}

fn check_time(
    certificate: &Parsed<'_>,
    now: UnixTime,
    place: impl Fn() -> Place,
) -> Result<(), ChainError> {
    let validity = certificate.x509.validity();
    if certificate.is_not_yet_valid_at(now) {
        Err(ChainError::NotYetValid(
            place(),
            system_time(validity.not_before),
        ))
    } else if certificate.is_expired_at(now) {
        Err(ChainError::Expired(
            place(),
            system_time(validity.not_after),
        ))
    } else {
        Ok(())
    }
}

/// The critical extensions that OpenSSL knows (`X509_supported_extension`), but for
/// RFC 3779 addresses and proxy certificates, which it does not take here.
const KNOWN_EXTENSIONS: [Oid<'static>; 10] = [
    oid!(2.16.840.1.113730.1.1), // Netscape certificate type
    oid!(2.5.29.15),             // key usage
    oid!(2.5.29.17),             // subject alternative name
    oid!(2.5.29.19),             // basic constraints
    oid!(2.5.29.30),             // name constraints
    oid!(2.5.29.31),             // CRL distribution points
    oid!(2.5.29.32),             // certificate policies
    oid!(2.5.29.33),             // policy mappings
    oid!(2.5.29.36),             // policy constraints
    oid!(2.5.29.37),             // extended key usage
];
const INHIBIT_ANY_POLICY: Oid<'static> = oid!(2.5.29.54);
const PROXY_CERTIFICATE: Oid<'static> = oid!(1.3.6.1.5.5.7.1.14);

fn unknown_critical_extension(certificate: &Parsed<'_>) -> Option<String> {
    certificate
        .x509
        .iter_extensions()
        .find(|extension| {
            let known =
                KNOWN_EXTENSIONS.contains(&extension.oid) || extension.oid == INHIBIT_ANY_POLICY;
            (extension.critical && !known) || extension.oid == PROXY_CERTIFICATE
        })
        .map(|extension| extension.oid.to_id_string())
}

/// `check_ca`: an intermediate must say that it is a CA; a root may also be one of the
/// old kinds that cannot say so.
fn may_issue(certificate: &Parsed<'_>, root: bool) -> bool {
    let key_usage = certificate.key_usage();
    if key_usage.is_some_and(|usage| !usage.key_cert_sign()) {
        return false;
    }
    match certificate.basic_constraints() {
        Some(constraints) => constraints.ca,
        None if !root => false,
        None => {
            (certificate.is_v1() && certificate.is_self_signed())
                || key_usage.is_some()
                || certificate
                    .netscape_type()
                    .is_some_and(|kind| kind.ssl_ca())
        }
    }
}

/// `check_purpose_ssl_server`, without the server-gated cryptography of the nineties.
fn is_for_servers(certificate: &Parsed<'_>, issuer: bool) -> bool {
    let extended = certificate
        .extended_key_usage()
        .is_none_or(|usage| usage.server_auth);
    let own_use = issuer
        || (certificate.key_usage().is_none_or(|usage| {
            usage.digital_signature() || usage.key_encipherment() || usage.key_agreement()
        }) && certificate
            .netscape_type()
            .is_none_or(|kind| kind.ssl_server()));
    extended && own_use
}

/// Security level 2: 112 bits for every key, and for every signature but the root's.
fn check_strength(
    certificate: &Parsed<'_>,
    root: bool,
    place: impl Fn() -> Place,
) -> Result<(), ChainError> {
    let key = KeyKind::of(&certificate.x509);
    if is_weak_key(&key) {
        return Err(ChainError::WeakKey(place(), key.to_string()));
    }
    if !root && is_weak_signature(&certificate.x509) {
        let algorithm = signature_algorithm_name(&certificate.x509);
        return Err(ChainError::WeakSignature(place(), algorithm));
    }
    Ok(())
}

pub(super) fn is_weak_key(key: &KeyKind) -> bool {
    let least = if key.algorithm.starts_with("RSA") {
        2048
    } else {
        224
    };
    key.bits.is_some_and(|bits| bits < least)
}

pub(super) fn is_weak_signature(x509: &X509Certificate<'_>) -> bool {
    matches!(
        signature_hash(&x509.signature_algorithm),
        Some(Hash::Md5 | Hash::Sha1)
    )
}
