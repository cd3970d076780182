//! What a target looks like: telling the forms apart, and lists of targets, one a line.

use super::given::Given;
use super::parameters::index;
use super::{Environment, Error, Origin, keyword_value, uri};

const FORMS: &str = "a target is a URI, postgresql://user@host:5432/dbname?sslmode=verify-full, \
                     or keywords with values, host=… port=… dbname=… user=…";

/// Whether a text that should be something else, the name of a variable for instance, looks
/// like a target, so that it may hold a password and is not to be quoted.
pub fn names_a_target(text: &str) -> bool {
    text.contains("://") || text.contains("password=")
}

/// Reads a target in one of the two forms.
pub(crate) fn parse(
    text: &str,
    origin: &Origin,
    environment: &Environment,
) -> Result<Given, Error> {
    let read = || {
        if text.contains('\0') {
            return Err(Error::new("the target has a zero byte in it"));
        }
        if let Some(rest) = uri::strip_prefix(text) {
            return uri::parse(rest, origin);
        }
        refuse_lookalike(text, environment)?;
        keyword_value::parse(text, origin)
    };
    read().map_err(|error| error.at(origin))
}

/// Refuses what is meant as a target but is in neither form, with what would help.
fn refuse_lookalike(text: &str, environment: &Environment) -> Result<(), Error> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(Error::new("the target is empty").help(format!(
            "is the variable set that it was to come from? {FORMS}"
        )));
    }
    if uri::strip_prefix(trimmed).is_some() {
        return Err(Error::new("there is white space before the URI").help("remove it"));
    }
    if let Some(quote) = trimmed.chars().next().filter(|c| "'\"`".contains(*c)) {
        return Err(
            Error::new(format!("the target begins with a quotation mark ({quote})")).help(
                "remove the quotes; a shell does so itself, files for Docker's --env-file do not",
            ),
        );
    }
    if let Some(scheme) = scheme(trimmed) {
        return Err(other_scheme(scheme));
    }
    if text.contains('=') {
        return Ok(());
    }
    if matches!(environment.variable(text), Ok(Some(_))) {
        return Err(
            Error::new("the target is the name of an environment variable").help(format!(
                "use --env {text} to check the target that it holds"
            )),
        );
    }
    Err(Error::new("the target is neither a URI nor keywords with values").help(FORMS))
}

/// The scheme, if the text begins like a URI: letters, digits and `+-.`, then `:`.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let valid = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let begins = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    (begins && scheme.chars().all(valid)).then_some(scheme)
}

fn other_scheme(scheme: &str) -> Error {
    let folded = scheme.to_ascii_lowercase();
    let error = |what: &str| Error::new(what);
    match folded.as_str() {
        "postgresql" | "postgres" => error("the URI does not begin with postgresql://")
            .help("write postgresql:// in small letters and with two slashes"),
        "jdbc" => error("this is a JDBC URL").help(
            "remove jdbc:, and put the user and the password before the host: \
             postgresql://user:password@host/dbname",
        ),
        _ if folded.starts_with("postgres") => {
            error("the URI's scheme names a driver, which libpq does not know")
                .help("remove what stands between postgresql and ://")
        }
        "mysql" | "mariadb" | "mongodb" | "redis" | "rediss" | "sqlite" | "sqlserver"
        | "mysql2" | "mssql" | "amqp" | "http" | "https" => {
            error("the URI is not one of PostgreSQL").help(format!(
                "it begins with {folded}:, a PostgreSQL URI with postgresql://"
            ))
        }
        _ => error("the target begins like a URI, but not with postgresql://").help(FORMS),
    }
}

/// A line of a list of targets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// The name before the target.
    pub name: Option<&'a str>,
    /// The target itself.
    pub target: &'a str,
}

/// The targets of a list: one a line, comments and empty lines left out.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let numbered = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim()));
    let targets = numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    targets.map(|(number, line)| {
        let (name, target) = split_name(line);
        Line {
            number,
            name,
            target,
        }
    })
}

/// Cuts `name = ` off: something before an `=` that is not itself a target's keyword, and
/// a whole target after it.
fn split_name(line: &str) -> (Option<&str>, &str) {
    let Some((name, target)) = line.split_once('=') else {
        return (None, line);
    };
    let (name, target) = (name.trim(), target.trim());
    let is_word =
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "/:?@'".contains(c));
    let is_uri = uri::strip_prefix(target).is_some();
    let first_keyword = target.split_once('=').map(|(keyword, _)| keyword.trim());
    let is_keyword_value =
        index(name).is_none() && first_keyword.is_some_and(|k| index(k).is_some());
    match is_word && (is_uri || is_keyword_value) {
        true => (Some(name), target),
        false => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_a_keyword() {
        for (line, expected) in [
            ("shop = postgresql://db", (Some("shop"), "postgresql://db")),
            (
                "shop=postgres://db?a=b",
                (Some("shop"), "postgres://db?a=b"),
            ),
            ("host = postgresql://db", (Some("host"), "postgresql://db")),
            ("shop = host=db port=1", (Some("shop"), "host=db port=1")),
            ("host = db", (None, "host = db")),
            ("host=db dbname=shop", (None, "host=db dbname=shop")),
            ("hots=db dbname=shop", (None, "hots=db dbname=shop")),
            (
                "postgresql://db?sslmode=require",
                (None, "postgresql://db?sslmode=require"),
            ),
        ] {
            assert_eq!(split_name(line), expected, "{line}");
        }
    }
}
