//! The options of the output, the help, and what is generated from the definitions.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use pgcheck::cli::Cli;
use textwrap::core::display_width;

use crate::support::{PASSWORD, Peer, Step, fixture, pgcheck};

const ESC: char = '\x1b';

#[test]
fn the_help_fits_two_screens_and_has_four_examples() {
    let help = pgcheck(["--help"]).run();
    assert_eq!(help.code, Some(0));
    let lines: Vec<&str> = help.stdout.lines().collect();
    assert!(lines.len() <= 48, "{} lines:\n{}", lines.len(), help.stdout);
    for line in &lines {
        assert!(display_width(line) <= 88, "{line}");
    }
    let examples = help.stdout.matches("\n  pgcheck").count();
    assert_eq!(examples, 4, "{}", help.stdout);
    for group in ["Targets:", "Demands:", "Output:", "Examples:"] {
        assert!(help.stdout.contains(group), "{group}");
    }
}

#[test]
fn both_ways_to_ask_give_the_same_help() {
    assert_eq!(
        pgcheck(["-h"]).run().stdout,
        pgcheck(["--help"]).run().stdout
    );
}

#[test]
fn the_version_names_the_tls_library_as_it_was_built_in() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"));
    let lock = lock.expect("Cargo.lock");
    let version = |name: &str| {
        let entry = lock
            .split("[[package]]")
            .find(|e| e.contains(&format!("name = \"{name}\"\n")));
        let line = entry
            .expect(name)
            .lines()
            .find(|l| l.starts_with("version"));
        line.expect("a version")
            .replace("version = ", "")
            .replace('"', "")
    };
    let expected = format!(
        "pgcheck {} (rustls {}, aws-lc-rs {})\n",
        env!("CARGO_PKG_VERSION"),
        version("rustls"),
        version("aws-lc-rs")
    );
    assert_eq!(pgcheck(["--version"]).run().stdout, expected);
}

#[test]
fn wrong_usage_shows_the_nearest_right_form() {
    for (wrong, right) in [
        (["--formt", "json"], "--format"),
        (["--format", "jso"], "json"),
        (["--colour", "never"], "--color"),
        (["--only", "tsl"], "tls"),
        (["--require", "verify_full"], "verify-full"),
    ] {
        let finished = pgcheck(wrong).run();
        assert_eq!(finished.code, Some(3), "{wrong:?}");
        assert_eq!(finished.stdout, "", "{wrong:?}");
        assert!(
            finished.stderr.contains(right),
            "{wrong:?}: {}",
            finished.stderr
        );
    }
}

/// A target is easily given where something else belongs: `--env "$DATABASE_URL"`.
#[test]
fn a_password_in_the_wrong_place_is_not_repeated() {
    let uri = format!("postgresql://app:{PASSWORD}@db.example.com/shop");
    let override_with = format!("{uri}?a=b");
    let password = format!("--password={PASSWORD}");
    for wrong in [
        vec!["--env", &uri],
        vec!["--file", &uri],
        vec!["--option", &override_with],
        vec!["--format", &uri],
        vec!["--timeout", &uri],
        vec!["--only", &uri],
        vec!["explain", &uri],
        vec!["explain", "tls", &uri],
        vec!["uri", "--to", &uri],
        vec![&password],
    ] {
        let finished = pgcheck(&wrong).run();
        assert_eq!(finished.code, Some(3), "{wrong:?}");
        assert!(
            !(finished.stdout + &finished.stderr).contains(PASSWORD),
            "{wrong:?}: {}",
            finished.stderr
        );
    }
    for variable in ["PGPORT", "PGSSLMODE", "PGSERVICE"] {
        let finished = pgcheck(["host=db.example.com"]).env(variable, &uri).run();
        assert_eq!(finished.code, Some(3), "{variable}");
        assert!(!finished.stderr.contains(PASSWORD), "{}", finished.stderr);
    }
}

