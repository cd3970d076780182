//! Name constraints, as OpenSSL applies them (`check_name_constraints`): to the DNS
//! names, addresses and subjects of everything below the CA that has them. Constraints
//! of other kinds may not meet names of those kinds.

use std::rc::Rc;

use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints, ParsedExtension};

use super::chain_error::ChainError;
use super::distinguished_name::{CanonicalName, text};
use super::name::Names;
use super::parsed::Parsed;

/// Checks every certificate of a path against the constraints above it. Self-issued CAs
/// are exempt.
pub(super) fn check(path: &[Rc<Parsed<'_>>]) -> Result<(), ChainError> {
    for (depth, certificate) in path.iter().enumerate() {
        if depth > 0 && certificate.is_self_issued() {
            continue;
        }
        for constraints in path[depth + 1..].iter().filter_map(|above| of(above)) {
            check_certificate(constraints, certificate)?;
            if depth == 0 {
                check_common_names(constraints, certificate)?;
            }
        }
    }
    Ok(())
}

/// Whether any of the path's constraints is on directory names.
pub(super) fn has_directory_names(path: &[Rc<Parsed<'_>>]) -> bool {
    path.iter()
        .filter_map(|certificate| of(certificate))
        .flat_map(all_bases)
        .any(|base| matches!(base, GeneralName::DirectoryName(_)))
}

fn of<'a>(certificate: &'a Parsed<'_>) -> Option<&'a NameConstraints<'a>> {
    certificate
        .x509
        .iter_extensions()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::NameConstraints(constraints) => Some(constraints),
            _ => None,
        })
}

fn bases<'a>(
    subtrees: &'a Option<Vec<GeneralSubtree<'a>>>,
) -> impl Iterator<Item = &'a GeneralName<'a>> {
    subtrees.iter().flatten().map(|subtree| &subtree.base)
}

fn all_bases<'a>(
    constraints: &'a NameConstraints<'a>,
) -> impl Iterator<Item = &'a GeneralName<'a>> {
    bases(&constraints.permitted_subtrees).chain(bases(&constraints.excluded_subtrees))
}

/// Whether a name lies within a constraint; `None` when they are of different kinds.
type Within<'a> = &'a dyn Fn(&GeneralName<'_>) -> Option<bool>;

fn allows(constraints: &NameConstraints<'_>, within: Within<'_>) -> bool {
    let mut permitted = bases(&constraints.permitted_subtrees)
        .filter_map(within)
        .peekable();
    let excluded = bases(&constraints.excluded_subtrees)
        .filter_map(within)
        .any(|within| within);
    !excluded && (permitted.peek().is_none() || permitted.any(|within| within))
}

fn check_certificate(
    constraints: &NameConstraints<'_>,
    certificate: &Parsed<'_>,
) -> Result<(), ChainError> {
    check_kinds(constraints, certificate)?;
    let names = Names::of(&certificate.x509);
    let dns = (names.dns.iter()).all(|name| {
        allows(constraints, &|base| match base {
            GeneralName::DNSName(base) => Some(is_below(name, base)),
            _ => None,
        })
    });
    let ip = (names.ip.iter()).all(|address| {
        allows(constraints, &|base| match base {
            GeneralName::IPAddress(base) => Some(is_in_network(address, base)),
            _ => None,
        })
    });
    let subject = certificate.x509.subject().iter_rdn().next().is_none()
        || allows(constraints, &|base| match base {
            GeneralName::DirectoryName(base) => {
                Some(certificate.subject.starts_with(&CanonicalName::of(base)))
            }
            _ => None,
        });
    match [
        (dns, "a DNS name"),
        (ip, "an address"),
        (subject, "the subject"),
    ]
    .iter()
    .find(|(allowed, _)| !allowed)
    {
        Some((_, kind)) => Err(ChainError::NameConstraints(format!(
            "{kind} of \"{}\" is outside of what they allow",
            certificate.subject_text()
        ))),
        None => Ok(()),
    }
}

fn check_kinds(
    constraints: &NameConstraints<'_>,
    certificate: &Parsed<'_>,
) -> Result<(), ChainError> {
    let problem = all_bases(constraints).find_map(|base| match base {
        GeneralName::DNSName(_) | GeneralName::IPAddress(_) | GeneralName::DirectoryName(_) => None,
        GeneralName::RFC822Name(_) if !has_mail(certificate) => None,
        GeneralName::URI(_) if !has_uri(certificate) => None,
        GeneralName::RFC822Name(_) => Some("on mail addresses are not supported"),
        GeneralName::URI(_) => Some("on URIs are not supported"),
        _ => Some("are of a kind that is not supported"),
    });
    problem.map_or(Ok(()), |problem| {
        Err(ChainError::NameConstraints(problem.into()))
    })
}

fn has_mail(certificate: &Parsed<'_>) -> bool {
    certificate.x509.subject().iter_email().next().is_some()
        || alternative_names(certificate).any(|name| matches!(name, GeneralName::RFC822Name(_)))
}

fn has_uri(certificate: &Parsed<'_>) -> bool {
    alternative_names(certificate).any(|name| matches!(name, GeneralName::URI(_)))
}

fn alternative_names<'a>(certificate: &'a Parsed<'a>) -> impl Iterator<Item = &'a GeneralName<'a>> {
    certificate
        .x509
        .iter_extensions()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
            _ => None,
        })
        .flatten()
}

/// Without a DNS name, the common names that look like one count as such
/// (`NAME_CONSTRAINTS_check_CN`).
fn check_common_names(
    constraints: &NameConstraints<'_>,
    leaf: &Parsed<'_>,
) -> Result<(), ChainError> {
    if !Names::of(&leaf.x509).dns.is_empty() {
        return Ok(());
    }
    let names = leaf.x509.subject().iter_common_name();
    let outside = names
        .filter_map(|name| text(name.attr_value()))
        .find(|name| {
            looks_like_a_host(name)
                && !allows(constraints, &|base| match base {
                    GeneralName::DNSName(base) => Some(is_below(name.as_bytes(), base)),
                    _ => None,
                })
        });
    match outside {
        Some(name) => Err(ChainError::NameConstraints(format!(
            "the common name \"{name}\" is outside of what they allow"
        ))),
        None => Ok(()),
    }
}

/// OpenSSL's `cn2dnsid`, on the cautious side: at least two labels of letters, digits,
/// hyphens and underscores.
fn looks_like_a_host(name: &str) -> bool {
    name.contains('.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '\0'))
}

/// `nc_dns`: the base itself, or a name below it.
fn is_below(name: &[u8], base: &str) -> bool {
    let base = base.as_bytes();
    let Some(rest) = name.len().checked_sub(base.len()) else {
        return false;
    };
    let (rest, end) = name.split_at(rest);
    end.eq_ignore_ascii_case(base)
        && (rest.is_empty() || base.is_empty() || base[0] == b'.' || rest.ends_with(b"."))
}

/// `nc_ip`: the base is a network and its mask.
fn is_in_network(address: &[u8], base: &[u8]) -> bool {
    let (network, mask) = base.split_at(base.len() / 2);
    address.len() == network.len()
        && network.len() == mask.len()
        && (address.iter().zip(network).zip(mask)).all(|((a, n), m)| (a ^ n) & m == 0)
}
