//! The target as one URI, without its secrets.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ParameterValue, Target};

/// What need not be encoded anywhere in a URI (RFC 3986, section 2.3), and a few
/// characters that are common in paths and addresses and have no meaning in a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// What must be encoded in a query value.
pub(crate) const ENCODED_IN_QUERY: &AsciiSet = &ENCODED.remove(b'/').remove(b':');

impl Target {
    /// The target as a normalised URI: all hosts, the user, the database and the other
    /// parameters that were given. Passwords and passphrases are left out.
    pub fn uri(&self) -> String {
        let hosts: Vec<String> = (self.hosts.iter())
            .map(|host| format!("{}:{}", authority(&host.name()), host.port))
            .collect();
        let query: Vec<String> = (self.given.iter())
            .filter(|p| !matches!(p.keyword, "host" | "hostaddr" | "port" | "user" | "dbname"))
            .filter_map(|parameter| match &parameter.value {
                ParameterValue::Plain(value) => {
                    let value = utf8_percent_encode(value, ENCODED_IN_QUERY);
                    Some(format!("{}={value}", parameter.keyword))
                }
                ParameterValue::Secret(_) => None,
            })
            .collect();
        format!(
            "postgresql://{}@{}/{}{}{}",
            utf8_percent_encode(&self.user, ENCODED),
            hosts.join(","),
            utf8_percent_encode(&self.dbname, ENCODED),
            if query.is_empty() { "" } else { "?" },
            query.join("&")
        )
    }
}

/// A host as it stands in a URI.
fn authority(name: &str) -> String {
    if name.contains(':') {
        format!("[{name}]")
    } else {
        utf8_percent_encode(name, ENCODED).to_string()
    }
}
