//! The line on standard error that says why another attempt follows.

use std::time::Duration;

use super::summary::{called, milliseconds};
use super::text::{ascii, bounded};
use crate::finding::Severity;
use crate::report::Report;

/// The line, with its end.
pub fn render(report: &Report, pause: Duration) -> String {
    let codes: Vec<&str> = report
        .findings()
        .filter(|(_, finding)| finding.severity == Severity::Error)
        .map(|(_, finding)| finding.code.id)
        .collect();
    let target = called(&report.target);
    format!(
        "pgcheck: {} {}, trying again in {}\n",
        ascii(&bounded(&target, 200)),
        codes.join(", "),
        milliseconds(pause)
    )
}
