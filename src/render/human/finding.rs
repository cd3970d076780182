//! A block per finding: what, what was seen, why it matters, what to do.

use super::super::page::{Page, Span};
use super::super::style;
use crate::finding::Finding;
use crate::report::Report;

/// All findings, the gravest first. What is the same but for where it was seen, at one
/// address and at another, shares a block.
pub fn print_all(page: &mut Page, report: &Report) {
    let mut findings: Vec<&Finding> = report.findings().map(|(_, finding)| finding).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for alike in findings.chunk_by(|a, b| a.code.id == b.code.id && a.title == b.title) {
        page.blank();
        print(page, alike);
    }
}

fn print(page: &mut Page, alike: &[&Finding]) {
    let (severity, code) = (alike[0].severity, alike[0].code.id);
    let label = vec![
        Span::new(
            style::severity(severity),
            format!("{}[{code}]", severity.as_str()),
        ),
        Span::raw(": "),
    ];
    page.wrapped(label, 2, Span::new(style::TITLE, &alike[0].title));
    let mut parts = |name, texts: Vec<&str>| {
        let mut seen = Vec::new();
        for text in texts {
            if !text.is_empty() && !seen.contains(&text) {
                part(page, name, text);
                seen.push(text);
            }
        }
    };
    parts(
        "saw:",
        alike.iter().map(|finding| finding.saw.as_str()).collect(),
    );
    parts(
        "why:",
        alike.iter().map(|finding| finding.why.as_str()).collect(),
    );
    let help = alike.iter().flat_map(|finding| &finding.help);
    parts("help:", help.map(String::as_str).collect());
    parts("more:", vec![&format!("pgcheck explain {code}")]);
}

fn part(page: &mut Page, name: &str, text: &str) {
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
