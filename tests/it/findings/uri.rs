//! `uri`.

use crate::support::{Report, fixture, pgcheck, report};

/// A run on a machine whose trust store holds the fixtures' authority.
fn trusting(uri: impl ToString) -> Report {
    let server = fixture("enforced");
    report(
        pgcheck::<&str>([])
            .env("DATABASE_URL", uri.to_string())
            .env("SSL_CERT_FILE", &server.ca),
    )
}

#[test]
fn weak_modes_are_told_and_what_to_paste_was_tried() {
    let server = fixture("enforced");
    for (mode, code, severity, exit) in [
        ("disable", "sslmode-disable", "error", 1),
        ("allow", "sslmode-allow", "error", 1),
        ("prefer", "sslmode-prefer", "warning", 0),
        ("require", "stronger-sslmode-works", "note", 0),
    ] {
        let uri = server.uri().without("sslrootcert").param("sslmode", mode);
        let report = trusting(&uri);
        report.has(code, severity);
        assert_eq!(report.finished.code, Some(exit), "{mode}");
        let help = report.help(code);
        assert!(
            help.contains("sslmode=verify-full&sslrootcert=system"),
            "{help}"
        );
    }
    // What the report says to paste.
    let pasted = server.uri().param("sslrootcert", "system");
    assert_eq!(trusting(pasted).codes(), Vec::<&str>::new());
}

#[test]
fn the_targets_own_root_file_is_tried_first() {
    let server = fixture("enforced");
    let report = trusting(server.uri().param("sslmode", "verify-ca"));
    let help = report.help("stronger-sslmode-works");
    let ca = server.ca.display();
    assert!(
        help.contains(&format!("sslmode=verify-full&sslrootcert={ca}")),
        "{help}"
    );
    trusting(server.uri()).lacks("stronger-sslmode-works");
}

#[test]
fn a_name_that_the_certificate_lacks_leaves_verify_ca() {
    let server = fixture("enforced");
    let uri = server
        .uri()
        .host("db.example.com")
        .param("hostaddr", "127.0.0.1");
    let report = trusting(uri.param("sslmode", "prefer"));
    let help = report.help("sslmode-prefer");
    assert!(help.contains("sslmode=verify-ca"), "{help}");
}

#[test]
fn require_where_nobody_vouches_says_what_it_does_not_check() {
    let server = fixture("enforced");
    let uri = server
        .uri()
        .without("sslrootcert")
        .param("sslmode", "require");
    let url = uri.to_string();
    let report = report(pgcheck::<&str>([]).env("DATABASE_URL", url));
    report.has("sslmode-require", "note");
    assert_eq!(report.status("uri"), "ok");
    trusting(server.uri()).lacks("sslmode-require");
}

#[test]
fn a_password_in_an_argument_is_password_on_command_line() {
    let url = fixture("enforced").url();
    let report = report(pgcheck([&url]));
    report.has("password-on-command-line", "warning");
    assert_eq!(report.finished.code, Some(0));
    trusting(url).lacks("password-on-command-line");
}
