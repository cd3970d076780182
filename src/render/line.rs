//! One line per target: what a container's healthcheck shows.

use super::look::Look;
use super::summary::{called, gist, milliseconds, place};
use super::text::bounded;
use crate::check::Status;
use crate::report::Report;

/// Docker keeps 4,096 bytes of a healthcheck's output. A line is far below that.
const LONGEST: usize = 600;

/// The lines, in the order of the reports.
pub fn render(reports: &[Report], look: Look) -> String {
    reports.iter().map(|report| line(report, look)).collect()
}

/// The line of one report, with its end.
pub fn line(report: &Report, look: Look) -> String {
    let word = match report.status() {
        Status::Ok => "ok",
        Status::Warn => "warn",
        Status::Fail | Status::Skip => "FAIL",
    };
    let time = milliseconds(report.duration);
    let (called, place) = (called(&report.target), place(&report.target));
    let place = match called == place {
        true => bounded(&place, 200).into_owned(),
        false => format!("{} ({})", bounded(&called, 100), bounded(&place, 200)),
    };
    let text = format!("pgcheck {word}: {place} {}", gist(report));
    format!("{}, {time}\n", look.text(&bounded(&text, LONGEST)))
}
