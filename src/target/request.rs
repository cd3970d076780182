//! From what the command line says, or the environment where it says nothing, to targets.

use std::io;
use std::path::PathBuf;

use super::given::Given;
use super::parameters::{TABLE, unknown};
use super::uri::requiressl;
use super::{Conninfo, Environment, Error, Origin, Source, Target, input, service, uri};
use crate::secret::Secret;

/// The variables that hold a whole target, in the order in which they are looked at when
/// the command line names no target.
pub const TARGET_VARIABLES: [&str; 4] = [
    "DATABASE_URL",
    "SCALINGO_POSTGRESQL_URL",
    "POSTGRESQL_URL",
    "POSTGRES_URL",
];

/// libpq's variables that are enough to name a target.
pub const LIBPQ_VARIABLES: [&str; 4] = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];

/// Asks for the password of the target that is described; it is called once for each.
pub type AskPassword<'a> = &'a dyn Fn(&Conninfo) -> io::Result<Secret>;

/// What the command line said about targets.
#[derive(Default)]
pub struct Request<'a> {
    /// TARGET arguments; `-` stands for standard input.
    pub targets: Vec<String>,
    /// `--env`: names of variables that hold a target.
    pub variables: Vec<String>,
    /// `--file`: lists of targets.
    pub files: Vec<PathBuf>,
    /// `-o`: `KEY=VALUE` each, for all targets; a later one counts more.
    pub overrides: Vec<String>,
    /// Reads standard input to its end; called for the argument `-`.
    pub stdin: Option<&'a dyn Fn() -> io::Result<String>>,
    /// `-W`: asks for the password.
    pub password: Option<AskPassword<'a>>,
}

/// The targets that are asked for, ready to be checked.
///
/// # Errors
/// When there is no target, one cannot be read, or a value in it is wrong; the first
/// error is returned.
pub fn resolve(request: &Request<'_>, environment: &Environment) -> Result<Vec<Target>, Error> {
    let conninfos = read(request, environment)?.into_iter();
    conninfos
        .map(|conninfo| named(conninfo, environment))
        .collect()
}

fn named(conninfo: Conninfo, environment: &Environment) -> Result<Target, Error> {
    let place = Origin::Target(conninfo.source.clone());
    conninfo
        .target(environment)
        .map_err(|error| error.at(&place))
}

/// The targets that are asked for, their parameters put together but not yet understood.
///
/// # Errors
/// When there is no target or one cannot be read.
pub fn read(request: &Request<'_>, environment: &Environment) -> Result<Vec<Conninfo>, Error> {
    let overrides = overrides(&request.overrides)?;
    let mut conninfos = named_targets(request, environment)?;
    if conninfos.is_empty() && request.names_nothing() {
        conninfos.push(default_target(environment)?);
    }
    for conninfo in &mut conninfos {
        let place = Origin::Target(conninfo.source.clone());
        complete(conninfo, &overrides, request, environment).map_err(|e| e.at(&place))?;
    }
    Ok(conninfos)
}

impl Request<'_> {
    fn names_nothing(&self) -> bool {
        self.targets.is_empty() && self.variables.is_empty() && self.files.is_empty()
    }
}

/// The targets that the command line names: arguments, then variables, then files.
fn named_targets(request: &Request<'_>, environment: &Environment) -> Result<Vec<Conninfo>, Error> {
    let mut found = Vec::new();
    for target in &request.targets {
        match target.as_str() {
            "-" => found.extend(from_stdin(request, environment)?),
            text => found.push(conninfo(Source::Argument, None, text, environment)?),
        }
    }
    for name in &request.variables {
        found.push(from_variable(name, environment)?);
    }
    for path in &request.files {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            Error::new(format!("the targets file {path} cannot be read: {error}"))
        })?;
        let source = |line| Source::File(path.clone(), line);
        found.extend(from_lines(
            &text,
            source,
            &path.display().to_string(),
            environment,
        )?);
    }
    Ok(found)
}

fn conninfo(
    source: Source,
    name: Option<&str>,
    text: &str,
    environment: &Environment,
) -> Result<Conninfo, Error> {
    let given = input::parse(text, &Origin::Target(source.clone()), environment)?;
    Ok(Conninfo {
        name: name.map(str::to_owned),
        source,
        given,
        notes: Vec::new(),
    })
}

fn from_stdin(request: &Request<'_>, environment: &Environment) -> Result<Vec<Conninfo>, Error> {
    let place = "standard input";
    let read = request
        .stdin
        .ok_or_else(|| Error::new("it cannot be read here").at(&place))?;
    let text = read().map_err(|error| Error::new(error.to_string()).at(&place))?;
    from_lines(&text, Source::Stdin, place, environment)
}

fn from_lines(
    text: &str,
    source: impl Fn(usize) -> Source,
    place: &str,
    environment: &Environment,
) -> Result<Vec<Conninfo>, Error> {
    let lines = input::lines(text);
    let found: Vec<Conninfo> = lines
        .map(|line| conninfo(source(line.number), line.name, line.target, environment))
        .collect::<Result<_, _>>()?;
    match found.is_empty() {
        true => Err(Error::new("there is no target in it").at(&place)),
        false => Ok(found),
    }
}

fn from_variable(name: &str, environment: &Environment) -> Result<Conninfo, Error> {
    let source = Source::Environment(name.to_owned());
    match environment.variable(name)? {
        Some("") => Err(Error::new("the environment variable is set but empty").at(&name)),
        Some(text) => conninfo(source, None, text, environment),
        None => Err(Error::new("the environment variable is not set").at(&name)),
    }
}

