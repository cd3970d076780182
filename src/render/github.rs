//! Workflow commands for GitHub Actions: each finding becomes an annotation.
//!
//! Escaping as the runner's documentation and its toolkit have it (actions/toolkit,
//! `command.ts`): in the message `%`, CR and LF; in a property also `:` and `,`.

use std::fmt::Write;

use super::line::line;
use super::look::Look;
use super::summary::called;
use super::text::plain;
use crate::finding::{Finding, Severity};
use crate::report::Report;

/// The findings of all reports as annotations, then a line of the log for each report.
pub fn render(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        for (_, finding) in report.findings() {
            text.push_str(&annotation(report, finding));
        }
    }
    for report in reports {
        text.push_str(&line(report, Look::default()));
    }
    text
}

fn annotation(report: &Report, finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let title = property(&format!("pgcheck {}", finding.code.id));
    format!("::{command} title={title}::{}\n", message(report, finding))
}

/// The lines of the message. Each is foreign as far as this goes; only the line ends
/// between them are ours.
fn message(report: &Report, finding: &Finding) -> String {
    let mut lines = vec![
        format!("{}: {}", called(&report.target), finding.title),
        format!("saw: {}", finding.saw),
        format!("why: {}", finding.why),
    ];
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let end = if index == 0 { "" } else { "%0A" };
        // Writing to a string does not fail.
        let _ = write!(text, "{end}{}", data(line));
    }
    text
}

fn data(text: &str) -> String {
    plain(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_ends_neither_the_property_nor_the_message() {
        assert_eq!(property("a::b,c\n100%"), "a%3A%3Ab%2Cc\\u{a}100%25");
        assert_eq!(data("x\r\n::error::y%0A"), "x\\u{d}\\u{a}::error::y%250A");
    }
}
