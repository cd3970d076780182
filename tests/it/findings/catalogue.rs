//! The list of findings: complete, explained, documented, and each provoked by a test.

use std::fs;
use std::path::Path;

use pgcheck::check::{CHECKS, providers};
use pgcheck::explain;

use crate::support::pgcheck;

/// Made only where pgcheck itself is at fault: there is no server that provokes it.
const A_BUG: &str = "undetermined";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of all tests but this file.
fn tests(directory: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text.push_str(&tests(&path));
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("catalogue.rs") {
            text.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
    text
}

#[test]
fn every_finding_is_provoked_by_a_test() {
    let tests = tests(&repository().join("tests/it"));
    let unprovoked: Vec<&str> = explain::codes()
        .map(|code| code.id)
        .filter(|id| *id != A_BUG && !tests.contains(&format!("\"{id}\"")))
        .collect();
    assert_eq!(unprovoked, Vec::<&str>::new());
}

#[test]
fn every_finding_is_explained_in_the_projects_voice() {
    for code in explain::codes() {
        let id = code.id;
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        assert!(id.chars().all(kebab), "{id}");
        assert!(
            !code.title.ends_with('.') && !code.why.ends_with('.'),
            "{id}"
        );
        assert!(!code.title.is_empty() && !code.why.is_empty(), "{id}");
        assert!(
            code.explain.len() > 60 && code.explain.ends_with('.'),
            "{id}"
        );
        let text = [code.title, code.why, code.explain].join(" ");
        assert!(!text.contains("  "), "{id}: blanks in {text}");
    }
}

#[test]
fn explain_prints_every_check_and_every_finding() {
    let all = pgcheck(["explain"]).run();
    assert_eq!(all.code, Some(0));
    for name in explain::codes()
        .map(|code| code.id)
        .filter(|id| *id != A_BUG)
    {
        assert!(all.stdout.contains(name), "{name}");
        let one = explain::explain(Some(name)).expect("it is known");
        assert!(one.starts_with(&format!("{name}: ")), "{one}");
        assert!(one.lines().all(|line| line.chars().count() <= 88), "{one}");
    }
    for check in &CHECKS {
        let one = pgcheck(["explain", check.id.as_str()]).run();
        assert!(one.stdout.contains(check.asks), "{}", one.stdout);
    }
}

#[test]
fn explain_offers_the_nearest_name_for_a_slip() {
    let finished = pgcheck(["explain", "certificate-expires"]).run();
    assert_eq!(finished.code, Some(3));
    assert_eq!(finished.stdout, "");
    assert!(
        finished.stderr.contains("did you mean certificate-expire"),
        "{}",
        finished.stderr
    );
    let finished = pgcheck(["explain", "xyzzy"]).run();
    assert_eq!(finished.code, Some(3));
    assert!(
        finished.stderr.contains("lists them all"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_target_with_a_subcommands_name_is_reached_after_two_dashes() {
    let finished = pgcheck(["--", "explain"]).run();
    assert_eq!(finished.code, Some(3));
    assert!(
        finished.stderr.contains("the target"),
        "{}",
        finished.stderr
    );
}

/// Holds a generated page against the file; with `UPDATE_DOCS=1` writes the file.
fn is_in_docs(name: &str, page: &str) {
    let path = repository().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::create_dir_all(repository().join("docs")).expect("a directory");
        fs::write(&path, page).expect("the page is written");
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == page,
        "docs/{name} is out of date; run UPDATE_DOCS=1 cargo test"
    );
}

#[test]
fn the_page_of_checks_is_that_of_the_source() {
    is_in_docs("checks.md", &explain::page());
}

#[test]
fn the_page_of_providers_is_that_of_the_source() {
    is_in_docs("providers.md", &providers::page());
}
