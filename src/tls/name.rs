//! Whether a certificate names the host: libpq's rule, and a strict client's.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use rustls::pki_types::{CertificateDer, ServerName};
use webpki::EndEntityCert;
use x509_parser::asn1_rs::{Any, Class, FromDer, Oid, oid};
use x509_parser::certificate::X509Certificate;

use super::inet::{inet_aton, is_ip_address};
use super::strict::{self, StrictRefusal};

/// Where the host's name was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// Among the subject alternative names.
    AlternativeName,
    /// In the subject's common name, where strict clients do not look.
    CommonName,
}

/// Why libpq says that a certificate does not name the host. Names are foreign text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// Only an address was given, no host name to look for.
    NoHost,
    /// None of the certificate's names is the host's.
    Mismatch {
        /// The host that was asked for.
        host: String,
        /// The names that were compared with it.
        presented: Vec<String>,
    },
    /// A name that nobody should have signed: with a NUL byte, or an address that is none.
    BadName(String),
    /// The certificate cannot be read.
    Malformed(String),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("a host name must be given for a verified connection"),
            Self::Mismatch { host, presented } if presented.is_empty() => {
                write!(f, "the certificate has no name to compare with \"{host}\"")
            }
            Self::Mismatch { host, presented } => write!(
                f,
                "the certificate is for {}, not for \"{host}\"",
                list(presented)
            ),
            Self::BadName(name) => {
                write!(f, "the certificate has an impossible name: \"{name}\"")
            }
            Self::Malformed(why) => write!(f, "the certificate cannot be read: {why}"),
        }
    }
}

impl std::error::Error for NameError {}

/// The first names, and how many more there are.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("\"{name}\""))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Both verdicts on one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTrial {
    /// libpq's.
    pub libpq: Result<NameMatch, NameError>,
    /// A strict client's: webpki's, on the name that rustls would be given.
    pub strict: Result<(), StrictRefusal>,
}

impl NameTrial {
    /// Tries the name `host`, as the user gave it; `None` when only an address was given.
    pub fn new(certificate: &CertificateDer<'_>, host: Option<&str>) -> Self {
        match host.filter(|host| !host.is_empty()) {
            None => Self {
                libpq: Err(NameError::NoHost),
                strict: Err(StrictRefusal::without_code("no host name was given")),
            },
            Some(host) => Self {
                libpq: verify(certificate, host),
                strict: verify_strictly(certificate, host),
            },
        }
    }
}

fn verify_strictly(certificate: &CertificateDer<'_>, host: &str) -> Result<(), StrictRefusal> {
    let name = ServerName::try_from(host)
        .map_err(|_| StrictRefusal::without_code("the host is not a name that TLS can ask for"))?;
    EndEntityCert::try_from(certificate)
        .and_then(|leaf| leaf.verify_is_valid_for_subject_name(&name))
        .map_err(|error| strict::refusal(&error))
}

/// libpq's `pgtls_verify_peer_name_matches_certificate_guts`: every DNS name and address
/// is tried, whatever the kind of host; the common name counts only without an
/// alternative name of the host's own kind; a name that is broken ends the search.
fn verify(certificate: &CertificateDer<'_>, host: &str) -> Result<NameMatch, NameError> {
    let (_, x509) = X509Certificate::from_der(certificate)
        .map_err(|error| NameError::Malformed(error.to_string()))?;
    let names = Names::of(&x509);
    for name in &names.alternative {
        if name.is(host)? {
            return Ok(NameMatch::AlternativeName);
        }
    }
    let own_kind_present = if is_ip_address(host) {
        !names.ip.is_empty()
    } else {
        !names.dns.is_empty()
    };
    let mut presented: Vec<String> = names.alternative.iter().map(ToString::to_string).collect();
    if let Some(name) = names.common.filter(|_| !own_kind_present) {
        if name.is(host)? {
            return Ok(NameMatch::CommonName);
        }
        presented.push(name.to_string());
    }
    Err(NameError::Mismatch {
        host: host.to_owned(),
        presented,
    })
}

