//! One line per target: what a healthcheck shows.

use super::text::plain;
use crate::check::Status;
use crate::report::Report;

/// The line, with its newline.
pub fn render(report: &Report) -> String {
    let place = plain(&super::human::place(report));
    let time = format!("{} ms", report.duration.as_millis());
    let word = match report.status() {
        Status::Ok => return format!("pgcheck ok: {place} {}, {time}\n", tls(report)),
        Status::Warn => "warn",
        Status::Fail | Status::Skip => "FAIL",
    };
    let codes: Vec<&str> = report
        .findings()
        .filter(|(_, finding)| finding.severity > crate::finding::Severity::Note)
        .map(|(_, finding)| finding.code.id)
        .collect();
    format!("pgcheck {word}: {place} {}, {time}\n", codes.join(", "))
}

fn tls(report: &Report) -> String {
    let handshake = (report.facts.session_endpoint()).and_then(|e| e.tls.handshake.value());
    handshake.map_or_else(
        || "not asked for TLS".to_owned(),
        |h| format!("TLS {}", h.version),
    )
}
