//! The line that says why another attempt follows.

use std::time::Duration;

use super::human::place;
use super::text::plain;
use crate::finding::Severity;
use crate::report::Report;

/// The line, with its newline.
pub fn render(report: &Report, pause: Duration) -> String {
    let codes: Vec<&str> = report
        .findings()
        .filter(|(_, finding)| finding.severity == Severity::Error)
        .map(|(_, finding)| finding.code.id)
        .collect();
    format!(
        "pgcheck: {} {}, trying again in {} ms\n",
        plain(&place(report)),
        codes.join(", "),
        pause.as_millis()
    )
}