/// The target that the environment names. A variable that is set but empty counts as not
/// set, as compose files and CI make them; a note says so.
fn default_target(environment: &Environment) -> Result<Conninfo, Error> {
    let mut empty = Vec::new();
    for name in TARGET_VARIABLES {
        match environment.variable(name)? {
            None => {}
            Some("") => empty.push(name),
            Some(text) => {
                let source = Source::Environment(name.to_owned());
                return Ok(noting(&empty, conninfo(source, None, text, environment)?));
            }
        }
    }
    for name in LIBPQ_VARIABLES {
        if environment
            .variable(name)?
            .is_some_and(|value| !value.is_empty())
        {
            let conninfo = Conninfo {
                name: None,
                source: Source::LibpqEnvironment,
                given: Given::default(),
                notes: Vec::new(),
            };
            return Ok(noting(&empty, conninfo));
        }
    }
    Err(no_target(&empty))
}

fn noting(empty: &[&str], mut conninfo: Conninfo) -> Conninfo {
    let notes = empty
        .iter()
        .map(|name| format!("{name} is set but empty, and was passed over"));
    conninfo.notes.extend(notes);
    conninfo
}

fn no_target(empty: &[&str]) -> Error {
    let what = match empty {
        [] => "no target: none is named, and the environment has none".to_owned(),
        empty => format!(
            "no target: none is named, and {} is empty",
            empty.join(", ")
        ),
    };
    Error::new(what).help(format!(
        "give a URI, or set {}, or libpq's own {}",
        TARGET_VARIABLES.join(", "),
        LIBPQ_VARIABLES.join(", "),
    ))
}

/// Adds, in libpq's order, what the target itself does not say.
fn complete(
    conninfo: &mut Conninfo,
    overrides: &Given,
    request: &Request<'_>,
    environment: &Environment,
) -> Result<(), Error> {
    let given = &mut conninfo.given;
    let other_user = overrides.get("user").is_some();
    if other_user {
        given.remove("password"); // it belongs to the user that was overridden
    }
    given.extend(overrides.clone());
    let mut service = service::look_up(given, environment)?;
    if other_user {
        service.remove("password");
    }
    given.complete(service);
    given.complete(environment_parameters(environment)?);
    refuse_uri_as_dbname(given)?;
    if let Some(ask) = request.password {
        let password = ask(conninfo)
            .map_err(|error| Error::new(format!("the password cannot be read: {error}")))?;
        let password = password.expose().to_owned();
        let _ = conninfo.given.set("password", password, &Origin::Terminal);
    }
    Ok(())
}

/// The `-o KEY=VALUE`s.
fn overrides(options: &[String]) -> Result<Given, Error> {
    let mut given = Given::default();
    for option in options {
        let (keyword, value) = option.split_once('=').ok_or_else(|| {
            Error::new("it has no \"=\"")
                .at(&Origin::Override)
                .help("write -o KEY=VALUE, -o sslmode=verify-full for instance")
        })?;
        let (keyword, value) = requiressl(keyword.trim(), value.to_owned());
        let set = given.set(&keyword, value, &Origin::Override);
        set.ok_or_else(|| unknown(&keyword).at(&Origin::Override))?;
    }
    Ok(given)
}

/// What libpq's own variables say.
fn environment_parameters(environment: &Environment) -> Result<Given, Error> {
    let mut given = Given::default();
    let pairs = TABLE
        .iter()
        .filter_map(|known| Some((known.keyword, known.variable?)));
    for (keyword, name) in pairs {
        if let Some(value) = environment.variable(name)? {
            let _ = given.set(keyword, value.to_owned(), &Origin::Environment(name));
        }
    }
    // Deprecated since 7.x and still there: it counts only where PGSSLMODE is not set.
    let requiressl = environment.variable("PGREQUIRESSL")?;
    if requiressl.is_some_and(|value| value.starts_with('1')) && given.get("sslmode").is_none() {
        let origin = Origin::Environment("PGREQUIRESSL");
        let _ = given.set("sslmode", "require".to_owned(), &origin);
    }
    Ok(given)
}

/// libpq takes it for the database's name, password and all, and sends that.
fn refuse_uri_as_dbname(given: &Given) -> Result<(), Error> {
    let is_uri = |name: &str| uri::strip_prefix(name.trim()).is_some();
    match given.get("dbname") {
        Some(parameter) if given.text("dbname").is_some_and(is_uri) => Err(Error::new(
            "dbname is a whole URI, which libpq takes for a database's name here",
        )
        .help("give the URI as the target, or in DATABASE_URL")
        .at(&parameter.origin)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables.iter().copied()).with_user("ann")
    }

    #[test]
    fn the_target_comes_from_database_url_when_none_is_named() {
        let environment = environment(&[
            ("POSTGRES_URL", "postgresql://other"),
            (
                "DATABASE_URL",
                "postgresql://app:pw@db.example.com:5433/shop?sslmode=require",
            ),
        ]);
        let targets = resolve(&Request::default(), &environment).unwrap();
        let [target] = targets.as_slice() else {
            panic!("{targets:?}")
        };
        assert_eq!(target.source.to_string(), "env:DATABASE_URL");
        assert_eq!(
            (target.user.as_str(), target.dbname.as_str()),
            ("app", "shop")
        );
        assert_eq!(target.hosts[0].host.as_deref(), Some("db.example.com"));
        assert_eq!(target.hosts[0].port, 5433);
        let (password, origin) = target.hosts[0].password.clone().unwrap();
        assert_eq!(password.expose(), "pw");
        assert_eq!(origin.to_string(), "DATABASE_URL");
        assert_eq!(target.tls.sslmode, crate::target::SslMode::Require);
    }
}