/// The names in a certificate that may be a host's.
pub(super) struct Names<'a> {
    /// The alternative names that are DNS names or addresses, in order.
    alternative: Vec<Name<'a>>,
    /// The DNS names among them.
    pub(super) dns: Vec<&'a [u8]>,
    /// The addresses among them.
    pub(super) ip: Vec<&'a [u8]>,
    /// The first common name of the subject.
    common: Option<Name<'a>>,
}

#[derive(Clone, Copy)]
enum Name<'a> {
    Dns(&'a [u8]),
    Ip(&'a [u8]),
}

impl<'a> Names<'a> {
    pub(super) fn of(x509: &'a X509Certificate<'_>) -> Self {
        const ALTERNATIVE_NAMES: Oid<'static> = oid!(2.5.29.17);
        let alternative = match x509.get_extension_unique(&ALTERNATIVE_NAMES) {
            Ok(Some(extension)) => alternative_names(extension.value).unwrap_or_default(),
            _ => Vec::new(),
        };
        let (mut dns, mut ip) = (Vec::new(), Vec::new());
        for name in &alternative {
            match name {
                Name::Dns(bytes) => dns.push(*bytes),
                Name::Ip(bytes) => ip.push(*bytes),
            }
        }
        Self {
            alternative,
            dns,
            ip,
            common: x509
                .subject()
                .iter_common_name()
                .next()
                .map(|name| Name::Dns(name.attr_value().data)),
        }
    }
}

/// Read here rather than by the parser, which insists that the names are ASCII.
fn alternative_names(extension: &[u8]) -> Option<Vec<Name<'_>>> {
    let (_, sequence) = Any::from_der(extension).ok()?;
    let mut rest = sequence.data;
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (after, name) = Any::from_der(rest).ok()?;
        rest = after;
        match (name.class(), name.tag().0) {
            (Class::ContextSpecific, 2) => names.push(Name::Dns(name.data)),
            (Class::ContextSpecific, 7) => names.push(Name::Ip(name.data)),
            _ => {}
        }
    }
    Some(names)
}

impl Name<'_> {
    fn is(&self, host: &str) -> Result<bool, NameError> {
        match self {
            Self::Dns(name) if name.contains(&0) => Err(NameError::BadName(self.to_string())),
            Self::Dns(name) => Ok(dns_matches(name, host.as_bytes())),
            Self::Ip(address) => match address.len() {
                4 => Ok(inet_aton(host).is_some_and(|host| host.octets() == *address)),
                16 => Ok(host
                    .parse::<Ipv6Addr>()
                    .is_ok_and(|host| host.octets() == *address)),
                _ => Err(NameError::BadName(self.to_string())),
            },
        }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(&String::from_utf8_lossy(name)),
            Self::Ip(address) => f.write_str(&address_text(address)),
        }
    }
}

/// An address as it stands in a certificate.
pub(super) fn address_text(address: &[u8]) -> String {
    let known = <[u8; 4]>::try_from(address)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(address).map(IpAddr::from));
    match known {
        Ok(address) => address.to_string(),
        Err(_) => format!("an address of {} bytes", address.len()),
    }
}

/// The same but for the case of ASCII letters, or a wildcard `*.` for exactly one label
/// (libpq's `wildcard_certificate_match`).
fn dns_matches(name: &[u8], host: &[u8]) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    if name.len() < 3 || !name.starts_with(b"*.") || name.len() > host.len() {
        return false;
    }
    let label = host.len() + 1 - name.len();
    let first_dot = host.iter().position(|&byte| byte == b'.');
    name[1..].eq_ignore_ascii_case(&host[label..]) && first_dot.is_some_and(|dot| dot + 1 >= label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_exactly_one_label() {
        let matches = |name: &str, host: &str| dns_matches(name.as_bytes(), host.as_bytes());
        for (name, host) in [
            ("db.example", "DB.EXAMPLE"),
            ("*.example", "db.example"),
            ("*.EXAMPLE", "x.example"),
            ("*.example", "*.example"),
        ] {
            assert!(matches(name, host), "{name} {host}");
        }
        for (name, host) in [
            ("*.example", "a.b.example"),
            ("*.example", "example"),
            ("*.example", ".example"),
            ("*", "db"),
            ("*.", "db."),
            ("d*.example", "db.example"),
            ("db.*", "db.example"),
            ("db.example", "db.example."),
        ] {
            assert!(!matches(name, host), "{name} {host}");
        }
    }
}
