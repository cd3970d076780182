//! The password file, `~/.pgpass`: lines of `host:port:database:user:password`, read as
//! by libpq's `passwordFromFile`.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::given::Given;
use super::{Environment, Error, Host, Origin};
use crate::secret::Secret;

/// Gives every host its password: the one that was given, or that of the first line of
/// the password file that matches the host. The login is (database, user).
pub(crate) fn fill(
    hosts: &mut [Host],
    given: &Given,
    login: (&str, &str),
    environment: &Environment,
    notes: &mut Vec<String>,
) -> Result<(), Error> {
    if let (Some(secret), Some(parameter)) = (given.secret("password"), given.get("password")) {
        for host in hosts {
            host.password = Some((secret.clone(), parameter.origin.clone()));
        }
        return Ok(());
    }
    let named = given.nonempty("passfile").map(PathBuf::from);
    let default = || Some(environment.home()?.join(".pgpass"));
    let required = named.is_some();
    let Some(path) = named.or_else(default) else {
        return Ok(());
    };
    let shown = environment.shortened(&path);
    match read(&path) {
        Ok(Some(text)) => look_up(hosts, &text, login, &shown)?,
        Ok(None) if required => notes.push(ignored(&shown, "it does not exist")),
        Ok(None) => {}
        Err(reason) => notes.push(ignored(&shown, &reason)),
    }
    Ok(())
}

fn ignored(path: &Path, reason: &str) -> String {
    format!("the password file {} is ignored: {reason}", path.display())
}

/// The file's bytes; `None` when there is no such file, an error where libpq ignores it.
fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| error.to_string())?,
    };
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a plain file".to_owned());
    }
    if others_have_access(&metadata) {
        return Err(
            "group or others have access to it; its permissions should be u=rw (0600)".to_owned(),
        );
    }
    let mut text = Vec::new();
    let read = file.read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    Ok(Some(text))
}

#[cfg(unix)]
fn others_have_access(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn others_have_access(_: &Metadata) -> bool {
    false // the directory is protected instead
}

fn look_up(
    hosts: &mut [Host],
    text: &[u8],
    (dbname, user): (&str, &str),
    path: &Path,
) -> Result<(), Error> {
    for host in hosts {
        let address = host.hostaddr.map(|address| address.to_string());
        let name = host.host.clone().or(address).unwrap_or_default();
        let port = host.port.to_string();
        let fields = [&name, port.as_str(), dbname, user];
        let Some((line, password)) = find(text, &fields) else {
            continue;
        };
        let origin = Origin::Passfile {
            file: path.to_owned(),
            line,
        };
        let password = String::from_utf8(password)
            .map_err(|_| Error::new("the password is not valid UTF-8").at(&origin))?;
        if !password.is_empty() {
            host.password = Some((Secret::new(password), origin));
        }
    }
    Ok(())
}

/// The first line that matches, with its number from 1.
fn find(text: &[u8], fields: &[&str]) -> Option<(usize, Vec<u8>)> {
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let mut matching = lines.filter_map(|(i, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b"#") {
            return None;
        }
        let mut rest = line;
        for field in fields {
            rest = strip_field(rest, field.as_bytes())?;
        }
        Some((i + 1, unescape(rest)))
    });
    matching.next()
}

/// What follows the field and its colon, if the field is `expected` or `*`.
fn strip_field<'a>(line: &'a [u8], expected: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = line.strip_prefix(b"*:") {
        return Some(rest);
    }
    let mut rest = line;
    for byte in expected {
        rest = rest.strip_prefix(b"\\").unwrap_or(rest);
        rest = rest.strip_prefix(&[*byte])?;
    }
    rest.strip_prefix(b":")
}

/// The password: up to an unescaped colon, its backslashes resolved.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut password = Vec::new();
    let mut bytes = field.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b':' => break,
            b'\\' => password.push(*bytes.next().unwrap_or(byte)),
            other => password.push(*other),
        }
    }
    password
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Request, resolve};

    /// The first host's password with its origin, and the notes, for a password file.
    fn outcome(text: &str, mode: u32) -> (Option<(String, String)>, Vec<String>) {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".pgpass");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let request = Request {
            targets: vec!["postgresql://app@a,b:2/shop".to_owned()],
            ..Request::default()
        };
        let environment = Environment::of([("HOME", home.path())]);
        let target = resolve(&request, &environment).unwrap().remove(0);
        let found =
            |(secret, origin): &(Secret, Origin)| (secret.expose().to_owned(), origin.to_string());
        (target.hosts[1].password.as_ref().map(found), target.notes)
    }

    #[test]
    fn each_host_has_its_own_line() {
        let (password, notes) = outcome("a:2:shop:app:one\n\nb:2:*:app:two\n", 0o600);
        assert_eq!(
            password,
            Some(("two".to_owned(), "~/.pgpass line 3".to_owned()))
        );
        assert!(notes.is_empty());
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored_with_a_note() {
        let (password, notes) = outcome("*:*:*:*:pw\n", 0o640);
        assert_eq!(password, None);
        assert!(
            notes[0].starts_with("the password file ~/.pgpass is ignored"),
            "{notes:?}"
        );
    }
}
