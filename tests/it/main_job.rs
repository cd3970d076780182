//! The main job, as a user runs it: the verdict, the exit code and the report on each kind
//! of server.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    Finished, PASSWORD, Peer, Proxy, Step, closed_port, fixture, pgcheck, startup_message,
};

/// Runs `pgcheck --format json` with the target in `DATABASE_URL`.
fn report(url: &str) -> (Finished, Value) {
    let finished = pgcheck(["--format", "json"]).env("DATABASE_URL", url).run();
    let json = serde_json::from_str(&finished.stdout).expect("JSON on standard output");
    (finished, json)
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|f| f["code"].as_str().expect("a code"))
        .collect()
}

fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().expect("checks");
    checks
        .iter()
        .find(|check| check["id"] == id)
        .expect("the check")
}

#[test]
fn a_server_that_refuses_plaintext_passes() {
    let (finished, report) = report(&fixture("enforced").url());
    assert_eq!(finished.code, Some(0), "{}", finished.stdout);
    assert_eq!(report["status"], "ok");
    assert_eq!(codes(&report), Vec::<&str>::new());
    assert_eq!(report["facts"]["plaintext"][0]["outcome"], "refused");
    assert_eq!(report["facts"]["plaintext"][0]["sqlstate"], "28000");
    assert_eq!(report["facts"]["auth"]["method"], "scram-sha-256-plus");
    let version = report["facts"]["session"]["server_version"].as_str();
    assert!(version.expect("a version").starts_with("PostgreSQL "));
}

#[test]
fn a_server_that_accepts_plaintext_fails() {
    let (finished, report) = report(&fixture("lax").url());
    assert_eq!(finished.code, Some(1));
    assert_eq!(codes(&report), ["plaintext-accepted"]);
    assert_eq!(report["facts"]["plaintext"][0]["outcome"], "accepted");
    assert_eq!(check(&report, "session")["status"], "ok");
}

#[test]
fn a_server_that_asks_nobody_for_a_password_fails() {
    let (finished, report) = report(&fixture("trusting").url());
    assert_eq!(finished.code, Some(1));
    assert!(
        codes(&report).contains(&"plaintext-no-password"),
        "{report}"
    );
}

#[test]
fn a_server_without_tls_fails_with_both_findings() {
    let (finished, report) = report(&fixture("plain").url());
    assert_eq!(finished.code, Some(1));
    assert_eq!(codes(&report), ["tls-not-offered", "plaintext-accepted"]);
    assert_eq!(check(&report, "auth")["skipped_because"][0], "tls");
}

#[test]
fn a_wrong_password_is_rejected() {
    let url = fixture("enforced").uri().password("wrong").to_string();
    let (finished, report) = report(&url);
    assert_eq!(finished.code, Some(6));
    assert_eq!(codes(&report), ["password-rejected"]);
    assert_eq!(check(&report, "plaintext")["status"], "ok");
}

#[test]
fn a_closed_port_is_unreachable() {
    let port = closed_port();
    let (finished, report) = report(&format!(
        "postgresql://app@127.0.0.1:{port}/shop?sslmode=require"
    ));
    assert_eq!(finished.code, Some(4));
    assert_eq!(codes(&report), ["tcp-refused"]);
}

#[test]
fn a_silent_port_ends_within_the_timeout() {
    let peer = Peer::playing([Step::Silence]);
    let url = format!(
        "postgresql://app@127.0.0.1:{}/shop?sslmode=require",
        peer.port()
    );
    let finished = pgcheck(["--timeout", "500ms", &url]).run();
    assert_eq!(finished.code, Some(4), "{}", finished.stdout);
    assert!(
        finished.elapsed < Duration::from_secs(5),
        "{:?}",
        finished.elapsed
    );
}

#[test]
fn two_silent_hosts_are_as_unreachable_as_one() {
    let (first, second) = (
        Peer::playing([Step::Silence]),
        Peer::playing([Step::Silence]),
    );
    let url = format!(
        "postgresql://app@127.0.0.1:{},127.0.0.1:{}/shop?sslmode=require",
        first.port(),
        second.port()
    );
    let finished = pgcheck(["--timeout", "500ms", "--format", "json", &url]).run();
    assert_eq!(finished.code, Some(4), "{}", finished.stdout);
    let report: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(codes(&report), ["tls-timeout", "plaintext-undetermined"]);
}

#[test]
fn without_a_target_nothing_is_attempted() {
    let finished = pgcheck::<&str>([]).run();
    assert_eq!(finished.code, Some(3));
    assert_eq!(finished.stdout, "");
    for name in [
        "DATABASE_URL",
        "SCALINGO_POSTGRESQL_URL",
        "POSTGRESQL_URL",
        "POSTGRES_URL",
        "PGHOST",
    ] {
        assert!(
            finished.stderr.contains(name),
            "{name}: {}",
            finished.stderr
        );
    }
}

#[test]
fn a_broken_uri_is_refused_without_its_password() {
    let url = format!("postgresql://app:{PASSWORD}@db:http/shop");
    let finished = pgcheck::<&str>([]).env("DATABASE_URL", url).run();
    assert_eq!(finished.code, Some(3));
    assert!(
        finished.stderr.contains("DATABASE_URL"),
        "{}",
        finished.stderr
    );
    assert!(!finished.stderr.contains(PASSWORD), "{}", finished.stderr);
}

