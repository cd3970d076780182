//! The process's surroundings, as a value, so that nothing else reads them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::Error;

/// A snapshot of the environment variables, the home directory and the user's name.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    home: Option<PathBuf>,
    user: Option<String>,
}

impl Environment {
    /// The surroundings of this process.
    pub fn current() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            home: std::env::home_dir(),
            user: whoami::username().ok(),
        }
    }

    /// An environment of these variables; the home directory is `HOME`, if it is among
    /// them, and the operating system's user has no name.
    pub fn of<N: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter();
        let variables: BTreeMap<OsString, OsString> =
            variables.map(|(n, v)| (n.into(), v.into())).collect();
        Self {
            home: variables.get(&OsString::from("HOME")).map(PathBuf::from),
            variables,
            user: None,
        }
    }

    /// The same with this operating system user.
    #[must_use]
    pub fn with_user(self, user: &str) -> Self {
        Self {
            user: Some(user.to_owned()),
            ..self
        }
    }

    /// A variable's value, empty or not.
    ///
    /// # Errors
    /// When the value is not UTF-8.
    pub fn variable(&self, name: &str) -> Result<Option<&str>, Error> {
        let Some(value) = self.variables.get(&OsString::from(name)) else {
            return Ok(None);
        };
        let text = value.to_str();
        let text = text.ok_or_else(|| Error::new("the value is not valid UTF-8").at(&name))?;
        Ok(Some(text))
    }

    /// The home directory: `HOME`, or the one in the user database.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref().filter(|p| !p.as_os_str().is_empty())
    }

    /// The operating system's name of the user, libpq's default role.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The path as people write it: `~` for the home directory.
    pub fn shortened(&self, path: &Path) -> PathBuf {
        let below = self.home().and_then(|home| path.strip_prefix(home).ok());
        below.map_or_else(|| path.to_owned(), |rest| Path::new("~").join(rest))
    }
}

/// Names only: the values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .field("user", &self.user)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_value() {
        let environment = Environment::of([("PGPASSWORD", "sesame")]);
        let text = format!("{environment:?}");
        assert!(text.contains("PGPASSWORD") && !text.contains("sesame"));
    }

    #[test]
    fn a_path_below_the_home_directory_is_written_with_a_tilde() {
        let environment = Environment::of([("HOME", "/home/ann")]);
        let shortened = |path| environment.shortened(Path::new(path));
        assert_eq!(shortened("/home/ann/.pgpass"), Path::new("~/.pgpass"));
        assert_eq!(
            shortened("/home/anna/.pgpass"),
            Path::new("/home/anna/.pgpass")
        );
    }

    #[test]
    fn an_empty_home_is_no_home() {
        assert_eq!(Environment::of([("HOME", "")]).home(), None);
    }
}
