//! The command. Reads as a table of contents: parse, resolve, run, render, exit. Nothing
//! else prints and nothing else exits.

mod progress;
mod terminal;

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anstream::AutoStream;
use clap::Parser;
use futures_util::stream::{self, StreamExt};
use pgcheck::cli::{self, Cli, Command, Format, Targets, Uri};
use pgcheck::exit::Exit;
use pgcheck::explain::{self, UnknownWord};
use pgcheck::render::{self, nagios, retry, text};
use pgcheck::report::Report;
use pgcheck::secret::Secret;
use pgcheck::target::{self, Conninfo, Environment, ParameterValue, Request, Target};
use pgcheck::tls::LoadError;
use pgcheck::{Job, wait};
use progress::Progress;
use signal_hook::consts::{SIGINT, SIGTERM};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(internal_error));
    end_on_signals();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain_usage(error),
    };
    let done = match &cli.command {
        Some(Command::Uri(uri)) => show_uri(&cli, uri),
        Some(Command::Explain { code }) => show_explanation(&cli, code.as_deref()),
        None => run(&cli),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&cli, &error);
            ExitCode::from(Exit::Usage.code())
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<u8> {
    let targets = with_request(&cli.targets, target::resolve)?;
    for note in targets.iter().flat_map(|target| &target.notes) {
        tell(&format!("pgcheck: note: {}\n", text::plain(note)));
    }
    let policy = cli.policy()?;
    let progress = progress(cli, &targets);
    let jobs = targets
        .into_iter()
        .map(|target| Job::new(target, policy.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    let form = cli.output.form();
    let reports = check_all(cli, &jobs, progress, |report| {
        print(cli, &(form.each)(report))
    })?;
    print(cli, &(form.all)(&reports, terminal::look(&cli.output)))?;
    Ok(match cli.output.format {
        Format::Nagios => nagios::exit_code(&reports),
        _ => worst(&reports).code(),
    })
}

/// Ends the process at once, whatever it is doing, the password prompt and a blocked write
/// included. Without a handler a container's first process would not notice a signal.
fn end_on_signals() {
    for (signal, exit) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
        let always = Arc::new(AtomicBool::new(true));
        let code = i32::from(exit.code());
        // Where a handler cannot be had, the system's own default is as good.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, code, always);
    }
}

/// A bug. Only the place is told: a panic's message may quote what was being worked on.
#[expect(clippy::exit)]
fn internal_error(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(String::new, |place| format!(" at {place}"));
    tell(&format!(
        "pgcheck: internal error{place}; this is a bug, please report it\n"
    ));
    std::process::exit(i32::from(Exit::Internal.code()));
}

/// clap's own errors exit with 2, which Docker reserves.
fn explain_usage(error: clap::Error) -> ExitCode {
    let error = cli::without_secrets(error);
    // Without a standard output there is nobody to tell.
    let _ = error.print();
    let exit = if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Ok
    };
    ExitCode::from(exit.code())
}

/// `pgcheck uri`: shows how a target was understood.
fn show_uri(cli: &Cli, uri: &Uri) -> anyhow::Result<u8> {
    let conninfos = with_request(&uri.targets, target::read)?;
    for conninfo in &conninfos {
        conninfo.check()?;
    }
    print(
        cli,
        &render::uri::render(&conninfos, uri.to, uri.show_password),
    )?;
    Ok(Exit::Ok.code())
}

/// `pgcheck explain`.
fn show_explanation(cli: &Cli, code: Option<&str>) -> anyhow::Result<u8> {
    print(cli, &explain::explain(code)?)?;
    Ok(Exit::Ok.code())
}

