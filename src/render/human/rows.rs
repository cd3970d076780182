//! One row per check; those that were left out because of others share one.

use std::time::Duration;

use super::super::page::{Page, Paragraph, Span};
use super::super::style;
use super::super::summary::milliseconds;
use super::facts;
use crate::check::{CheckId, Judged, Row, Status};
use crate::report::Report;

/// Where the summaries begin.
pub const INDENT: usize = 19;
/// What the times need at the right edge.
const TIME: usize = 10;

pub fn print(page: &mut Page, report: &Report) {
    let mut skipped: Vec<&Row> = Vec::new();
    for row in &report.rows {
        match &row.judged {
            Judged::NotAsked => {}
            Judged::Because(_) => skipped.push(row),
            Judged::Done(outcome) => {
                line(
                    page,
                    outcome.status(),
                    row.check,
                    &outcome.summary,
                    outcome.elapsed,
                );
                if page.look().is_verbose() {
                    facts::print(page, report, row.check);
                }
            }
        }
    }
    folded(page, &skipped);
}

/// One row. The time stands at the right edge.
fn line(page: &mut Page, status: Status, id: CheckId, summary: &str, time: Option<Duration>) {
    let (id, word) = (id.as_str(), word(status));
    page.paragraph(&Paragraph {
        label: vec![
            Span::raw("  "),
            Span::new(style::status(status), word),
            Span::raw(" ".repeat(6 - word.len())),
            Span::raw(format!("{id:<11}")),
        ],
        indent: INDENT,
        text: Span::raw(summary),
        right: time.map(|time| (Span::new(style::DIM, milliseconds(time)), TIME)),
    });
}

pub fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warn => "warn",
        Status::Fail => "FAIL",
        Status::Skip => "skip",
    }
}

/// The checks that were left out because of others, in one row.
fn folded(page: &mut Page, skipped: &[&Row]) {
    let Some((first, rest)) = skipped.split_first() else {
        return;
    };
    let mut causes: Vec<&str> = Vec::new();
    for row in skipped {
        if let Judged::Because(because) = &row.judged {
            causes.extend(because.iter().map(|check| check.as_str()));
        }
    }
    let in_order = CheckId::ALL.map(CheckId::as_str).into_iter();
    let causes: Vec<&str> = in_order.filter(|id| causes.contains(id)).collect();
    let others = match rest.len() {
        0 => String::new(),
        count => format!("and {count} more: "),
    };
    let summary = format!("{others}nothing to judge after {}", causes.join(", "));
    line(page, Status::Skip, first.check, &summary, None);
}
