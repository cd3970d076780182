//! The report for people: a head line, one row per check, a block per finding, and the
//! verdict in the last line.
//!
//! Words carry the verdict; colour only underlines it. Lower case, no full stop at the
//! end of a title; a title says what, only `help:` says what to do.

mod facts;
mod finding;
mod rows;
mod timing;
mod verdict;

use super::look::Look;
use super::page::{Page, Span};
use super::style;
use super::summary::place;
use crate::report::Report;

/// A block for each report and, for several, a last line that sums them up. Styles are in
/// it as ANSI escape sequences.
pub fn render(reports: &[Report], look: Look) -> String {
    let mut page = Page::new(look);
    for report in reports {
        block(&mut page, report);
        if reports.len() > 1 {
            page.blank();
        }
    }
    if reports.len() > 1 {
        verdict::of_all(&mut page, reports);
    }
    page.finish()
}

fn block(page: &mut Page, report: &Report) {
    head(page, report);
    page.blank();
    rows::print(page, report);
    if page.look().is_verbose() {
        timing::print(page, report);
    }
    finding::print_all(page, report);
    page.blank();
    verdict::of_one(page, report);
}

fn head(page: &mut Page, report: &Report) {
    let target = &report.target;
    let source = target.source.to_string();
    let source = source.strip_prefix("env:").unwrap_or(&source);
    let name = (target.name.as_ref()).map_or_else(String::new, |name| format!("{name}: "));
    let place = format!("{name}{}", place(target));
    let parts = [
        format!("user={}", target.user),
        format!("dbname={}", target.dbname),
        format!("sslmode={}", target.tls.sslmode.as_str()),
        format!("(from {source})"),
    ];
    page.parts(Span::new(style::HEAD, place), &parts);
}
