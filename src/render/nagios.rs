//! One line for Nagios, Icinga and their kin, and exit codes of its own, by the
//! monitoring plugins' development guidelines.

use std::time::Duration;

use super::look::Look;
use super::summary::{called, certificate_days, gist, milliseconds};
use crate::check::Status;
use crate::policy::Policy;
use crate::report::Report;

/// The text before the `|` stays under 80 characters.
const LONGEST: usize = 79;
const DAY: u64 = 24 * 60 * 60;

/// The exit code: 0 OK, 1 WARNING, 2 CRITICAL. A mistake in the input is 3, UNKNOWN.
pub fn exit_code(reports: &[Report]) -> u8 {
    match worst(reports) {
        Status::Ok => 0,
        Status::Warn => 1,
        Status::Fail | Status::Skip => 2,
    }
}

/// The line, performance data included.
pub fn render(reports: &[Report], look: Look) -> String {
    let word = match worst(reports) {
        Status::Ok => "OK",
        Status::Warn => "WARNING",
        Status::Fail | Status::Skip => "CRITICAL",
    };
    let what = match reports {
        [only] => format!(
            "{} {}, {}",
            called(&only.target),
            gist(only),
            milliseconds(only.duration)
        ),
        several => of_several(several),
    };
    let data: Vec<String> = reports
        .iter()
        .enumerate()
        .flat_map(|(index, report)| data(report, &prefix(reports, index)))
        .collect();
    let text = message(&format!("PGCHECK {word} - {what}"), look);
    format!("{text}|{}\n", data.join(" "))
}

/// The line for input that is wrong, where the plugin has nothing to measure.
pub fn unknown(error: &str, look: Look) -> String {
    format!("{}\n", message(&format!("PGCHECK UNKNOWN - {error}"), look))
}

/// Neither a bar nor a line end of the text's own: they would end it.
fn message(text: &str, look: Look) -> String {
    let text = look.text(&text.replace('|', "/"));
    let dots = look.text("…");
    match text.chars().count() {
        count if count <= LONGEST => text,
        _ => {
            text.chars()
                .take(LONGEST - dots.chars().count())
                .collect::<String>()
                + &dots
        }
    }
}

fn of_several(reports: &[Report]) -> String {
    let bad: Vec<String> = (reports.iter())
        .filter(|report| report.status() == worst(reports))
        .map(|report| called(&report.target))
        .collect();
    match worst(reports) {
        Status::Ok => format!("{} targets", reports.len()),
        _ => format!(
            "{} of {} targets: {}",
            bad.len(),
            reports.len(),
            bad.join(", ")
        ),
    }
}

/// The gravest status.
fn worst(reports: &[Report]) -> Status {
    let has = |status| reports.iter().any(|report| report.status() == status);
    if has(Status::Fail) {
        Status::Fail
    } else if has(Status::Warn) {
        Status::Warn
    } else {
        Status::Ok
    }
}

/// `'label'=value[UOM];[warn];[crit];[min];[max]`. What was not observed is left out. A
/// threshold `21:` alerts below 21.
fn data(report: &Report, prefix: &str) -> Vec<String> {
    let Policy {
        expires_within,
        expires_fail,
        ..
    } = report.policy;
    let days = |time: Duration| time.as_secs() / DAY;
    let time = report.duration.as_secs_f64();
    let time = format!("'{prefix}time'={time:.3}s;;;0");
    let certificate = certificate_days(report).map(|left| {
        let (warn, fail) = (days(expires_within), days(expires_fail));
        format!("'{prefix}cert_days'={left}d;{warn}:;{fail}:")
    });
    let quoted = std::iter::once(time).chain(certificate);
    match prefix {
        "" => quoted.map(|datum| datum.replace('\'', "")).collect(),
        _ => quoted.collect(),
    }
}

/// What tells the targets' labels apart: nothing where there is one target. The
/// guidelines allow neither `=` nor `'` in a label.
fn prefix(reports: &[Report], index: usize) -> String {
    if reports.len() == 1 {
        return String::new();
    }
    let name = super::text::ascii(&called(&reports[index].target));
    let name: String = (name.chars())
        .map(|c| {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                c
            } else {
                '_'
            }
        })
        .take(60)
        .collect();
    let before =
        (reports[..index].iter()).filter(|r| called(&r.target) == called(&reports[index].target));
    match before.count() {
        0 => format!("{name}_"),
        count => format!("{name}_{}_", count + 1),
    }
}
