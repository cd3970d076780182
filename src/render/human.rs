//! The report for people: a head line, one row per check, a block per finding, and the
//! verdict in the last line.
//!
//! Words carry the verdict. Lower case, no full stop at the end of a title; a title says
//! what, only `help:` says what to do.

use std::fmt::Write;
use std::time::Duration;

use super::text::plain;
use crate::check::{CheckId, Judged, Row, Status};
use crate::finding::Finding;
use crate::report::Report;

/// The widest line.
const WIDTH: usize = 88;

/// The whole report, with its newlines.
pub fn render(report: &Report) -> String {
    let mut text = head(report);
    text.push('\n');
    text.push_str(&rows(report));
    for (_, finding) in report.findings() {
        text.push('\n');
        text.push_str(&block(finding));
    }
    text.push('\n');
    text.push_str(&verdict(report));
    text
}

/// Where the target is: its hosts and ports.
pub fn place(report: &Report) -> String {
    let hosts = report.target.hosts.iter().map(|host| {
        let name = host.name();
        match name.contains(':') {
            true => format!("[{name}]:{}", host.port),
            false => format!("{name}:{}", host.port),
        }
    });
    hosts.collect::<Vec<_>>().join(",")
}

fn head(report: &Report) -> String {
    let target = &report.target;
    let source = target.source.to_string();
    let source = source.strip_prefix("env:").unwrap_or(&source);
    let parts = [
        place(report),
        format!("user={}", target.user),
        format!("dbname={}", target.dbname),
        format!("sslmode={}", target.tls.sslmode.as_str()),
        format!("(from {source})"),
    ];
    let parts: Vec<String> = parts.iter().map(|part| plain(part)).collect();
    wrapped("", "    ", &parts.join("  "))
}

fn rows(report: &Report) -> String {
    let mut text = String::new();
    let mut skipped: Vec<&Row> = Vec::new();
    for row in &report.rows {
        match &row.judged {
            Judged::NotAsked => {}
            Judged::Because(_) => skipped.push(row),
            Judged::Done(outcome) => {
                let word = match outcome.status() {
                    Status::Ok => "ok",
                    Status::Warn => "warn",
                    Status::Fail => "FAIL",
                    Status::Skip => "skip",
                };
                text.push_str(&line(
                    word,
                    row.check,
                    &plain(&outcome.summary),
                    outcome.elapsed,
                ));
            }
        }
    }
    text.push_str(&folded(&skipped));
    text
}

/// One row. The time stands at the right edge where it fits.
fn line(word: &str, check: CheckId, summary: &str, elapsed: Option<Duration>) -> String {
    let time = elapsed.map(milliseconds).unwrap_or_default();
    let room = WIDTH - 19 - 10;
    let first = format!("  {word:<4}  {:<9}  ", check.as_str());
    let lines = textwrap::wrap(summary, room);
    let mut text = String::new();
    for (index, part) in lines.iter().enumerate() {
        let padding = room.saturating_sub(textwrap::core::display_width(part));
        let row = match index {
            0 => format!("{first}{part}{:padding$}{time:>10}", ""),
            _ => format!("{:19}{part}", ""),
        };
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

/// The checks that were left out because of others, in one row.
fn folded(skipped: &[&Row]) -> String {
    let Some((first, rest)) = skipped.split_first() else {
        return String::new();
    };
    let Judged::Because(causes) = &first.judged else {
        return String::new();
    };
    let causes: Vec<&str> = causes.iter().map(|check| check.as_str()).collect();
    let others = match rest.len() {
        0 => String::new(),
        count => format!("and {count} more: "),
    };
    let summary = format!("{others}nothing to judge after {}", causes.join(", "));
    line("skip", first.check, &summary, None)
}

fn milliseconds(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        0 => "<1 ms".to_owned(),
        count => format!("{count} ms"),
    }
}

fn block(finding: &Finding) -> String {
    let head = format!("{}[{}]: ", finding.severity.as_str(), finding.code.id);
    let mut text = wrapped(&head, "  ", &plain(&finding.title));
    text.push_str(&wrapped("  saw:  ", "        ", &plain(&finding.saw)));
    text.push_str(&wrapped("  why:  ", "        ", &plain(&finding.why)));
    for help in &finding.help {
        text.push_str(&wrapped("  help: ", "        ", &plain(help)));
    }
    text
}

fn wrapped(first: &str, rest: &str, text: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(rest);
    let mut wrapped = textwrap::fill(text, options);
    wrapped.push('\n');
    wrapped
}

fn verdict(report: &Report) -> String {
    let judged = report
        .rows
        .iter()
        .filter(|row| !matches!(row.judged, Judged::NotAsked))
        .count();
    let with = |status: Status| -> Vec<&str> {
        let rows = report.rows.iter().filter(|row| row.status() == status);
        rows.map(|row| row.check.as_str()).collect()
    };
    let (failed, warned) = (with(Status::Fail), with(Status::Warn));
    let skipped = report
        .rows
        .iter()
        .filter(|row| matches!(row.judged, Judged::Because(_)))
        .count();
    let checks = if judged == 1 { "check" } else { "checks" };
    let time = milliseconds(report.duration);
    match report.status() {
        Status::Ok => format!("ok: {judged} {checks} in {time}\n"),
        Status::Warn => format!(
            "ok, with warnings: {} of {judged} {checks} ({}), {time}\n",
            warned.len(),
            warned.join(", ")
        ),
        Status::Fail | Status::Skip => {
            let bad = if failed.is_empty() { warned } else { failed };
            let rest = if skipped == 0 {
                String::new()
            } else {
                format!(", {skipped} skipped")
            };
            format!(
                "failed: {} of {judged} {checks} ({}){rest}\n",
                bad.len(),
                bad.join(", ")
            )
        }
    }
}
