//! An ErrorResponse, kept verbatim.

use std::fmt;

/// The fields of an ErrorResponse, by their one-letter types
/// (PostgreSQL manual, "Error and Notice Message Fields"). Text that is not UTF-8 is
/// kept with replacement characters; nothing is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerError {
    fields: Vec<(char, String)>,
}

impl ServerError {
    /// An error with these fields.
    pub fn new(fields: Vec<(char, String)>) -> Self {
        Self { fields }
    }

    /// All fields, in the order sent.
    pub fn fields(&self) -> &[(char, String)] {
        &self.fields
    }

    /// The SQLSTATE.
    pub fn code(&self) -> Option<&str> {
        self.field('C')
    }

    /// The primary message; it may be in any language.
    pub fn message(&self) -> &str {
        self.field('M').unwrap_or_default()
    }

    /// The detail.
    pub fn detail(&self) -> Option<&str> {
        self.field('D')
    }

    /// The hint.
    pub fn hint(&self) -> Option<&str> {
        self.field('H')
    }

    /// The source file that reported it. Never localized.
    pub fn file(&self) -> Option<&str> {
        self.field('F')
    }

    /// The line in that file.
    pub fn line(&self) -> Option<&str> {
        self.field('L')
    }

    /// The C function that reported it. Never localized.
    pub fn routine(&self) -> Option<&str> {
        self.field('R')
    }

    /// The same, with this secret masked wherever a field quotes it.
    #[must_use]
    pub fn without(&self, secret: &str) -> Self {
        let masked = |(kind, text): &(char, String)| (*kind, masked(text, secret));
        Self::new(self.fields.iter().map(masked).collect())
    }

    fn field(&self, kind: char) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| *field == kind)
            .map(|(_, text)| text.as_str())
    }
}

/// The text with a secret masked. A server that was sent a password can send it back.
pub(super) fn masked(text: &str, secret: &str) -> String {
    match secret.is_empty() {
        true => text.to_owned(),
        false => text.replace(secret, "********"),
    }
}

/// `28P01 password authentication failed for user "app"`.
impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{code} {}", self.message()),
            None => f.write_str(self.message()),
        }
    }
}
