//! Metrics for a scrape or for node_exporter's textfile collector: the text is valid both
//! as OpenMetrics 1.0 and as the older Prometheus format, which knows no type `info`.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use super::phases::phases;
use super::summary::{certificate, place};
use super::text::{bounded, plain};
use crate::check::Status;
use crate::report::Report;

/// The longest value of a label, in characters.
const LONGEST: usize = 200;

/// One metric family: its name, unit and help, and its samples of one report.
struct Family {
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
    samples: fn(&Report) -> Vec<Sample>,
}

/// Labels, besides `target`, and a value.
struct Sample(Vec<(&'static str, String)>, f64);

/// All metrics. What was not observed has no sample.
static FAMILIES: [Family; 8] = [
    Family {
        name: "pgcheck_success",
        unit: None,
        help: "Whether the run did not fail: 1 where pgcheck would exit with 0.",
        samples: |report| one(flag(report.status() != Status::Fail)),
    },
    Family {
        name: "pgcheck_check_passed",
        unit: None,
        help: "Whether a check did not fail; one with a warning passes. Absent where it was skipped.",
        samples: checks,
    },
    Family {
        name: "pgcheck_finding",
        unit: None,
        help: "1 for each finding, by code and severity (error, warning, note).",
        samples: findings,
    },
    Family {
        name: "pgcheck_duration_seconds",
        unit: Some("seconds"),
        help: "How long the whole run took.",
        samples: |report| one(report.duration.as_secs_f64()),
    },
    Family {
        name: "pgcheck_phase_duration_seconds",
        unit: Some("seconds"),
        help: "How long each phase took, done or failed. Absent where it was not reached.",
        samples: durations,
    },
    Family {
        name: "pgcheck_certificate_not_after_timestamp_seconds",
        unit: Some("seconds"),
        help: "When the server's certificate expires.",
        samples: |report| {
            certificate(report).map_or_else(Vec::new, |c| one(timestamp(c.not_after)))
        },
    },
    Family {
        name: "pgcheck_tls_info",
        unit: None,
        help: "The protocol version and the cipher suite of the session; always 1.",
        samples: tls,
    },
    Family {
        name: "pgcheck_last_run_timestamp_seconds",
        unit: Some("seconds"),
        help: "When the run started.",
        samples: |report| one(timestamp(report.facts.started_at)),
    },
];

/// All reports in one exposition.
pub fn render(reports: &[Report]) -> String {
    let targets = targets(reports);
    let mut text = String::new();
    for family in &FAMILIES {
        write_family(&mut text, family, reports, &targets);
    }
    text.push_str("# EOF\n");
    text
}

fn write_family(text: &mut String, family: &Family, reports: &[Report], targets: &[String]) {
    let Family {
        name, unit, help, ..
    } = family;
    // Writing to a string does not fail.
    let _ = writeln!(text, "# TYPE {name} gauge");
    if let Some(unit) = unit {
        let _ = writeln!(text, "# UNIT {name} {unit}");
    }
    let _ = writeln!(text, "# HELP {name} {help}");
    for (report, target) in reports.iter().zip(targets) {
        for Sample(labels, value) in (family.samples)(report) {
            let labels = std::iter::once(("target", target.clone())).chain(labels);
            let labels: Vec<String> = labels
                .map(|(label, value)| format!("{label}=\"{}\"", escaped(&value)))
                .collect();
            let _ = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
        }
    }
}

/// What to call the targets: never by their URIs, and never two of them alike, which
/// would give two samples of one series.
fn targets(reports: &[Report]) -> Vec<String> {
    let name = |report: &Report| {
        let place = || format!("{}/{}", place(&report.target), report.target.dbname);
        report.target.name.clone().unwrap_or_else(place)
    };
    let mut targets: Vec<String> = Vec::new();
    for report in reports {
        let name = bounded(&plain(&name(report)), LONGEST).into_owned();
        let mut unique = name.clone();
        let mut count = 1;
        while targets.contains(&unique) {
            count += 1;
            unique = format!("{name} ({count})");
        }
        targets.push(unique);
    }
    targets
}

/// By OpenMetrics 1.0, "Escaping"; other control characters are escaped as everywhere.
fn escaped(value: &str) -> String {
    let value = plain(&bounded(value, LONGEST + 10));
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

fn one(value: f64) -> Vec<Sample> {
    vec![Sample(Vec::new(), value)]
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn checks(report: &Report) -> Vec<Sample> {
    let judged = report
        .rows
        .iter()
        .filter(|row| row.status() != Status::Skip);
    judged
        .map(|row| {
            let label = ("check", row.check.as_str().to_owned());
            Sample(vec![label], flag(row.status() != Status::Fail))
        })
        .collect()
}

/// A code that was found at several addresses is one series.
fn findings(report: &Report) -> Vec<Sample> {
    let mut found: Vec<[&'static str; 2]> = report
        .findings()
        .map(|(_, finding)| [finding.code.id, finding.severity.as_str()])
        .collect();
    found.sort_unstable();
    found.dedup();
    let sample = |[code, severity]: [&str; 2]| {
        let labels = vec![("code", code.to_owned()), ("severity", severity.to_owned())];
        Sample(labels, 1.0)
    };
    found.into_iter().map(sample).collect()
}

fn durations(report: &Report) -> Vec<Sample> {
    let sample = |phase: super::phases::Phase| {
        let label = ("phase", phase.name.to_owned());
        Sample(vec![label], phase.elapsed.as_secs_f64())
    };
    phases(report).into_iter().map(sample).collect()
}

fn tls(report: &Report) -> Vec<Sample> {
    let handshake = report
        .facts
        .session_endpoint()
        .and_then(|e| e.tls.handshake.value());
    let sample = |handshake: &crate::facts::Handshake| {
        let version = ("version", handshake.version.to_owned());
        Sample(vec![version, ("cipher", handshake.cipher.clone())], 1.0)
    };
    handshake.map(sample).into_iter().collect()
}

/// Seconds since 1970, with milliseconds.
fn timestamp(moment: SystemTime) -> f64 {
    let seconds = |time: Duration| (time.as_secs_f64() * 1e3).round() / 1e3;
    match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => seconds(since),
        Err(before) => -seconds(before.duration()),
    }
}
