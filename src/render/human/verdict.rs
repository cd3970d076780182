//! The last line.

use super::super::page::{Page, Span};
use super::super::style;
use super::super::summary::{called, milliseconds};
use crate::check::{Judged, Row, Status};
use crate::report::Report;

pub fn of_one(page: &mut Page, report: &Report) {
    let judged = count(report, |row| !matches!(row.judged, Judged::NotAsked));
    let skipped = count(report, |row| matches!(row.judged, Judged::Because(_)));
    let checks = if judged == 1 { "check" } else { "checks" };
    let time = milliseconds(report.duration);
    let (failed, warned) = (with(report, Status::Fail), with(report, Status::Warn));
    let (word, rest) = match report.status() {
        Status::Ok => ("ok", format!(": {judged} {checks} in {time}")),
        Status::Warn => {
            let (count, warned) = (warned.len(), warned.join(", "));
            (
                "ok, with warnings",
                format!(": {count} of {judged} {checks} ({warned}), {time}"),
            )
        }
        Status::Fail | Status::Skip => {
            let strict = if failed.is_empty() {
                ", warnings fail"
            } else {
                ""
            };
            let bad = if failed.is_empty() { warned } else { failed };
            let skipped = match skipped {
                0 => String::new(),
                count => format!(", {count} skipped"),
            };
            let (count, bad) = (bad.len(), bad.join(", "));
            (
                "failed",
                format!(": {count} of {judged} {checks} ({bad}){strict}{skipped}"),
            )
        }
    };
    let word = Span::new(style::status(report.status()), word);
    page.wrapped(vec![word], 2, Span::raw(rest));
}

/// The sum of several targets.
pub fn of_all(page: &mut Page, reports: &[Report]) {
    let counts = [(Status::Ok, "ok"), (Status::Warn, "with warnings")]
        .map(|(status, words)| (of_status(reports, status).len(), words));
    let failed = of_status(reports, Status::Fail);
    let mut parts: Vec<String> = (counts.iter())
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let worst = if !failed.is_empty() {
        let names: Vec<String> = failed.iter().map(|report| called(&report.target)).collect();
        parts.push(format!("{} failed ({})", failed.len(), names.join(", ")));
        Status::Fail
    } else if counts[1].0 > 0 {
        Status::Warn
    } else {
        Status::Ok
    };
    let word = if worst == Status::Fail {
        "failed"
    } else {
        "ok"
    };
    let rest = format!(": {} targets: {}", reports.len(), parts.join(", "));
    page.wrapped(
        vec![Span::new(style::status(worst), word)],
        2,
        Span::raw(rest),
    );
}

fn of_status(reports: &[Report], status: Status) -> Vec<&Report> {
    reports.iter().filter(|r| r.status() == status).collect()
}

fn with(report: &Report, status: Status) -> Vec<&'static str> {
    let rows = report.rows.iter().filter(|row| row.status() == status);
    rows.map(|row| row.check.as_str()).collect()
}

fn count(report: &Report, which: impl Fn(&Row) -> bool) -> usize {
    report.rows.iter().filter(|row| which(row)).count()
}
