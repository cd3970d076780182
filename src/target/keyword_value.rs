//! The keyword/value form of a connection string: `host=db dbname='my shop'`, read as by
//! libpq's `conninfo_parse`.

use super::given::{Given, is_space};
use super::parameters::{TABLE, index, nearest, unknown};
use super::uri::requiressl;
use super::{Error, Origin};

const QUOTE: &str = "put a value with spaces between single quotes, and a backslash before \
                     a quote or a backslash in it: password='it\\'s secret'";

/// Reads the whole text.
pub(crate) fn parse(text: &str, origin: &Origin) -> Result<Given, Error> {
    let mut given = Given::default();
    let mut after_secret = false;
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (keyword, after) = split_keyword(rest, after_secret)?;
        let (value, after) = split_value(after)?;
        let (keyword, value) = requiressl(keyword, value);
        let stored = given.set(&keyword, value, origin);
        stored.ok_or_else(|| unknown_after(&keyword, after_secret))?;
        after_secret = index(&keyword).is_some_and(|index| TABLE[index].secret);
        rest = after.trim_start_matches(is_space);
    }
    Ok(given)
}

/// What follows a password without quotes may be the rest of it: it is not shown.
fn unknown_after(keyword: &str, after_secret: bool) -> Error {
    match after_secret && nearest(keyword).is_none() {
        true => Error::new("what follows a password is not a parameter (not shown)").help(QUOTE),
        false => unknown(keyword),
    }
}

/// The keyword, and what follows its `=`.
fn split_keyword(rest: &str, after_secret: bool) -> Result<(&str, &str), Error> {
    let end = rest.find(|c| c == '=' || is_space(c)).unwrap_or(rest.len());
    let (keyword, after) = rest.split_at(end);
    let Some(after) = after.trim_start_matches(is_space).strip_prefix('=') else {
        let what = match index(keyword) {
            Some(_) if !after_secret => format!("missing \"=\" after {keyword}"),
            _ => "missing \"=\" after a word that is no value either".to_owned(),
        };
        return Err(Error::new(what).help(QUOTE));
    };
    Ok((keyword, after.trim_start_matches(is_space)))
}

/// The value, its quotes and backslashes resolved, and what follows it.
fn split_value(rest: &str) -> Result<(String, &str), Error> {
    let (quoted, rest) = match rest.strip_prefix('\'') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut value = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &rest[at + 1..])),
            _ if !quoted && is_space(c) => return Ok((value, &rest[at..])),
            _ => value.push(c),
        }
    }
    match quoted {
        true => Err(Error::new("a quoted value does not end").help(QUOTE)),
        false => Ok((value, "")),
    }
}