#[test]
fn wrong_usage_does_not_exit_with_dockers_2() {
    let finished = pgcheck(["--no-such-option"]).run();
    assert_eq!(finished.code, Some(3));
    assert!(finished.stderr.contains("--no-such-option"));
}

#[test]
fn the_target_may_come_from_any_of_the_usual_places() {
    let url = fixture("enforced").url();
    let runs = [
        pgcheck(["-q"]).env("SCALINGO_POSTGRESQL_URL", &url).run(),
        pgcheck(["-q", "--env", "REPORTING"])
            .env("REPORTING", &url)
            .run(),
        pgcheck(["-q", "-"]).stdin(&format!("{url}\n")).run(),
    ];
    for finished in runs {
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(
            finished.stdout.starts_with("pgcheck ok: "),
            "{}",
            finished.stdout
        );
    }
    let argument = pgcheck(["-q", &url]).run();
    assert_eq!(argument.code, Some(0), "{argument:?}");
    assert!(argument.stdout.contains("password-on-command-line"));
}

#[test]
fn the_password_leaves_only_inside_tls() {
    for name in ["enforced", "lax", "trusting", "plain", "pooled"] {
        let server = fixture(name);
        let proxy = Proxy::to(server.address());
        pgcheck(["--format", "json"])
            .env("DATABASE_URL", server.uri().port(proxy.port()).to_string())
            .run();
        let recordings = proxy.recordings();
        let plaintext: Vec<_> = recordings.iter().filter(|r| !r.is_tls()).collect();
        assert!(
            !plaintext.is_empty(),
            "{name}: the plaintext probe was made"
        );
        for recording in &recordings {
            assert!(!recording.contains(PASSWORD.as_bytes()), "{name}");
        }
        let allowed = [
            startup_message("app", "shop"),
            crate::support::ssl_request(),
        ];
        for recording in plaintext {
            assert!(
                allowed.contains(&recording.sent),
                "{name}: {}",
                recording.sent.escape_ascii()
            );
        }
    }
}

#[test]
fn no_form_of_the_report_shows_the_password() {
    let url = fixture("lax").url();
    for arguments in [
        &["--format", "human"][..],
        &["--format", "json"],
        &["-q"],
        &["-v"],
    ] {
        let finished = pgcheck(arguments).env("DATABASE_URL", &url).run();
        let all = finished.stdout + &finished.stderr;
        assert!(!all.contains(PASSWORD), "{arguments:?}: {all}");
    }
}

#[test]
fn a_closed_standard_output_is_no_panic() {
    let url = fixture("enforced").url();
    let status = std::process::Command::new("sh")
        .args(["-c", "\"$0\" | true", env!("CARGO_BIN_EXE_pgcheck")])
        .env("DATABASE_URL", url)
        .output()
        .expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&status.stderr), "");
}

#[test]
fn a_closed_standard_error_is_no_panic() {
    let port = closed_port();
    for arguments in ["--no-such-option", "-v --wait 300ms", "-f /no/such/file"] {
        let script = format!("\"$0\" {arguments} 2>&1 >/dev/null | true; exit ${{PIPESTATUS[0]}}");
        let status = std::process::Command::new("bash")
            .args(["-c", &script, env!("CARGO_BIN_EXE_pgcheck")])
            .env(
                "DATABASE_URL",
                format!("postgresql://app@127.0.0.1:{port}/shop"),
            )
            .status()
            .expect("bash runs");
        let code = if arguments.contains("--wait") { 4 } else { 3 };
        assert_eq!(status.code(), Some(code), "{arguments}");
    }
}

#[test]
fn uri_shows_how_a_target_was_understood_and_masks_the_password() {
    let arguments = [
        "uri",
        "--to",
        "json",
        "postgresql://app:p%40ss@db,b:31/orders?sslmode=require",
    ];
    let finished = pgcheck(arguments).env("PGOPTIONS", "-c a=b").run();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let expected = serde_json::json!({
        "host": "db,b", "port": ",31", "user": "app", "password": "********",
        "dbname": "orders", "sslmode": "require", "options": "-c a=b",
    });
    let shown: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(shown, expected);

    let table = pgcheck(["uri", "--show-password", "postgresql://app:p%40ss@db"])
        .run()
        .stdout;
    let words: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(
        words.contains(&vec!["password", "p@ss", "argument"]),
        "{table}"
    );
}

#[test]
fn a_server_that_sends_the_password_back_does_not_get_it_printed() {
    let message = |tag: u8, body: &[u8]| {
        let length = u32::try_from(body.len() + 4).expect("a short body");
        [&[tag], &length.to_be_bytes()[..], body].concat()
    };
    let asks = message(b'R', &3_u32.to_be_bytes());
    let refuses = format!("SFATAL\0C28P01\0Mno entry for \"{PASSWORD}\"\0\0");
    let peer = Peer::with_tls(
        [asks, message(b'E', refuses.as_bytes())].concat(),
        vec![Step::Reset],
    );
    let url = format!(
        "postgresql://app:{PASSWORD}@{}/shop?sslmode=require",
        peer.address()
    );
    let finished = pgcheck(["-v"]).env("DATABASE_URL", url).run();
    assert_eq!(finished.code, Some(6), "{}", finished.stdout);
    assert!(
        finished.stdout.contains("no entry for \"********\""),
        "{}",
        finished.stdout
    );
    assert!(!finished.stdout.contains(PASSWORD), "{}", finished.stdout);
}