/// Does something with what the command line and the environment say about targets.
fn with_request<T>(
    targets: &Targets,
    work: impl Fn(&Request<'_>, &Environment) -> Result<T, target::Error>,
) -> Result<T, target::Error> {
    let stdin = || {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    };
    let request = Request {
        targets: targets.targets.clone(),
        variables: targets.env.clone(),
        files: targets.file.clone(),
        overrides: targets.option.clone(),
        stdin: Some(&stdin),
        password: targets.password.then_some(&ask_password),
    };
    work(&request, &Environment::current())
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

fn progress(cli: &Cli, targets: &[Target]) -> Progress {
    let names = targets.iter().map(render::called).collect();
    Progress::new(cli.output.progress, names, longest(cli))
}

/// How long one target may take.
fn longest(cli: &Cli) -> Duration {
    let wait = cli.demands.wait.unwrap_or_default();
    wait.saturating_add(cli.demands.timeout)
}

/// The reports in the order of the jobs; `finished` sees each as soon as it is there.
fn check_all(
    cli: &Cli,
    jobs: &[Job],
    progress: Progress,
    mut finished: impl FnMut(&Report) -> io::Result<()>,
) -> anyhow::Result<Vec<Report>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let progress = RefCell::new(progress);
    let wait = cli.demands.wait.unwrap_or_default();
    let retrying = |report: &Report, pause: Duration| {
        if cli.output.verbose {
            progress.borrow_mut().erase();
            tell(&retry::render(report, pause));
        }
    };
    let reports = runtime.block_on(async {
        let mut running = stream::iter(jobs.iter().enumerate())
            .map(|(index, job)| async move { (index, wait::run(job, wait, retrying).await) })
            .buffer_unordered(cli.demands.jobs.get());
        let mut clock = tokio::time::interval(Duration::from_millis(500));
        let mut reports: Vec<(usize, Report)> = Vec::new();
        loop {
            tokio::select! {
                next = running.next() => match next {
                    Some((index, report)) => {
                        progress.borrow_mut().erase();
                        finished(&report)?;
                        progress.borrow_mut().finished(index);
                        reports.push((index, report));
                    }
                    None => return Ok(in_order(reports)),
                },
                _ = clock.tick() => progress.borrow_mut().tick(),
            }
        }
    });
    // A name lookup that the deadline cut off may still block a thread.
    runtime.shutdown_background();
    reports
}

fn in_order(mut reports: Vec<(usize, Report)>) -> Vec<Report> {
    reports.sort_by_key(|(index, _)| *index);
    reports.into_iter().map(|(_, report)| report).collect()
}

/// Prints to standard output, coloured or not. A reader that has gone away is no error.
fn print(cli: &Cli, text: &str) -> io::Result<()> {
    let stdout = io::stdout();
    let choice = terminal::choice(cli.output.color, &stdout);
    let mut stdout = AutoStream::new(stdout.lock(), choice);
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints to standard error. Without one there is nobody to tell.
fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The exit code of several reports: 1 if any has it, else the lowest that is not 0.
fn worst(reports: &[Report]) -> Exit {
    let failed = reports
        .iter()
        .map(Report::exit)
        .filter(|exit| *exit != Exit::Ok);
    failed.min_by_key(|exit| exit.code()).unwrap_or(Exit::Ok)
}

/// What is wrong with the input and, where it is known, what to do about it. A monitoring
/// system reads standard output only.
fn complain(cli: &Cli, error: &anyhow::Error) {
    let what = format!("{error:#}");
    if cli.output.format == Format::Nagios {
        // Without a standard output there is nobody to tell.
        let _ = print(cli, &nagios::unknown(&what, terminal::look(&cli.output)));
    }
    tell(&format!("pgcheck: {}\n", text::plain(&what)));
    let of_target = error
        .downcast_ref::<target::Error>()
        .and_then(target::Error::hint)
        .or_else(|| error.downcast_ref().and_then(LoadError::help));
    let of_word = error.downcast_ref().map(UnknownWord::hint);
    if let Some(help) = of_target.map(str::to_owned).or(of_word) {
        tell(&format!("  help: {}\n", text::plain(&help)));
    }
}
