//! Why there is no target, in words that a user can act on.

use std::fmt;

use super::{Origin, names_a_target};

/// What was wrong with the input and where; the exit code is always 3.
///
/// Neither `Display` nor `Debug` shows a secret: text of the input is quoted only where
/// it cannot be part of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    place: Option<String>,
    what: String,
    help: Option<String>,
}

impl Error {
    /// An error that says what is wrong.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            place: None,
            what: what.into(),
            help: None,
        }
    }

    /// Adds how to fix it.
    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// Adds where it is, unless that is known already.
    #[must_use]
    pub(crate) fn at(self, place: &impl fmt::Display) -> Self {
        Self {
            place: self.place.or_else(|| Some(place.to_string())),
            ..self
        }
    }

    /// A value that is not what the parameter takes.
    pub(crate) fn value(keyword: &str, value: &str, origin: &Origin) -> Self {
        let value = quoted(value);
        Self::new(format!("invalid {keyword} value: {value}")).at(origin)
    }

    /// How to fix it, for the line after `help:`.
    pub fn hint(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Text of the input between quotes: escaped, cut where it is too long to read, and hidden
/// where it is a whole target in the place of something else.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    if names_a_target(text) {
        return "********".to_owned();
    }
    match text.char_indices().nth(LONGEST) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_kept_because_it_is_the_nearest() {
        let error = Error::new("no").at(&"line 3").at(&"file");
        assert_eq!(error.to_string(), "line 3: no");
    }

    #[test]
    fn quoted_text_is_escaped_and_bounded() {
        assert_eq!(quoted("a\u{1b}[0m"), r#""a\u{1b}[0m""#);
        assert!(quoted(&"x".repeat(500)).len() < 100);
    }

    #[test]
    fn a_target_in_the_place_of_something_else_is_not_quoted() {
        for text in ["postgresql://app:pw@db/shop", "host=db password=pw"] {
            assert_eq!(quoted(text), "********");
        }
    }
}
