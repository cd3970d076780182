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
        refuse_target(name, "--env", "the name of a variable")?;
        found.push(from_variable(name, environment)?);
    }
    for path in &request.files {
        refuse_target(&path.to_string_lossy(), "--file", "a path")?;
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

/// Refuses a target in the place of something else, without quoting it.
fn refuse_target(text: &str, option: &str, takes: &str) -> Result<(), Error> {
    if !input::names_a_target(text) {
        return Ok(());
    }
    Err(
        Error::new(format!("it takes {takes}, and this is a target"))
            .help("give the target as an argument, without the option")
            .at(&option),
    )
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

    fn one(request: &Request<'_>, variables: &[(&str, &str)]) -> Result<Target, Error> {
        resolve(request, &environment(variables)).map(|mut targets| targets.remove(0))
    }

    fn request(target: &str, overrides: &[&str]) -> Request<'static> {
        Request {
            targets: vec![target.to_owned()],
            overrides: overrides.iter().map(|&text| text.to_owned()).collect(),
            ..Request::default()
        }
    }

    fn password(target: &Target) -> Option<(String, String)> {
        let (secret, origin) = target.hosts[0].password.clone()?;
        Some((secret.expose().to_owned(), origin.to_string()))
    }

    #[test]
    fn another_user_needs_another_password() {
        let uri = "postgresql://app:pw@db/shop";
        let target = one(&request(uri, &["user=boss"]), &[]).unwrap();
        assert_eq!((target.user.as_str(), password(&target)), ("boss", None));
        let target = one(&request(uri, &["user=boss"]), &[("PGPASSWORD", "env")]).unwrap();
        let expected = ("env".to_owned(), "PGPASSWORD".to_owned());
        assert_eq!(password(&target), Some(expected));
        let target = one(&request(uri, &["user=boss", "password=new"]), &[]).unwrap();
        assert_eq!(password(&target), Some(("new".to_owned(), "-o".to_owned())));
    }

    #[test]
    fn a_typed_password_counts_more_than_any_other() {
        let ask: AskPassword<'_> = &|conninfo| {
            let user = conninfo.parameters().find(|p| p.keyword == "user");
            assert!(user.is_some());
            Ok(Secret::new("typed"))
        };
        let request = Request {
            password: Some(ask),
            ..request("postgresql://app:pw@db", &["password=option"])
        };
        let target = one(&request, &[("PGPASSWORD", "env")]).unwrap();
        assert_eq!(
            password(&target),
            Some(("typed".to_owned(), "terminal".to_owned()))
        );
    }

    #[test]
    fn the_last_override_counts_and_counts_more_than_the_target() {
        let request = request(
            "postgresql://db?sslmode=require",
            &["port=1", "port=2", "sslmode=disable"],
        );
        let target = one(&request, &[("PGPORT", "3")]).unwrap();
        assert_eq!(target.hosts[0].port, 2);
        assert_eq!(target.tls.sslmode.as_str(), "disable");
    }

    #[test]
    fn an_empty_variable_is_passed_over_with_a_note_unless_it_was_named() {
        let variables = [("DATABASE_URL", ""), ("POSTGRES_URL", "postgresql://db")];
        let target = one(&Request::default(), &variables).unwrap();
        assert_eq!(target.source.to_string(), "env:POSTGRES_URL");
        assert_eq!(
            target.notes,
            ["DATABASE_URL is set but empty, and was passed over"]
        );
        let named = Request {
            variables: vec!["DATABASE_URL".to_owned()],
            ..Request::default()
        };
        let error = one(&named, &variables).unwrap_err();
        assert_eq!(
            error.to_string(),
            "DATABASE_URL: the environment variable is set but empty"
        );
    }

    #[test]
    fn libpqs_own_variables_are_a_target_when_no_other_is_there() {
        let target = one(
            &Request::default(),
            &[("PGHOST", "db"), ("PGSSLMODE", "require")],
        )
        .unwrap();
        assert_eq!(target.source.to_string(), "env:PG*");
        assert_eq!(target.hosts[0].host.as_deref(), Some("db"));
        let error = one(&Request::default(), &[("PGSSLMODE", "require")]).unwrap_err();
        for name in TARGET_VARIABLES.iter().chain(&LIBPQ_VARIABLES) {
            assert!(error.hint().unwrap().contains(name), "{name}");
        }
        let error = one(&Request::default(), &[("PGDATABASE", "shop")]).unwrap_err();
        assert!(error.hint().unwrap().contains("PGHOST"));
    }

    #[test]
    fn a_list_on_standard_input_has_names_comments_and_line_numbers() {
        let read = || Ok("# ours\n\nshop = postgresql://db/shop\nhost=two dbname=x\n".to_owned());
        let request = Request {
            stdin: Some(&read),
            ..request("-", &[])
        };
        let targets = resolve(&request, &environment(&[])).unwrap();
        let found: Vec<_> = targets
            .iter()
            .map(|t| (t.name.as_deref(), t.source.to_string()))
            .collect();
        assert_eq!(
            found,
            [
                (Some("shop"), "stdin:3".to_owned()),
                (None, "stdin:4".to_owned())
            ]
        );
    }

    #[test]
    fn common_mistakes_are_told_with_what_helps() {
        for (target, what, help) in [
            ("", "the target is empty", "is the variable set"),
            (
                "DATABASE_URL",
                "name of an environment variable",
                "--env DATABASE_URL",
            ),
            (
                "\"postgresql://db\"",
                "begins with a quotation mark",
                "remove the quotes",
            ),
            (
                " postgresql://db",
                "white space before the URI",
                "remove it",
            ),
            ("mysql://root:pw@db/shop", "not one of PostgreSQL", "mysql:"),
            (
                "postgresql+asyncpg://db/shop",
                "names a driver",
                "remove what stands",
            ),
            ("jdbc:postgresql://db/shop", "a JDBC URL", "remove jdbc:"),
            (
                "Postgres://db",
                "does not begin with postgresql://",
                "small letters",
            ),
            ("shop", "neither a URI nor keywords", "host="),
            (
                "postgresql://app:p@w@db/shop",
                "contains an \"@\"",
                "percent-encode",
            ),
            (
                "postgresql://app:p/w@db/shop",
                "not a port number",
                "percent-encode",
            ),
            (
                "postgresql://app:100%@db/shop",
                "password has a \"%\"",
                "%25",
            ),
            (
                "postgresql://db?sslmod=require",
                "parameter \"sslmod\"",
                "did you mean sslmode?",
            ),
            (
                "postgresql://db?sslmode=requir",
                "sslmode value: \"requir\"",
                "verify-full",
            ),
            (
                "postgresql://db:70000",
                "port value: \"70000\"",
                "1 to 65535",
            ),
            ("postgresql:///shop", "no host is named", "PGHOST"),
            ("host=/tmp", "\"/tmp\" is a Unix-domain socket", "localhost"),
            (
                "host=db password=my secret",
                "missing \"=\"",
                "single quotes",
            ),
            (
                "host=db sslmode=verify-full",
                "needs a root certificate",
                "sslrootcert=system",
            ),
        ] {
            let variables = [("DATABASE_URL", "postgresql://db")];
            let error = one(&request(target, &[]), &variables).unwrap_err();
            assert!(error.to_string().contains(what), "{target}: {error}");
            assert!(
                error.hint().unwrap().contains(help),
                "{target}: {:?}",
                error.hint()
            );
        }
    }

    #[test]
    fn the_bundled_roots_need_the_name_check_too() {
        let target = one(&request("postgresql://db?sslrootcert=mozilla", &[]), &[]).unwrap();
        assert_eq!(target.tls.sslmode.as_str(), "verify-full");
        let weak = one(
            &request("postgresql://db?sslrootcert=mozilla&sslmode=require", &[]),
            &[],
        );
        assert!(weak.unwrap_err().to_string().contains("weak sslmode"));
    }
}
