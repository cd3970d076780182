//! The tables of `docs/plaintext.md`, made from the rules and the catalogue. A test fails when
//! they are not what the file says; with `UPDATE_DOCS=1` it rewrites the file instead.

use std::fmt::Write;

use super::known::{Meaning, PRODUCTS, Text};
use super::rules::{RULES, Rule, Then};
use super::{Control, Kind};

fn answer(kind: Kind) -> &'static str {
    match kind {
        Kind::Authentication => "an authentication request (`R`), AuthenticationOk included",
        Kind::NotNow => {
            "an error that says \"not now\": 57P01, 57P02, 57P03, 08006, 58000, class 53, a known \
             text, or no SQLSTATE at all"
        }
        Kind::Hba => "28000 from routine `ClientAuthentication` in `auth.c`: pg_hba.conf",
        Kind::DemandsTls => "a known text that demands TLS",
        Kind::LoginFailed => "an error from routine `auth_failed`",
        Kind::OtherMatter => {
            "a known text about something else, or an error from another source file of PostgreSQL"
        }
        Kind::Relayed => "words about `pg_hba.conf` without file and routine",
        Kind::OtherError => "any other error",
        Kind::Silence => "closed or reset without a byte",
        Kind::Alert => "a TLS alert",
        Kind::Http => "an HTTP response",
        Kind::NotPostgres => "other bytes",
        Kind::NoAnswer => "nothing in time, or no connection although TLS has one",
        Kind::Differing => "two attempts, two different answers",
    }
}

fn control(control: Control) -> &'static str {
    match control {
        Control::Any => "anything else, or nothing",
        Control::NoTls => "`N` to SSLRequest: no TLS",
        Control::WentOn => "an authentication request",
        Control::WentOnTwice => "an authentication request, twice; and twice the same without TLS",
        Control::WantsCertificate => "pg_hba.conf's demand for a client certificate",
        Control::SameAnswer => "the same error",
        Control::NotNow => "an error that says \"not now\"",
        Control::NotAsked => "pgcheck broke off: it did not trust the certificate",
    }
}

fn conclusion(rule: &Rule) -> String {
    match &rule.then {
        Then::Accepted => "**accepted**".to_owned(),
        Then::Refused(confidence, reason) => {
            format!("**refused**, {} confidence: {reason}", confidence.as_str())
        }
        Then::Undetermined {
            reason, ask_again, ..
        } => {
            let again = if *ask_again {
                " *Asked once more first.*"
            } else {
                ""
            };
            format!("**undetermined**: {reason}.{again}")
        }
    }
}

fn verdicts() -> String {
    let mut table =
        "| # | without TLS | with TLS | verdict |\n| - | --- | --- | --- |\n".to_owned();
    for (index, rule) in RULES.iter().enumerate() {
        let answers: Vec<&str> = match rule.answers {
            kinds if kinds == Kind::ERRORS => vec!["any error but \"not now\""],
            kinds => kinds.iter().map(|kind| answer(*kind)).collect(),
        };
        let (answers, control, then) = (
            answers.join("; or "),
            control(rule.control),
            conclusion(rule),
        );
        let _ = writeln!(table, "| {} | {answers} | {control} | {then} |", index + 1);
    }
    table
}

fn known() -> String {
    let mut table =
        "| product | SQLSTATE | message | means | known from |\n| --- | --- | --- | --- | --- |\n"
            .to_owned();
    for product in &PRODUCTS {
        for (index, (sqlstate, text, meaning)) in product.answers.iter().enumerate() {
            let sqlstate = if *sqlstate == "*" { "any" } else { sqlstate };
            let text = match text {
                Text::Is(text) => format!("`{text}`"),
                Text::Starts(text) => format!("`{text}` …"),
                Text::Around(start, end) => format!("`{start}` … `{end}`"),
                Text::Ends(text) => format!("… `{text}`"),
            };
            let meaning = match meaning {
                Meaning::DemandsTls => "TLS is demanded",
                Meaning::NotNow => "not now",
                Meaning::OtherMatter => "another matter",
                Meaning::Unclear => "no TLS, or another refusal",
            };
            let (name, source) = match index {
                0 => (product.name, product.source),
                _ => ("", ""),
            };
            let _ = writeln!(
                table,
                "| {name} | {sqlstate} | {text} | {meaning} | {source} |"
            );
        }
    }
    table
}

/// Puts a table between its two marks.
fn put(page: &str, name: &str, table: &str) -> String {
    let (start, end) = (
        format!("<!-- {name}: made by a test -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let before = page.find(&start).expect("the first mark") + start.len();
    let after = page.find(&end).expect("the second mark");
    format!("{}{table}{}", &page[..before], &page[after..])
}

#[test]
fn docs_plaintext_md_is_made_from_the_tables() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plaintext.md");
    let page = std::fs::read_to_string(path).expect("docs/plaintext.md");
    let made = put(
        &put(&page, "verdicts", &verdicts()),
        "known answers",
        &known(),
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &made).expect("docs/plaintext.md is written");
    } else {
        assert!(
            made == page,
            "docs/plaintext.md is old; run this test with UPDATE_DOCS=1"
        );
    }
}