#[test]
fn colour_is_asked_for_or_goes_to_a_terminal() {
    let url = fixture("lax").url();
    let coloured = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut run = pgcheck(arguments).env("DATABASE_URL", &url);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        run.run().stdout.contains(ESC)
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "always", "--format", "json"], &[]));
    assert!(!coloured(&["--color", "always", "-q"], &[]));
}

#[test]
fn the_locale_decides_about_unicode_and_columns_about_the_width() {
    let url = fixture("lax").url();
    let run = |locale: &str| {
        pgcheck(["-v"])
            .env("DATABASE_URL", &url)
            .env("LC_ALL", locale)
            .env("COLUMNS", "60")
            .run()
            .stdout
    };
    let (unicode, ascii) = (run("C.UTF-8"), run("C"));
    assert!(
        unicode.contains('━') && ascii.is_ascii(),
        "{unicode}{ascii}"
    );
    for line in unicode.lines().chain(ascii.lines()) {
        assert!(display_width(line) <= 60, "{line}");
    }
}

#[test]
fn quiet_prints_one_line_and_very_quiet_nothing() {
    let url = fixture("lax").url();
    let quiet = pgcheck(["-q", &url]).run();
    assert_eq!(quiet.code, Some(1));
    assert_eq!(quiet.stdout.lines().count(), 1);
    assert!(
        quiet.stdout.starts_with("pgcheck FAIL: 127.0.0.1:"),
        "{}",
        quiet.stdout
    );
    for arguments in [
        ["-qq", &url, "--format=human"],
        ["-qq", &url, "--format=json"],
    ] {
        let silent = pgcheck(arguments).run();
        assert_eq!((silent.code, silent.stdout.as_str()), (Some(1), ""));
    }
}

#[test]
fn nagios_has_exit_codes_of_its_own() {
    let run = |url: &str| {
        let arguments = ["--format", "nagios", "-e", "URL"];
        let finished = pgcheck(arguments).env("URL", url).run();
        (finished.code, finished.stdout)
    };
    let (code, line) = run(&fixture("enforced").url());
    assert!(
        code == Some(0) && line.starts_with("PGCHECK OK - "),
        "{line}"
    );
    let weak = fixture("enforced")
        .uri()
        .without("sslmode")
        .without("sslrootcert");
    let (code, line) = run(&weak.to_string());
    assert!(
        code == Some(1) && line.starts_with("PGCHECK WARNING - "),
        "{line}"
    );
    let (code, line) = run(&fixture("lax").url());
    assert!(
        code == Some(2) && line.starts_with("PGCHECK CRITICAL - "),
        "{line}"
    );
    let (code, line) = run("postgresql://h/?colour=red");
    assert!(
        code == Some(3) && line.starts_with("PGCHECK UNKNOWN - "),
        "{line}"
    );
}

#[test]
fn several_targets_end_with_a_line_that_sums_up() {
    let (good, lax) = (fixture("enforced").url(), fixture("lax").url());
    let list = format!("good = {good}\nlax = {lax}\n");
    let finished = pgcheck(["-f", "targets"]).home_file("targets", list).run();
    let last = finished.stdout.lines().last();
    assert_eq!(last, Some("failed: 2 targets: 1 ok, 1 failed (lax)"));
    assert_eq!(finished.code, Some(1));
}

#[test]
fn jsonl_prints_each_target_as_soon_as_it_is_finished() {
    let silent = Peer::playing([Step::Read, Step::Silence]);
    let slow = format!("postgresql://app@{}/shop", silent.address());
    let arguments = ["--format", "jsonl", "-t", "2s", "-e", "SLOW", "-e", "GOOD"];
    let statuses = |at_once: &[&str]| -> Vec<serde_json::Value> {
        let finished = pgcheck([&arguments[..], at_once].concat())
            .env("SLOW", &slow)
            .env("GOOD", fixture("enforced").url())
            .run();
        let status = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).expect("JSON")["status"].take()
        };
        finished.stdout.lines().map(status).collect()
    };
    assert_eq!(statuses(&[]), ["ok", "fail"]);
    assert_eq!(statuses(&["--jobs", "1"]), ["fail", "ok"]);
}

