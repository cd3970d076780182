//! The URI form of a connection string.
//!
//! `postgresql://[user[:password]@][host][:port][,…][/dbname][?keyword=value&…]`, read as
//! by libpq's `conninfo_uri_parse_options`. It is not quite RFC 3986: `+` and `#` stand
//! for themselves, several hosts are separated by commas, and a user part is looked for
//! up to the first `/`, a question mark notwithstanding.

use super::given::{Given, integer};
use super::parameters::{index, nearest, unknown};
use super::{Error, Origin};

/// What a connection URI begins with.
pub(crate) const PREFIXES: [&str; 2] = ["postgresql://", "postgres://"];

/// The text after the prefix, if `text` is a connection URI.
pub(crate) fn strip_prefix(text: &str) -> Option<&str> {
    PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix))
}

/// Reads what follows the prefix.
pub(crate) fn parse(rest: &str, origin: &Origin) -> Result<Given, Error> {
    let parts = Parts::split(rest)?;
    let given = parts.read(origin)?;
    parts.refuse_misread_password(&given)?;
    Ok(given)
}

const PERCENT_ENCODE: &str = "if the password contains @ / : ? # or %, percent-encode them \
                              (@ is %40, / is %2F, : is %3A, ? is %3F, # is %23, % is %25)";

/// The URI taken apart, nothing decoded yet.
struct Parts<'a> {
    user: Option<&'a str>,
    password: Option<&'a str>,
    host: String,
    port: String,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn split(rest: &'a str) -> Result<Self, Error> {
        let (credentials, rest) = split_credentials(rest);
        let (user, password) = match credentials.map(|c| c.split_once(':').ok_or(c)) {
            None => (None, None),
            Some(Ok((user, password))) => (Some(user), Some(password)),
            Some(Err(user)) => (Some(user), None),
        };
        let (host, port, rest) = split_hosts(rest)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self {
            user,
            password,
            host,
            port,
            path: path.strip_prefix('/').unwrap_or(path),
            query,
        })
    }

    fn read(&self, origin: &Origin) -> Result<Given, Error> {
        let mut given = Given::default();
        for (keyword, part) in [
            ("user", self.user.unwrap_or_default()),
            ("password", self.password.unwrap_or_default()),
            ("host", &self.host),
            ("port", &self.port),
            ("dbname", self.path),
        ] {
            if part.is_empty() {
                continue; // libpq leaves it unset, so that the environment's value counts
            }
            let value = decode(part).map_err(|wrong| wrong.of(keyword))?;
            store(&mut given, keyword, value, origin)?;
        }
        self.read_query(&mut given, origin)?;
        Ok(given)
    }

    fn read_query(&self, given: &mut Given, origin: &Origin) -> Result<(), Error> {
        // A trailing `&` is allowed, an empty parameter between two is not.
        let query = self.query.strip_suffix('&').unwrap_or(self.query);
        if self.query.is_empty() {
            return Ok(());
        }
        for pair in query.split('&') {
            let (keyword, value) = self.split_pair(pair)?;
            let keyword = decode(keyword).map_err(|wrong| wrong.of("query"))?;
            let value = decode(value).map_err(|wrong| wrong.of(nameable(&keyword)))?;
            match (keyword.as_str(), value.as_str()) {
                // For the benefit of URIs written for JDBC.
                ("ssl", "true") => store(given, "sslmode", "require".to_owned(), origin)?,
                _ => store(given, &keyword, value, origin)
                    .map_err(|error| self.unknown(&keyword, error))?,
            }
        }
        Ok(())
    }

    fn split_pair<'q>(&self, pair: &'q str) -> Result<(&'q str, &'q str), Error> {
        let Some((keyword, value)) = pair.split_once('=') else {
            let help = "the query has the form ?keyword=value&keyword=value";
            return Err(self.error("a query parameter of the URI has no \"=\"", help));
        };
        if value.contains('=') {
            let help = "write %3D for a \"=\" in a value, and \"&\" between two parameters";
            return Err(self.error("a query parameter of the URI has a second \"=\"", help));
        }
        Ok((keyword, value))
    }

    fn error(&self, what: &str, help: &str) -> Error {
        let suspect = self.suspect();
        Error::new(what).help(if suspect { PERCENT_ENCODE } else { help })
    }

    /// Leaves the name of an unknown parameter out if it may be a piece of a password.
    fn unknown(&self, keyword: &str, named: Error) -> Error {
        match self.suspect() && nearest(keyword).is_none() {
            true => self.error("the URI's query has an unknown parameter", PERCENT_ENCODE),
            false => named,
        }
    }

    /// Whether parts of an unescaped password may have been taken for something else, so
    /// that no error may quote them.
    fn suspect(&self) -> bool {
        let later = [self.host.as_str(), &self.port, self.path, self.query];
        let hostless = self.password.is_some() && self.host.is_empty();
        hostless || !self.has_numeric_ports() || later.iter().any(|part| part.contains('@'))
    }

    fn has_numeric_ports(&self) -> bool {
        let numeric = |port: &str| port.is_empty() || integer(port).is_some();
        decode(&self.port).is_ok_and(|ports| ports.split(',').all(numeric))
    }

    /// Refuses what libpq would read as another host or database than was meant, because
    /// showing that, or looking it up in the DNS, gives parts of the password away.
    fn refuse_misread_password(&self, given: &Given) -> Result<(), Error> {
        let misread = |what: &str| Err(Error::new(what).help(PERCENT_ENCODE));
        if given.text("host").is_some_and(|host| host.contains('@')) {
            return misread("the host that this URI names contains an \"@\"");
        }
        if !self.has_numeric_ports() {
            return misread("what follows the \":\" after the host is not a port number");
        }
        let after_at = self.path.split_once('@').map(|(_, after)| after);
        if after_at.is_some_and(|after| after.contains('/')) {
            return misread("the database that this URI names contains \"@\" and \"/\"");
        }
        Ok(())
    }
}

