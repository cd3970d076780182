//! Name constraints: the parts of OpenSSL's check that webpki leaves out.

use std::rc::Rc;

use x509_parser::extensions::{GeneralName, NameConstraints, ParsedExtension};

use super::chain_error::ChainError;
use super::distinguished_name::text;
use super::name::Names;
use super::parsed::Parsed;

/// The common name counts as a DNS name where there is no other (OpenSSL's
/// `NAME_CONSTRAINTS_check_CN`), and constraints of kinds that webpki does not apply may
/// not meet names of those kinds.
pub(super) fn check_what_webpki_leaves_out(path: &[Rc<Parsed<'_>>]) -> Result<(), ChainError> {
    let constraints = path
        .iter()
        .flat_map(|certificate| certificate.x509.iter_extensions())
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::NameConstraints(constraints) => Some(constraints),
            _ => None,
        });
    for constraints in constraints {
        check_kinds(constraints, path)?;
        check_common_names(constraints, &path[0])?;
    }
    Ok(())
}

fn check_kinds(
    constraints: &NameConstraints<'_>,
    path: &[Rc<Parsed<'_>>],
) -> Result<(), ChainError> {
    for base in bases(constraints.permitted_subtrees.as_ref())
        .chain(bases(constraints.excluded_subtrees.as_ref()))
    {
        let problem = match base {
            GeneralName::DNSName(_) | GeneralName::IPAddress(_) | GeneralName::DirectoryName(_) => {
                None
            }
            GeneralName::RFC822Name(_) if !path.iter().any(|c| has_email(c)) => None,
            GeneralName::RFC822Name(_) => Some("on mail addresses, which the chain has"),
            GeneralName::URI(_) if !path.iter().any(|c| has_uri(c)) => None,
            GeneralName::URI(_) => Some("on URIs, which the chain has"),
            _ => Some("of a kind that is not supported"),
        };
        if let Some(problem) = problem {
            return Err(ChainError::NameConstraints(problem.into()));
        }
    }
    Ok(())
}

fn bases<'a>(
    subtrees: Option<&'a Vec<x509_parser::extensions::GeneralSubtree<'a>>>,
) -> impl Iterator<Item = &'a GeneralName<'a>> {
    subtrees.into_iter().flatten().map(|subtree| &subtree.base)
}

fn has_email(certificate: &Parsed<'_>) -> bool {
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

fn check_common_names(
    constraints: &NameConstraints<'_>,
    leaf: &Parsed<'_>,
) -> Result<(), ChainError> {
    if !Names::of(&leaf.x509).dns.is_empty() {
        return Ok(());
    }
    let names = leaf.x509.subject().iter_common_name();
    for name in names.filter_map(|name| text(name.attr_value())) {
        if looks_like_a_host(&name) && !allows(constraints, &name) {
            return Err(ChainError::NameConstraints(format!(
                "they do not allow the common name \"{name}\""
            )));
        }
    }
    Ok(())
}

/// OpenSSL's `cn2dnsid`, on the cautious side: at least two labels of letters, digits,
/// hyphens and underscores.
fn looks_like_a_host(name: &str) -> bool {
    name.contains('.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '\0'))
}

fn allows(constraints: &NameConstraints<'_>, name: &str) -> bool {
    let within = |base: &GeneralName<'_>| match base {
        GeneralName::DNSName(base) => Some(is_within(name, base)),
        _ => None,
    };
    let permitted: Vec<bool> = bases(constraints.permitted_subtrees.as_ref())
        .filter_map(within)
        .collect();
    let excluded = bases(constraints.excluded_subtrees.as_ref())
        .filter_map(within)
        .any(|within| within);
    !excluded && (permitted.is_empty() || permitted.contains(&true))
}

/// OpenSSL's `nc_dns`.
fn is_within(name: &str, base: &str) -> bool {
    let (name, base) = (name.to_ascii_lowercase(), base.to_ascii_lowercase());
    match name.strip_suffix(&base) {
        Some("") => true,
        Some(rest) => base.is_empty() || base.starts_with('.') || rest.ends_with('.'),
        None => false,
    }
}
