//! A block per finding: what, what was seen, why it matters, what to do.

use super::super::page::{Page, Span};
use super::super::style;
use crate::finding::Finding;
use crate::report::Report;

/// All findings, the gravest first.
pub fn print_all(page: &mut Page, report: &Report) {
    let mut findings: Vec<&Finding> = report.findings().map(|(_, finding)| finding).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings {
        page.blank();
        print(page, finding);
    }
}

fn print(page: &mut Page, finding: &Finding) {
    let kind = format!("{}[{}]", finding.severity.as_str(), finding.code.id);
    let label = vec![
        Span::new(style::severity(finding.severity), kind),
        Span::raw(": "),
    ];
    page.wrapped(label, 2, Span::new(style::TITLE, &finding.title));
    part(page, "saw:", &finding.saw);
    part(page, "why:", &finding.why);
    for help in &finding.help {
        part(page, "help:", help);
    }
    let explain = format!("pgcheck explain {}", finding.code.id);
    part(page, "more:", &explain);
}

fn part(page: &mut Page, name: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let style = if name == "help:" {
        style::HELP
    } else {
        style::DIM
    };
    let label = vec![
        Span::raw("  "),
        Span::new(style, name),
        Span::raw(" ".repeat(6 - name.len())),
    ];
    page.wrapped(label, 8, Span::raw(text));
}