/// Cuts `user:password` off, looked for up to the first `/` as by libpq.
fn split_credentials(rest: &str) -> (Option<&str>, &str) {
    match rest.find(['@', '/']) {
        Some(end) if rest[end..].starts_with('@') => (Some(&rest[..end]), &rest[end + 1..]),
        _ => (None, rest),
    }
}

/// Cuts the hosts and ports off: two lists with commas, and the rest of the URI.
fn split_hosts(mut rest: &str) -> Result<(String, String, &str), Error> {
    let (mut hosts, mut ports) = (String::new(), String::new());
    loop {
        let (host, after) = split_host(rest)?;
        hosts.push_str(host);
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            let (port, after) = split_at_any(after, &['/', '?', ',']);
            ports.push_str(port);
            rest = after;
        }
        let Some(after) = rest.strip_prefix(',') else {
            return Ok((hosts, ports, rest));
        };
        hosts.push(',');
        ports.push(',');
        rest = after;
    }
}

fn split_host(rest: &str) -> Result<(&str, &str), Error> {
    let Some(bracketed) = rest.strip_prefix('[') else {
        return Ok(split_at_any(rest, &[':', '/', '?', ',']));
    };
    let (address, after) = bracketed
        .split_once(']')
        .ok_or_else(|| Error::new("the \"[\" before an IPv6 address has no \"]\" after it"))?;
    if address.is_empty() {
        return Err(Error::new(
            "there is no IPv6 address between \"[\" and \"]\"",
        ));
    }
    if !after.is_empty() && !after.starts_with([':', '/', '?', ',']) {
        return Err(
            Error::new("something other than a port follows the IPv6 address in brackets")
                .help("after \"]\" comes \":\" and a port, \"/\" and a database, or the end"),
        );
    }
    Ok((address, after))
}

fn split_at_any<'a>(text: &'a str, ends: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn store(given: &mut Given, keyword: &str, value: String, origin: &Origin) -> Result<(), Error> {
    let (keyword, value) = requiressl(keyword, value);
    let stored = given.set(&keyword, value, origin);
    stored.ok_or_else(|| unknown(&keyword))
}

/// The name libpq had for `sslmode` before 8.0 still works.
pub(crate) fn requiressl(keyword: &str, value: String) -> (String, String) {
    if keyword != "requiressl" {
        return (keyword.to_owned(), value);
    }
    let mode = if value.starts_with('1') {
        "require"
    } else {
        "prefer"
    };
    ("sslmode".to_owned(), mode.to_owned())
}

/// A keyword as it may appear in an error: known ones only.
fn nameable(keyword: &str) -> &str {
    match index(keyword) {
        Some(_) => keyword,
        None => "query",
    }
}

/// Why a part of a URI cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Undecodable {
    BadToken,
    Nul,
    Space,
    NotUtf8,
}

impl Undecodable {
    fn of(self, part: &str) -> Error {
        let what = match self {
            Self::BadToken => "a \"%\" without two hexadecimal digits after it",
            Self::Nul => "the forbidden %00",
            Self::Space => "a space",
            Self::NotUtf8 => "percent-encoded bytes that are not UTF-8",
        };
        let help = match self {
            Self::BadToken => "write %25 for a \"%\"",
            Self::Nul => "PostgreSQL has no values with a zero byte",
            Self::Space => "write %20 for a space",
            Self::NotUtf8 => "percent-encode the UTF-8 form of the text",
        };
        Error::new(format!("the URI's {part} has {what}")).help(help)
    }
}

/// Decodes percent-encoding; spaces around the text are dropped, as libpq does since 17.
fn decode(text: &str) -> Result<String, Undecodable> {
    let text = text.trim_matches(' ');
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b' ' => return Err(Undecodable::Space),
            b'%' => bytes.push(hex_pair(rest.next(), rest.next())?),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| Undecodable::NotUtf8)
}

fn hex_pair(high: Option<u8>, low: Option<u8>) -> Result<u8, Undecodable> {
    let digit = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
    let (Some(high), Some(low)) = (digit(high), digit(low)) else {
        return Err(Undecodable::BadToken);
    };
    match high * 16 + low {
        0 => Err(Undecodable::Nul),
        byte => Ok(byte.to_le_bytes()[0]),
    }
}
