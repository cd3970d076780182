//! The service file: sections of parameters under a name, read as by libpq's
//! `parseServiceInfo` and `parseServiceFile`.

use std::path::{Path, PathBuf};

use super::given::{Given, is_space};
use super::parameters::unknown;
use super::{Environment, Error, Origin, quoted};

/// Where distributions have the file that holds for the whole system; libpq has one of
/// them compiled in.
const SYSTEM_DIRECTORIES: [&str; 3] = [
    "/etc/postgresql-common",
    "/etc/sysconfig/pgsql",
    "/usr/local/pgsql/etc",
];

/// Longer lines are an error in libpq, the line's end included.
const LONGEST_LINE: usize = 1022;

/// The parameters of the service that was named in the given ones or by `PGSERVICE`.
pub(crate) fn look_up(given: &Given, environment: &Environment) -> Result<Given, Error> {
    let (service, place) = match given.get("service") {
        Some(parameter) => (given.text("service"), parameter.origin.to_string()),
        None => (environment.variable("PGSERVICE")?, "PGSERVICE".to_owned()),
    };
    let Some(service) = service else {
        return Ok(Given::default());
    };
    let files = files(environment)?;
    for file in &files {
        let shown = environment.shortened(file);
        if let Some(found) = read(file, service, &shown)? {
            return Ok(found);
        }
    }
    let looked: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    Err(Error::new(format!(
        "definition of service {} not found",
        quoted(service)
    ))
    .at(&place)
    .help(match looked.is_empty() {
        true => "there is no service file; name one in PGSERVICEFILE".to_owned(),
        false => format!("it must be a section in {}", looked.join(" or ")),
    }))
}

/// The files to look in, in order. Only the one in `PGSERVICEFILE` must exist.
fn files(environment: &Environment) -> Result<Vec<PathBuf>, Error> {
    let own = match environment.variable("PGSERVICEFILE")? {
        Some(named) => Some(PathBuf::from(named)),
        None => {
            let default = environment.home().map(|home| home.join(".pg_service.conf"));
            default.filter(|path| path.exists())
        }
    };
    let directories = match environment.variable("PGSYSCONFDIR")? {
        Some(directory) => vec![directory],
        None => SYSTEM_DIRECTORIES.to_vec(),
    };
    let system = directories
        .iter()
        .map(|directory| Path::new(directory).join("pg_service.conf"));
    Ok(own
        .into_iter()
        .chain(system.filter(|path| path.exists()))
        .collect())
}

/// The section of the file, if it has it. A section ends where the next begins.
fn read(file: &Path, service: &str, shown: &Path) -> Result<Option<Given>, Error> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let file = shown.display();
        Error::new(format!("the service file {file} cannot be read: {error}"))
    })?;
    let origin = Origin::Service {
        file: shown.to_owned(),
        service: service.to_owned(),
    };
    let header = format!("[{service}]");
    let mut found: Option<Given> = None;
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let place = format!("{} line {}", shown.display(), i + 1);
        if line.len() > LONGEST_LINE {
            return Err(Error::new("the line is too long for libpq").at(&place));
        }
        let line = line.trim_matches(is_space);
        match (line, &mut found) {
            ("", _) => {}
            _ if line.starts_with('#') => {}
            (_, Some(_)) if line.starts_with('[') => break,
            (_, None) => found = line.starts_with(&header).then(Given::default),
            (_, Some(section)) => {
                add(section, line, &origin).map_err(|error| error.at(&place))?;
            }
        }
    }
    Ok(found)
}

/// Takes one `keyword=value` line; the first value of a parameter counts. There are no
/// blanks around the `=`, as in libpq.
fn add(section: &mut Given, line: &str, origin: &Origin) -> Result<(), Error> {
    if line.starts_with("ldap") {
        return Err(
            Error::new("a service in an LDAP directory is not supported")
                .help("write the parameters into the service file"),
        );
    }
    let (keyword, value) = line
        .split_once('=')
        .ok_or_else(|| Error::new("the line has no \"=\"").help("write keyword=value"))?;
    match keyword {
        "service" => Err(Error::new("a service may not name another service")),
        _ if section.get(keyword).is_some() => Ok(()),
        _ => section
            .set(keyword, value.to_owned(), origin)
            .ok_or_else(|| unknown(keyword)),
    }
}
