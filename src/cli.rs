//! The command line: what was typed, not yet what it means.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::check::CheckId;
use crate::policy::{Level, Policy};
use crate::render::{self, Form};
use crate::target::names_a_target;

/// Can this application reach its PostgreSQL over TLS, and only over TLS?
#[derive(Debug, Parser)]
#[command(name = "pgcheck", version = VERSION, about, max_term_width = 88, after_help = AFTER)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub struct Cli {
    /// Something else than checking targets.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What to check.
    #[command(flatten)]
    pub targets: Targets,

    /// What is demanded.
    #[command(flatten)]
    pub demands: Demands,

    /// How to report it.
    #[command(flatten)]
    pub output: Output,

    /// Print this help
    #[arg(short, long, global = true, action = ArgAction::Help, help_heading = "Output")]
    help: Option<bool>,

    /// Print the version, and that of the TLS library
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = "Output")]
    version: Option<bool>,
}

/// What pgcheck does besides checking. After `--` each of these words is a target.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the connection parameters of a target, split for a driver; contacts nothing
    Uri(Uri),
    /// Say what a check or a finding means, why it matters, how to mend it
    Explain {
        /// A check or a finding; without one, all are listed
        #[arg(value_name = "CODE")]
        code: Option<String>,
    },
}

/// `pgcheck uri`.
#[derive(Debug, Args)]
pub struct Uri {
    /// Where the target comes from.
    #[command(flatten)]
    pub targets: Targets,

    /// The form
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub to: render::uri::Form,

    /// Print passwords, not ********
    #[arg(long)]
    pub show_password: bool,
}

/// The version, and the TLS library's, as the build script finds them.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("PGCHECK_TLS_LIBRARY"));

const AFTER: &str = "\
Without TARGET: the first that is set of DATABASE_URL, SCALINGO_POSTGRESQL_URL,
POSTGRESQL_URL, POSTGRES_URL; else what libpq's variables (PGHOST, PGSERVICE, ...) say.

Examples:
  pgcheck                                     check what DATABASE_URL names
  pgcheck -q -t 5s --skip plaintext,legacy    one line, for a frequent healthcheck
  pgcheck -o sslmode=verify-full              check what a stricter URI would give
  pgcheck -f databases.txt --format jsonl     check many, for a program

Exit codes: 0 all passed, 1 insecure, 3 nothing attempted, 4 unreachable, 5 no TLS,
6 login or query refused, 70 a bug.";

/// Where the targets come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Targets")]
pub struct Targets {
    /// A connection URI, libpq keywords, or - to read them
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,

    /// Take the target from this variable; may be repeated
    #[arg(short, long, value_name = "NAME")]
    pub env: Vec<String>,

    /// Take targets from this file, one a line, named NAME = ...
    #[arg(short, long, value_name = "PATH")]
    pub file: Vec<PathBuf>,

    /// Override a connection parameter; may be repeated
    #[arg(short, long = "option", value_name = "KEY=VALUE")]
    pub option: Vec<String>,

    /// Ask for the password on the terminal
    #[arg(short = 'W', long)]
    pub password: bool,
}

/// What is demanded, and for how long it is asked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "Demands")]
pub struct Demands {
    /// Run just these checks: uri,dns,tls,...
    #[arg(long, value_name = "CHECK", value_delimiter = ',', value_parser = check)]
    pub only: Vec<CheckId>,

    /// Run all but these checks
    #[arg(long, value_name = "CHECK", value_delimiter = ',', value_parser = check)]
    pub skip: Vec<CheckId>,

    /// A warning fails the run
    #[arg(long)]
    pub strict: bool,

    /// verify-ca, verify-full, channel-binding or tls1.3
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = level)]
    pub require: Vec<Level>,

    /// Warn if the certificate expires sooner
    #[arg(long, value_name = "DURATION", default_value = "21d", value_parser = duration)]
    pub expires_within: Duration,

    /// Fail if it expires sooner
    #[arg(long, value_name = "DURATION", default_value = "3d", value_parser = duration)]
    pub expires_fail: Duration,

    /// Deadline for one target, all included
    #[arg(short, long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub timeout: Duration,

    /// Keep trying while the failure may pass by itself
    #[arg(short, long, value_name = "DURATION", value_parser = duration)]
    pub wait: Option<Duration>,

    /// Targets checked at once
    #[arg(short, long, value_name = "N", default_value = "32")]
    pub jobs: NonZeroUsize,
}

