//! The connection target: what libpq 18 would make of the same input.
//!
//! Input (an argument, the environment, a file) is parsed into parameters, each with the
//! place it came from, and the parameters into a [`Target`], whose values are typed and
//! complete: everything the probes need, nothing left to look up.
//!
//! ```text
//! Request ─┬─ uri, keyword_value ─┐
//!          └─ overrides (-o, -W) ─┤
//! Environment ─┬─ service ────────┼─> Conninfo ──> hosts, passfile, tls ──> Target
//!              └─ PG* variables ──┘   (given)      (typed)
//! ```
//!
//! [`parameters`] has the table of all parameters; the grammar and the rules are those of
//! libpq 18 (its `fe-connect.c`), and `docs/parameters.md` lists where pgcheck differs.

mod conninfo;
mod encoding;
mod environment;
mod error;
mod given;
mod hosts;
mod input;
mod keyword_value;
pub mod parameters;
mod passfile;
mod request;
mod service;
mod settings;
mod tls;
mod uri;
mod values;

mod uri_without_secrets;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::secret::Secret;

pub use conninfo::Conninfo;
pub use environment::Environment;
pub use error::Error;
pub(crate) use error::quoted;
pub use input::names_a_target;
pub use request::{AskPassword, LIBPQ_VARIABLES, Request, TARGET_VARIABLES, read, resolve};
pub(crate) use uri_without_secrets::ENCODED_IN_QUERY;
pub use values::{
    AuthMethod, ChannelBinding, Choice, ProtocolVersion, RequireAuth, RootCert, SslCertMode,
    SslMode, SslNegotiation, TargetSessionAttrs,
};

/// One database to check.
#[derive(Clone, Debug)]
pub struct Target {
    /// The name that a targets file gives it, if any.
    pub name: Option<String>,
    /// Where the target was found.
    pub source: Source,
    /// The parameters that were given, explicitly or by the environment, by keyword.
    pub given: Vec<Parameter>,
    /// The hosts in the order given. Never empty.
    pub hosts: Vec<Host>,
    /// The role to log in as; libpq's default is the operating system's user name.
    pub user: String,
    /// The database; libpq's default is the user name.
    pub dbname: String,
    /// The URI's `application_name`, or `pgcheck`.
    pub application_name: String,
    /// Command-line options for the server (`options`).
    pub options: Option<String>,
    /// `client_encoding` as given; the session itself always speaks UTF-8.
    pub client_encoding: Option<String>,
    /// Bounds the attempt at each address, as in libpq. `None`: no bound but the run's.
    pub connect_timeout: Option<Duration>,
    /// TCP options of every connection.
    pub socket: SocketParameters,
    /// What the TLS handshake needs.
    pub tls: TlsParameters,
    /// Whether authentication must be, may be or must not be bound to the TLS channel.
    pub channel_binding: ChannelBinding,
    /// The authentication methods that may be used; `None`: any.
    pub require_auth: Option<RequireAuth>,
    /// Which kind of server the session needs.
    pub target_session_attrs: TargetSessionAttrs,
    /// Whether the hosts and addresses are tried in random order.
    pub load_balance_hosts: bool,
    /// What the user should know though it stops nothing: a password file that was
    /// ignored, for instance. One sentence each, without a secret.
    pub notes: Vec<String>,
}

impl Target {
    /// Whether this parameter was given, whatever its value.
    pub fn gives(&self, keyword: &str) -> bool {
        self.given
            .iter()
            .any(|parameter| parameter.keyword == keyword)
    }
}

/// Where a target was found. `Display` gives the form of the JSON field `source`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An environment variable that holds a whole target (`DATABASE_URL`).
    Environment(String),
    /// libpq's own variables (`PGHOST` and the others).
    LibpqEnvironment,
    /// A command-line argument.
    Argument,
    /// Standard input, with the line number.
    Stdin(usize),
    /// A targets file, with the line number.
    File(PathBuf, usize),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::LibpqEnvironment => f.write_str("env:PG*"),
            Self::Argument => f.write_str("argument"),
            Self::Stdin(line) => write!(f, "stdin:{line}"),
            Self::File(path, line) => write!(f, "file:{}:{line}", path.display()),
        }
    }
}

