//! The options that choose and weigh checks.

use crate::support::{Proxy, check, fixture, pgcheck};

#[test]
fn only_runs_these_checks_and_sends_no_password() {
    let server = fixture("enforced");
    let proxy = Proxy::to(server.address());
    let uri = server.uri().port(proxy.port());
    let report = check(uri, ["--only", "chain,hostname", "--only", "expiry"]);
    for id in ["chain", "hostname", "expiry"] {
        assert_eq!(report.status(id), "ok");
    }
    for id in [
        "uri",
        "dns",
        "tcp",
        "tls",
        "legacy",
        "auth",
        "session",
        "plaintext",
    ] {
        assert_eq!(report.status(id), "skip");
    }
    assert!(
        proxy
            .recordings()
            .iter()
            .all(|recording| recording.is_tls())
    );
}

#[test]
fn skip_leaves_a_check_out_and_makes_no_connection_for_it() {
    let server = fixture("lax");
    let proxy = Proxy::to(server.address());
    let report = check(
        server.uri().port(proxy.port()),
        ["--skip", "plaintext,legacy"],
    );
    assert_eq!(report.finished.code, Some(0));
    assert_eq!(report.status("plaintext"), "skip");
    assert_eq!(proxy.recordings().len(), 1, "the session alone");
}

#[test]
fn to_leave_every_check_out_is_wrong_usage_and_not_a_pass() {
    let finished = pgcheck(["--only", "tls", "--skip", "tls", "host=db.example.com"]).run();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(3), ""));
    assert!(finished.stderr.contains("no check"), "{}", finished.stderr);
}

#[test]
fn a_check_that_was_not_asked_for_is_named_where_it_is_the_cause() {
    let server = fixture("enforced");
    let report = check(
        server.uri().host("localhost").port(1),
        ["--only", "session"],
    );
    assert_eq!(report.check("session")["skipped_because"][0], "tcp");
    assert_eq!(report.status("tcp"), "fail");
    assert_eq!(report.finished.code, Some(4));
}

/// psql's session ends with: invalid value for parameter "client_encoding".
#[test]
fn an_encoding_that_the_server_refuses_is_refused() {
    let uri = fixture("enforced").uri();
    let finished = pgcheck([uri.clone().param("client_encoding", "nope").to_string()]).run();
    assert_eq!(finished.code, Some(3), "{}", finished.stdout);
    assert!(finished.stderr.contains("client_encoding"), "{finished:?}");
    let report = check(uri.param("client_encoding", "latin-1"), []);
    assert_eq!(report.finished.code, Some(0));
}

#[test]
fn strict_makes_a_warning_fail() {
    let url = fixture("pooled").url();
    assert_eq!(check(&url, []).finished.code, Some(0));
    let report = check(&url, ["--strict"]);
    assert_eq!(report.json["status"], "fail");
    assert_eq!(report.finished.code, Some(1));
}

#[test]
fn to_require_verification_of_a_target_without_roots_means_the_platforms() {
    let uri = fixture("enforced").uri().without("sslrootcert");
    let uri = uri.param("sslmode", "require");
    let store = |file: &std::path::Path| {
        let arguments = ["--format", "json", "--require", "verify-full"];
        let run = pgcheck(arguments).env("SSL_CERT_DIR", "/nowhere");
        let run = run.env("SSL_CERT_FILE", file);
        run.env("DATABASE_URL", uri.to_string()).run()
    };
    let of_another = crate::support::certificates::Authority::new("Another");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &of_another.pem).expect("it is written");
    let untrusted = store(file.path());
    assert_eq!(untrusted.code, Some(5), "{}", untrusted.stdout);
    assert!(untrusted.stdout.contains("\"untrusted-chain\""));
    let trusted = store(&fixture("enforced").ca);
    assert_eq!(trusted.code, Some(0), "{}", trusted.stdout);
}

#[test]
fn require_raises_the_bar() {
    let server = fixture("enforced");
    let weak = server.uri().param("sslmode", "prefer");
    for level in ["verify-ca", "verify-full", "channel-binding", "tls1.3"] {
        let report = check(&weak, ["--require", level, "--skip", "uri"]);
        assert_eq!(
            report.finished.code,
            Some(0),
            "{level}: {}",
            report.finished.stdout
        );
    }
    let elsewhere = weak.host("db.example.com").param("hostaddr", "127.0.0.1");
    let exit = |level| {
        check(&elsewhere, ["--require", level, "--skip", "uri"])
            .finished
            .code
    };
    assert_eq!(exit("verify-ca"), Some(0));
    assert_eq!(exit("verify-full"), Some(5));
}

#[test]
fn an_unknown_check_or_level_is_a_usage_error_that_lists_what_there_is() {
    for (arguments, listed) in [
        (
            ["--only", "tsl"],
            "uri, dns, tcp, tls, legacy, chain, hostname, expiry, auth, session, plaintext",
        ),
        (["--skip", "certificate"], "uri, dns, tcp, tls"),
        (
            ["--require", "tls1.4"],
            "verify-ca, verify-full, channel-binding, tls1.3",
        ),
        (["--expires-within", "soon"], "500ms, 10s, 5m, 2h, 21d"),
        (["--expires-fail", "0d"], "longer than zero"),
    ] {
        let finished = pgcheck(arguments).run();
        assert_eq!(finished.code, Some(3), "{arguments:?}");
        assert!(finished.stderr.contains(listed), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
    }
}
