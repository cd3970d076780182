//! A connection string with everything that completes it, still as text.

use super::given::Given;
use super::hosts::{self, Endpoint};
use super::settings::Settings;
use super::{Environment, Error, Host, Parameter, Source, Target, passfile, tls};

/// The parameters of one target: the given ones, those of the service file and those of
/// the environment. What they mean is in [`Conninfo::target`].
#[derive(Clone, Debug)]
pub struct Conninfo {
    /// The name that a targets file gives it, if any.
    pub name: Option<String>,
    /// Where the target was found.
    pub source: Source,
    pub(crate) given: Given,
    pub(crate) notes: Vec<String>,
}

impl Conninfo {
    /// The parameters, in the order of [`parameters::TABLE`](super::parameters::TABLE).
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.given.iter()
    }

    /// What the user should know though it stops nothing.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Checks every value, without a look at files and without the demand that each host
    /// be one that can have TLS.
    ///
    /// # Errors
    /// When a value is not one that the parameter takes.
    pub fn check(&self) -> Result<(), Error> {
        hosts::endpoints(&self.given)?;
        Settings::read(&self.given)?;
        Ok(())
    }

    /// What the parameters mean: typed, with libpq's defaults and default files.
    ///
    /// # Errors
    /// When a value is not one that the parameter takes, a host is a Unix-domain socket,
    /// or a file that the parameters need is missing.
    pub fn target(self, environment: &Environment) -> Result<Target, Error> {
        let settings = Settings::read(&self.given)?;
        let mut hosts = tcp_hosts(&self.given)?;
        let user = user(&self.given, environment)?;
        let dbname = self.given.nonempty("dbname").unwrap_or(&user).to_owned();
        let mut notes = self.notes;
        passfile::fill(
            &mut hosts,
            &self.given,
            (&dbname, &user),
            environment,
            &mut notes,
        )?;
        let tls = tls::complete(settings.tls, environment, &mut notes)?;
        Ok(Target {
            name: self.name,
            source: self.source,
            hosts,
            user,
            dbname,
            application_name: application_name(&self.given),
            options: self.given.nonempty("options").map(str::to_owned),
            client_encoding: self.given.nonempty("client_encoding").map(str::to_owned),
            connect_timeout: settings.connect_timeout,
            socket: settings.socket,
            tls,
            channel_binding: settings.channel_binding,
            require_auth: settings.require_auth,
            target_session_attrs: settings.target_session_attrs,
            load_balance_hosts: settings.load_balance_hosts,
            given: self.given.iter().cloned().collect(),
            notes,
        })
    }
}

fn tcp_hosts(given: &Given) -> Result<Vec<Host>, Error> {
    let endpoints = hosts::endpoints(given)?.into_iter();
    endpoints
        .map(|endpoint| match endpoint {
            Endpoint::Tcp(host) => Ok(host),
            Endpoint::UnixSocket(path) => Err(hosts::no_tls(path.as_deref(), given)),
        })
        .collect()
}

fn user(given: &Given, environment: &Environment) -> Result<String, Error> {
    let named = given.nonempty("user").or(environment.user());
    named.map(str::to_owned).ok_or_else(|| {
        Error::new("no user is named, and the operating system has no name for this one")
            .help("name it in the URI, in PGUSER, or with -o user=NAME")
    })
}

/// libpq sends `fallback_application_name` only where `application_name` was not given
/// at all, not where it is empty.
fn application_name(given: &Given) -> String {
    let given_name = given.text("application_name");
    let name = given_name.or(given.text("fallback_application_name"));
    name.unwrap_or("pgcheck").to_owned()
}
