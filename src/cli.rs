//! The command line: what was typed, not yet what it means.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};

/// Can this application reach its PostgreSQL over TLS, and only over TLS?
#[derive(Debug, Parser)]
#[command(name = "pgcheck", version, about, max_term_width = 88, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// A subcommand, if one was given.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// What to check.
    #[command(flatten)]
    pub targets: Targets,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,

    /// One line per target; twice: nothing at all.
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,

    /// Deadline for one target, everything included (500ms, 10s, 5m).
    #[arg(short, long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub timeout: Duration,
}

const EXAMPLES: &str = "\
Without TARGET, the first that is set of DATABASE_URL, SCALINGO_POSTGRESQL_URL,
POSTGRESQL_URL and POSTGRES_URL is checked, else what libpq's own variables (PGHOST, …) say.

Exit codes: 0 all passed, 1 insecure, 3 nothing attempted, 4 unreachable, 5 no TLS,
6 login or query refused, 70 a bug.

Examples:
  pgcheck                                      check what DATABASE_URL names
  pgcheck -q --timeout 5s                      one line, for a healthcheck
  pgcheck --env REPORTING_DATABASE_URL         check what another variable names
  pgcheck 'host=db.example.com user=app'       check a libpq keyword/value string";

/// Where the targets come from.
#[derive(Debug, clap::Args)]
pub struct Targets {
    /// A connection URI, a libpq keyword/value string, or - to read targets from standard
    /// input, one a line.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,

    /// Take the target from this environment variable; may be repeated.
    #[arg(short, long, value_name = "NAME")]
    pub env: Vec<String>,

    /// Take targets from this file, one a line, each optionally as NAME = TARGET.
    #[arg(short, long, value_name = "PATH")]
    pub file: Vec<PathBuf>,

    /// Override a connection parameter; may be repeated.
    #[arg(short, long = "option", value_name = "KEY=VALUE")]
    pub option: Vec<String>,

    /// Ask for the password on the terminal.
    #[arg(short = 'W', long)]
    pub password: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON object; an array for several targets.
    Json,
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "a duration is a number with a unit: 500ms, 10s, 5m, 2h, 21d".to_owned())?;
    if duration.is_zero() {
        return Err("it must be longer than zero".to_owned());
    }
    Ok(duration)
}
