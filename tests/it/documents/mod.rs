//! Every example in README.md and docs/ does what it says.
//!
//! A block ```` ```console ```` is run: its lines `$ pgcheck …` by a shell, the lines below
//! are what they print. The comment `<!-- server: lax -->` before it names the fixture that
//! `DATABASE_URL` points to; the server is called db.example.com there, and its port 5432.
//! Times, versions and what else differs from run to run is not compared. `UPDATE_DOCS=1`
//! writes the output anew.
//!
//! In other blocks each command line that starts pgcheck has to be a right one.

mod block;
mod normal;
mod picture;
mod server;

use std::fs;
use std::path::{Path, PathBuf};

use block::{Block, blocks};
use clap::Parser;
use pgcheck::cli::Cli;

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).expect("docs/");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let all = docs.chain([root.join("README.md")]);
    let mut found: Vec<PathBuf> = all
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    found.sort();
    found
}

#[test]
fn every_example_prints_what_it_says() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in documents() {
        let mut text = fs::read_to_string(&path).expect("a document");
        for block in blocks(&text).into_iter().rev().filter(Block::is_run) {
            count += 1;
            let actual = server::run(&block);
            let same = normal::of(&actual) == normal::of(&block.body);
            if !same && update {
                text.replace_range(block.range.clone(), &actual);
            } else if !same {
                wrong.push(format!(
                    "{}:\n{}\nprints\n{actual}",
                    path.display(),
                    block.body
                ));
            }
        }
        if update {
            fs::write(&path, text).expect("the document is written");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 0);
}

#[test]
fn every_command_line_is_a_right_one() {
    let mut count = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).expect("a document");
        for arguments in blocks(&text).iter().flat_map(Block::command_lines) {
            count += 1;
            let asks_for_text = ["--help", "--version"]
                .iter()
                .any(|a| arguments.contains(&(*a).to_owned()));
            let parsed = Cli::try_parse_from(&arguments);
            assert!(
                parsed.is_ok() || asks_for_text,
                "{}: {arguments:?}",
                path.display()
            );
        }
    }
    assert!(count > 0);
}

/// `UPDATE_DOCS=1` writes the table between the comments anew.
#[test]
fn the_table_of_json_fields_is_that_of_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("docs/output.md");
    let text = fs::read_to_string(&path).expect("docs/output.md");
    let schema = fs::read_to_string(root.join("docs/schema.json")).expect("docs/schema.json");
    let table = normal::fields(&serde_json::from_str(&schema).expect("JSON"));
    let (before, rest) = text.split_once("<!-- fields -->\n").expect("the start");
    let (written, after) = rest.split_once("<!-- end of fields -->").expect("the end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let text = format!("{before}<!-- fields -->\n{table}<!-- end of fields -->{after}");
        return fs::write(&path, text).expect("docs/output.md is written");
    }
    assert!(written == table, "run the tests once with UPDATE_DOCS=1");
}

#[test]
fn every_metric_is_described() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/output.md")).expect("docs/output.md");
    let reports = [crate::reports::good()];
    let metrics =
        (pgcheck::render::OPENMETRICS.all)(&reports, pgcheck::render::look::Look::default());
    let names = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    for name in names {
        assert!(text.contains(&format!("| `{name}` |")), "{name}");
    }
}