/// How the report looks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// human (default), json, jsonl, nagios, openmetrics, github
    #[arg(
        long,
        value_enum,
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub format: Format,

    /// One line per target; twice: nothing, only the exit code
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,

    /// Every check with its facts, and where the time went
    #[arg(short, long, conflicts_with = "quiet", overrides_with = "verbose")]
    pub verbose: bool,

    /// Colour: auto, always, never
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub color: When,

    /// Status line while waiting: auto, always, never
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub progress: When,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object; an array for several targets.
    Json,
    /// One JSON object a line, as each target is finished.
    Jsonl,
    /// One line, and exit codes, by the monitoring plugins' guidelines.
    Nagios,
    /// OpenMetrics, for the textfile collector.
    Openmetrics,
    /// GitHub's workflow commands.
    Github,
}

/// When to do something that depends on who reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// When it looks as if a person does.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

impl Output {
    /// The form of the report. `-q` shortens the one for people; `-qq` silences all.
    pub fn form(&self) -> Form {
        match (self.quiet, self.format) {
            (2.., _) => render::NOTHING,
            (1, Format::Human) => render::LINE,
            (_, Format::Human) => render::HUMAN,
            (_, Format::Json) => render::JSON,
            (_, Format::Jsonl) => render::JSONL,
            (_, Format::Nagios) => render::NAGIOS,
            (_, Format::Openmetrics) => render::OPENMETRICS,
            (_, Format::Github) => render::GITHUB,
        }
    }
}

impl Cli {
    /// What is demanded of every target.
    ///
    /// # Errors
    /// `--only` and `--skip` leave no check to run, and nothing checked is nothing passed.
    pub fn policy(&self) -> Result<Policy, NoCheckLeft> {
        let demands = &self.demands;
        let checks = CheckId::ALL.into_iter().filter(|check| {
            let only = demands.only.is_empty() || demands.only.contains(check);
            only && !demands.skip.contains(check)
        });
        let checks: Vec<CheckId> = checks.collect();
        if checks.is_empty() {
            return Err(NoCheckLeft);
        }
        Ok(Policy {
            checks,
            strict: demands.strict,
            require: demands.require.clone(),
            expires_within: demands.expires_within,
            expires_fail: demands.expires_fail,
            timeout: demands.timeout,
            plaintext_elsewhere: self.output.verbose || demands.only == [CheckId::Plaintext],
        })
    }
}

/// `--only` and `--skip` exclude each other's checks.
#[derive(Debug, thiserror::Error)]
#[error("--only and --skip leave no check to run")]
pub struct NoCheckLeft;

/// clap quotes what it did not expect: that may be a target in the place of something else,
/// or a password where `--password` takes none.
#[must_use]
pub fn without_secrets(mut error: clap::Error) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    let argument = text(&error, ContextKind::InvalidArg);
    let value = text(&error, ContextKind::InvalidValue);
    if names_a_target(&argument) {
        error.insert(ContextKind::InvalidArg, hidden());
    }
    if names_a_target(&value) || argument.starts_with("--password") {
        error.insert(ContextKind::InvalidValue, hidden());
    }
    error
}

fn hidden() -> ContextValue {
    ContextValue::String("********".to_owned())
}

fn check(text: &str) -> Result<CheckId, String> {
    let ids = CheckId::ALL.map(CheckId::as_str);
    let found = CheckId::ALL
        .into_iter()
        .find(|check| check.as_str() == text);
    found.ok_or_else(|| format!("the checks are {}", ids.join(", ")))
}

fn level(text: &str) -> Result<Level, String> {
    let levels = Level::ALL.map(Level::as_str);
    let found = Level::ALL.into_iter().find(|level| level.as_str() == text);
    found.ok_or_else(|| format!("the levels are {}", levels.join(", ")))
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "a duration is a number with a unit: 500ms, 10s, 5m, 2h, 21d".to_owned())?;
    if duration.is_zero() {
        return Err("it must be longer than zero".to_owned());
    }
    Ok(duration)
}
