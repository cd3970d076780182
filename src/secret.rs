//! A secret that no report, log, error or panic can print.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password or passphrase: wiped from memory when dropped, and redacted by
/// `Debug`. It has no `Display` and no `Serialize`, so that printing one does not
/// compile.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text over as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself, for the one place that needs it. Nothing that prints may call
    /// this.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        let text = format!("{:?}", Some(Secret::new("sesame")));
        assert_eq!(text, "Some(Secret(********))");
    }
}
