//! The parameters that were given: at most one value for each keyword.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::error::quoted;
use super::parameters::{self, TABLE};
use super::{Choice, Error, Origin, Parameter, ParameterValue};
use crate::secret::Secret;

/// Values by their parameter's place in the table, each with its origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given(BTreeMap<usize, Parameter>);

impl Given {
    /// Takes a value in place of the former one. `None`: there is no such parameter.
    #[must_use]
    pub fn set(&mut self, keyword: &str, value: String, origin: &Origin) -> Option<()> {
        let index = parameters::index(keyword)?;
        let known = &TABLE[index];
        let value = match known.secret {
            true => ParameterValue::Secret(Secret::new(value)),
            false => ParameterValue::Plain(value),
        };
        let parameter = Parameter {
            keyword: known.keyword,
            value,
            origin: origin.clone(),
        };
        self.0.insert(index, parameter);
        Some(())
    }

    /// Takes the values of `other` in place of the former ones.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Takes the values of `other` for the parameters that have none.
    pub fn complete(&mut self, other: Self) {
        for (index, parameter) in other.0 {
            self.0.entry(index).or_insert(parameter);
        }
    }

    /// Forgets a parameter.
    pub fn remove(&mut self, keyword: &str) {
        if let Some(index) = parameters::index(keyword) {
            self.0.remove(&index);
        }
    }

    /// The parameter, if it was given.
    pub fn get(&self, keyword: &str) -> Option<&Parameter> {
        self.0.get(&parameters::index(keyword)?)
    }

    /// All, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.0.values()
    }

    /// The value, if it was given and is not secret; it may be empty.
    pub fn text(&self, keyword: &str) -> Option<&str> {
        match &self.get(keyword)?.value {
            ParameterValue::Plain(text) => Some(text),
            ParameterValue::Secret(_) => None,
        }
    }

    /// The value, unless it is empty, which for most parameters means "the default".
    pub fn nonempty(&self, keyword: &str) -> Option<&str> {
        self.text(keyword).filter(|text| !text.is_empty())
    }

    /// The secret value, unless it is empty.
    pub fn secret(&self, keyword: &str) -> Option<&Secret> {
        match &self.get(keyword)?.value {
            ParameterValue::Secret(secret) if !secret.expose().is_empty() => Some(secret),
            _ => None,
        }
    }

    /// The value as one of the fixed spellings. An empty value is none of them.
    pub fn choice<C: Choice>(&self, keyword: &str) -> Result<Option<C>, Error> {
        let Some(text) = self.text(keyword) else {
            return Ok(None);
        };
        let found = C::parse(text).ok_or_else(|| self.invalid(keyword, text).help_one_of::<C>())?;
        Ok(Some(found))
    }

    /// The value as an integer. An empty value is none.
    pub fn integer(&self, keyword: &str) -> Result<Option<i32>, Error> {
        let Some(text) = self.text(keyword) else {
            return Ok(None);
        };
        let number = integer(text).ok_or_else(|| {
            self.invalid(keyword, text)
                .help("it takes a whole number, without a unit")
        })?;
        Ok(Some(number))
    }

    /// The error for a value that the parameter does not take.
    pub fn invalid(&self, keyword: &str, value: &str) -> Error {
        match self.get(keyword) {
            Some(parameter) => Error::value(keyword, value, &parameter.origin),
            None => Error::new(format!("invalid {keyword} value: {}", quoted(value))),
        }
    }
}

impl Error {
    /// Adds the spellings that are allowed.
    pub(crate) fn help_one_of<C: Choice>(self) -> Self {
        self.help(format!("it is one of {}", C::names().join(", ")))
    }
}

/// A decimal integer as libpq reads it: blanks around it and a sign are allowed, and it
/// fits 32 bits (`pqParseIntParam`).
pub(crate) fn integer(text: &str) -> Option<i32> {
    let digits = text.trim_matches(is_space);
    match digits.strip_prefix('+') {
        Some(rest) if rest.starts_with(['+', '-']) => None,
        Some(rest) => i32::from_str(rest).ok(),
        None => i32::from_str(digits).ok(),
    }
}

/// C's `isspace` in the C locale, which has one character more than ASCII whitespace in
/// Rust: the vertical tab.
pub(crate) fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_by_strtol_with_blanks_around_them() {
        for (text, expected) in [
            ("10", Some(10)),
            (" \t10\n\x0b", Some(10)),
            ("+10", Some(10)),
            ("-1", Some(-1)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("", None),
            (" ", None),
            ("+", None),
            ("+-1", None),
            ("++1", None),
            ("1 0", None),
            ("10s", None),
            ("0x10", None),
            ("١", None),
        ] {
            assert_eq!(integer(text), expected, "{text:?}");
        }
    }
}
