//! The command. Reads as a table of contents: parse, resolve, run, render, exit. Nothing
//! else prints and nothing else exits.

#![expect(clippy::print_stderr)]

use std::io::{self, Read, Write};
use std::process::ExitCode;

use clap::Parser;
use pgcheck::Job;
use pgcheck::cli::{Cli, Format};
use pgcheck::exit::Exit;
use pgcheck::render::{human, json, line};
use pgcheck::report::Report;
use pgcheck::secret::Secret;
use pgcheck::target::{self, Conninfo, Environment, ParameterValue, Request, Target};
use pgcheck::tls::LoadError;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(internal_error));
    match run() {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            eprint!("{}", message(&error));
            ExitCode::from(Exit::Usage.code())
        }
    }
}

fn run() -> anyhow::Result<Exit> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return Ok(explain_usage(&error)),
    };
    let targets = resolve(&cli)?;
    for note in targets.iter().flat_map(|target| &target.notes) {
        eprintln!("pgcheck: note: {note}");
    }
    let policy = cli.policy();
    let jobs = targets
        .into_iter()
        .map(|target| Job::new(target, policy.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    let reports = check_all(jobs)?;
    print(&render(&cli, &reports))?;
    Ok(worst(&reports))
}

/// A bug. Only the place is told: a panic's message may quote what was being worked on.
#[expect(clippy::exit)]
fn internal_error(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(String::new, |place| format!(" at {place}"));
    eprintln!("pgcheck: internal error{place}; this is a bug, please report it");
    std::process::exit(i32::from(Exit::Internal.code()));
}

/// clap's own errors exit with 2, which Docker reserves.
fn explain_usage(error: &clap::Error) -> Exit {
    // Without a standard output there is nobody to tell.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Ok
    }
}

fn resolve(cli: &Cli) -> Result<Vec<Target>, target::Error> {
    let stdin = || {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    };
    let request = Request {
        targets: cli.targets.targets.clone(),
        variables: cli.targets.env.clone(),
        files: cli.targets.file.clone(),
        overrides: cli.targets.option.clone(),
        stdin: Some(&stdin),
        password: cli.targets.password.then_some(&ask_password),
    };
    target::resolve(&request, &Environment::current())
}

/// Asks on the terminal, whatever standard input and output are.
fn ask_password(conninfo: &Conninfo) -> io::Result<Secret> {
    let given = |keyword| {
        let parameter = conninfo.parameters().find(|p| p.keyword == keyword)?;
        match &parameter.value {
            ParameterValue::Plain(value) => Some(format!("{keyword}={value:?} ")),
            ParameterValue::Secret(_) => None,
        }
    };
    let whose: String = ["host", "user", "dbname"]
        .into_iter()
        .filter_map(given)
        .collect();
    rpassword::prompt_password(format!("password for {}: ", whose.trim_end())).map(Secret::new)
}

fn check_all(jobs: Vec<Job>) -> anyhow::Result<Vec<Report>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let reports = runtime
        .block_on(async { futures_util::future::join_all(jobs.into_iter().map(Job::run)).await });
    // A name lookup that the deadline cut off may still block a thread.
    runtime.shutdown_background();
    Ok(reports)
}

fn render(cli: &Cli, reports: &[Report]) -> String {
    match (cli.output.quiet, cli.output.format) {
        (0, Format::Human) => {
            let parts: Vec<String> = reports.iter().map(human::render).collect();
            parts.join("\n")
        }
        (_, Format::Json) => json::render(reports),
        (1, Format::Human) => reports.iter().map(line::render).collect(),
        (_, Format::Human) => String::new(),
    }
}

/// Prints to standard output. A reader that has gone away is no error.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// The exit code of several reports: 1 if any has it, else the lowest that is not 0.
fn worst(reports: &[Report]) -> Exit {
    let failed = reports
        .iter()
        .map(Report::exit)
        .filter(|exit| *exit != Exit::Ok);
    failed.min_by_key(|exit| exit.code()).unwrap_or(Exit::Ok)
}

/// What is wrong with the input and, where it is known, what to do about it.
fn message(error: &anyhow::Error) -> String {
    let help = error
        .downcast_ref::<target::Error>()
        .and_then(target::Error::hint)
        .or_else(|| error.downcast_ref().and_then(LoadError::help));
    let help = help.map_or_else(String::new, |hint| format!("  help: {hint}\n"));
    format!("pgcheck: {error:#}\n{help}")
}