/// One parameter that was given, under libpq's keyword, with where it came from.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// libpq's keyword, `sslmode` for instance.
    pub keyword: &'static str,
    /// Its value.
    pub value: ParameterValue,
    /// Where it came from.
    pub origin: Origin,
}

/// A parameter's text, secret or not.
#[derive(Clone, Debug)]
pub enum ParameterValue {
    /// May be shown.
    Plain(String),
    /// A password or passphrase.
    Secret(Secret),
}

/// Where a value came from. `Display` gives the words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The target itself (its URI or keyword/value string).
    Target(Source),
    /// `-o KEY=VALUE` on the command line.
    Override,
    /// One of libpq's environment variables.
    Environment(&'static str),
    /// An entry of a service file.
    Service {
        /// The file, as people write it: `~` for the home directory.
        file: PathBuf,
        /// The section's name.
        service: String,
    },
    /// A line of a password file.
    Passfile {
        /// The file, as people write it: `~` for the home directory.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Typed on the terminal (`-W`).
    Terminal,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(Source::Environment(name)) => f.write_str(name),
            Self::Target(Source::LibpqEnvironment) => f.write_str("the environment"),
            Self::Target(Source::Argument) => f.write_str("argument"),
            Self::Target(Source::Stdin(line)) => write!(f, "standard input line {line}"),
            Self::Target(Source::File(path, line)) => write!(f, "{} line {line}", path.display()),
            Self::Override => f.write_str("-o"),
            Self::Environment(name) => f.write_str(name),
            Self::Service { file, service } => write!(f, "{} [{service}]", file.display()),
            Self::Passfile { file, line } => write!(f, "{} line {line}", file.display()),
            Self::Terminal => f.write_str("terminal"),
        }
    }
}

/// One host of the target.
#[derive(Clone, Debug)]
pub struct Host {
    /// The name or address that was asked for, as given: what a certificate must name.
    /// `None` when only `hostaddr` was given.
    pub host: Option<String>,
    /// The address to connect to instead of looking `host` up.
    pub hostaddr: Option<IpAddr>,
    /// The TCP port.
    pub port: u16,
    /// The password for this host and port, and where it came from.
    pub password: Option<(Secret, Origin)>,
}

impl Host {
    /// What to call it: the name that was asked for, or the address.
    pub fn name(&self) -> String {
        let address = self.hostaddr.map(|ip| ip.to_string());
        self.host.clone().or(address).unwrap_or_default()
    }
}

/// TCP options.
#[derive(Clone, Debug, Default)]
pub struct SocketParameters {
    /// `keepalives`; libpq's default is on.
    pub keepalives: Option<bool>,
    /// `keepalives_idle`.
    pub keepalives_idle: Option<Duration>,
    /// `keepalives_interval`.
    pub keepalives_interval: Option<Duration>,
    /// `keepalives_count`.
    pub keepalives_count: Option<u32>,
    /// `tcp_user_timeout`, given in milliseconds.
    pub tcp_user_timeout: Option<Duration>,
}

/// The TLS parameters, with libpq's defaults applied.
#[derive(Clone, Debug)]
pub struct TlsParameters {
    /// What the URI demands.
    pub sslmode: SslMode,
    /// How TLS is asked for.
    pub sslnegotiation: SslNegotiation,
    /// The roots to trust. `None`: no root certificate was named and libpq's default file
    /// does not exist.
    pub sslrootcert: Option<RootCert>,
    /// The client certificate, when given or when libpq's default file exists.
    pub sslcert: Option<PathBuf>,
    /// Its private key.
    pub sslkey: Option<PathBuf>,
    /// The passphrase of the key.
    pub sslpassword: Option<Secret>,
    /// Whether a client certificate is sent.
    pub sslcertmode: SslCertMode,
    /// A certificate revocation list file.
    pub sslcrl: Option<PathBuf>,
    /// A directory of certificate revocation lists.
    pub sslcrldir: Option<PathBuf>,
    /// Whether the host name is sent in the handshake (SNI).
    pub sslsni: bool,
    /// The lowest protocol version.
    pub min_version: ProtocolVersion,
    /// The highest protocol version; `None`: the library's.
    pub max_version: Option<ProtocolVersion>,
}
