//! `pgcheck explain`: what a check or a finding means, why it matters, how to mend it. The
//! texts are those of the [`Code`]s, and `docs/checks.md` is made from the same.

use std::fmt::Write;

use crate::check::{CHECKS, Check, UNDETERMINED};
use crate::finding::Code;
use crate::target::quoted;

/// The widest line.
const WIDTH: usize = 88;

/// A word that names neither a check nor a finding.
#[derive(Debug, thiserror::Error)]
#[error("{} is neither a check nor a finding", quoted(.word))]
pub struct UnknownWord {
    word: String,
    nearest: Option<&'static str>,
}

impl UnknownWord {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self.nearest {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => "pgcheck explain, without a word, lists them all".to_owned(),
        }
    }
}

/// Explains a check or a finding; without a word, lists both.
///
/// # Errors
/// There is no check and no finding of that name.
pub fn explain(word: Option<&str>) -> Result<String, UnknownWord> {
    let Some(word) = word else {
        return Ok(list());
    };
    if let Some(check) = CHECKS.iter().find(|check| check.id.as_str() == word) {
        return Ok(explain_check(check));
    }
    if let Some(code) = codes().find(|code| code.id == word) {
        return Ok(explain_code(code));
    }
    Err(UnknownWord {
        word: word.to_owned(),
        nearest: nearest(word),
    })
}

/// Every finding, once, in the order of the checks.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    let listed = || CHECKS.iter().flat_map(|check| check.codes);
    let first = move |index: usize, code: &Code| {
        listed().position(|other| other.id == code.id) == Some(index)
    };
    let once = listed()
        .enumerate()
        .filter(move |(index, code)| first(*index, code));
    once.map(|(_, code)| *code).chain([&UNDETERMINED])
}

fn nearest(word: &str) -> Option<&'static str> {
    const LEAST_SIMILARITY: f64 = 0.7;
    let checks = CHECKS.iter().map(|check| check.id.as_str());
    let names = checks.chain(codes().map(|code| code.id));
    names
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .filter(|(similarity, _)| *similarity > LEAST_SIMILARITY)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

fn list() -> String {
    let mut text = String::new();
    for check in &CHECKS {
        let _ = writeln!(text, "{}: {}", check.id.as_str(), check.asks);
        for code in check.codes {
            let severity = code.severity.as_str();
            let _ = writeln!(text, "  {severity:<8} {}", code.id);
        }
        text.push('\n');
    }
    text.push_str("pgcheck explain NAME tells more about a check or a finding\n");
    text
}

fn explain_check(check: &Check) -> String {
    let mut text = format!("{}: {}\n", check.id.as_str(), check.asks);
    for code in check.codes {
        let head = format!("\n  {} ({}): ", code.id, code.severity.as_str());
        text.push_str(&wrapped(&head, "    ", code.title));
    }
    text
}

fn explain_code(code: &Code) -> String {
    let checks: Vec<&str> = checks_of(code).map(|check| check.id.as_str()).collect();
    let of = match checks.is_empty() {
        true => "of any check".to_owned(),
        false => format!("of the check {}", checks.join(" or ")),
    };
    let severity = code.severity.as_str();
    let mut text = wrapped(&format!("{}: ", code.id), "  ", code.title);
    let _ = writeln!(
        text,
        "  {severity} {of}; exit code {}\n",
        code.cause.exit().code()
    );
    text.push_str(&wrapped("  why:  ", "        ", code.why));
    text.push('\n');
    text.push_str(&wrapped("  ", "  ", code.explain));
    text
}

fn checks_of(code: &Code) -> impl Iterator<Item = &'static Check> {
    let id = code.id;
    (CHECKS.iter()).filter(move |check| check.codes.iter().any(|other| other.id == id))
}

fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(rest);
    textwrap::fill(text, options) + "\n"
}

/// `docs/checks.md`.
pub fn page() -> String {
    let mut text = "\
# Checks and findings

What pgcheck asks, in the order of its reports, and every finding that it can make. An error
fails the run with the exit code given; a warning does so with `--strict`; a note never. Some
findings are an error where the target or `--require` demands what they deny, and a warning
otherwise. `pgcheck explain NAME` prints the same. This file is made from the source
(`UPDATE_DOCS=1 cargo test`).
"
    .to_owned();
    for check in &CHECKS {
        let _ = write!(text, "\n## {}\n\n{}\n", check.id.as_str(), check.asks);
        let _ = write!(
            text,
            "\n| finding | severity | exit code | what it says |\n| --- | --- | --- | --- |\n"
        );
        for code in check.codes {
            let exit = code.cause.exit().code();
            let severity = code.severity.as_str();
            let _ = writeln!(
                text,
                "| [`{}`](#{}) | {severity} | {exit} | {} |",
                code.id,
                code.id.replace('.', ""),
                code.title
            );
        }
    }
    text.push_str("\n# The findings\n");
    for code in codes() {
        let _ = write!(
            text,
            "\n### {}\n\n{}.\n\nWhy it matters: {}.\n\n{}\n",
            code.id,
            sentence(code.title),
            code.why,
            code.explain
        );
    }
    text
}

fn sentence(title: &str) -> String {
    let mut characters = title.chars();
    match characters.next() {
        Some(first) if !title.starts_with("sslmode") => {
            first.to_uppercase().chain(characters).collect()
        }
        _ => title.to_owned(),
    }
}