#[test]
fn progress_stays_off_a_standard_error_that_is_no_terminal() {
    let silent = Peer::playing([Step::Read, Step::Silence]);
    let slow = format!("postgresql://app@{}/shop", silent.address());
    let run = |when: &str| {
        let arguments = [
            "--progress",
            when,
            "--timeout",
            "1500ms",
            "-o",
            "sslmode=require",
            "-e",
            "SLOW",
        ];
        pgcheck(arguments)
            .env("SLOW", &slow)
            .env("TERM", "xterm")
            .run()
            .stderr
    };
    assert_eq!(run("auto"), "");
    let line = format!("pgcheck: 1 of 1 finished: {}\n", silent.address());
    assert_eq!(run("always"), line);
}

/// Compares what is generated with what is checked in; `UPDATE_DOCS=1` writes it anew.
fn assert_checked_in(name: &str, generated: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("dist")
        .join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(&path, generated).expect("a file");
    }
    let written = std::fs::read(&path).unwrap_or_default();
    assert!(
        written == generated,
        "dist/{name} is not up to date: run the tests once with UPDATE_DOCS=1"
    );
}

/// Without the versions of libraries, so that an update of one changes nothing here.
fn command() -> clap::Command {
    Cli::command().version(env!("CARGO_PKG_VERSION"))
}

#[test]
fn the_completions_are_those_of_the_definitions() {
    for (shell, name) in [
        (Shell::Bash, "completions/pgcheck.bash"),
        (Shell::Zsh, "completions/_pgcheck"),
        (Shell::Fish, "completions/pgcheck.fish"),
    ] {
        let mut generated = Vec::new();
        clap_complete::generate(shell, &mut command(), "pgcheck", &mut generated);
        assert_checked_in(name, &generated);
    }
}

#[test]
fn the_man_page_is_that_of_the_definitions() {
    let mut generated = Vec::new();
    clap_mangen::Man::new(command())
        .render(&mut generated)
        .expect("a page");
    assert_checked_in("pgcheck.1", &generated);
}

/// `script` gives the command a terminal, and prints what arrives there.
fn on_a_terminal(arguments: &str, variables: &[(&str, &str)]) -> String {
    let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_pgcheck"));
    let run = std::process::Command::new("script")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .envs(variables.iter().copied())
        .args(["-q", "-e", "-c", &command, "/dev/null"])
        .stdin(std::process::Stdio::null())
        .output();
    let output = run.expect("script, of util-linux").stdout;
    String::from_utf8(output).expect("UTF-8")
}

#[test]
fn a_terminal_is_told_what_is_waited_for_and_keeps_no_trace_of_it() {
    const ERASE: &str = "\r\x1b[J";
    let silent = Peer::playing([Step::Read, Step::Silence]);
    let place = silent.address();
    let arguments = format!("-q -t 2s 'postgresql://app@{place}/shop'");
    let text = on_a_terminal(&arguments, &[("TERM", "xterm")]);
    let line = format!("{ERASE}pgcheck: waiting for {place}, 1 s of at most 2 s");
    assert!(text.contains(&line), "{text:?}");
    let (_, rest) = text.rsplit_once(ERASE).expect("it is erased");
    assert!(
        rest.starts_with(&format!("pgcheck FAIL: {place} ")),
        "{text:?}"
    );
    for (name, value) in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let text = on_a_terminal(&arguments, &[(name, value)]);
        assert!(!text.contains(ESC), "{name}: {text:?}");
    }
}

#[test]
fn a_terminal_gets_colours_unless_it_is_told_not_to() {
    let arguments = format!("--only uri,dns '{}'", fixture("lax").url());
    let coloured = |variables: &[(&str, &str)]| on_a_terminal(&arguments, variables).contains(ESC);
    assert!(coloured(&[("TERM", "xterm")]));
    assert!(!coloured(&[("TERM", "dumb")]));
    assert!(!coloured(&[("TERM", "xterm"), ("NO_COLOR", "1")]));
}
