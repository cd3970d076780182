//! The report as JSON, for programs. `docs/schema.json` describes it; it is generated
//! from the types here and in [`facts`].
//!
//! Times are RFC 3339 in UTC, units are in the names, and what is not known is `null`,
//! never `false` or 0. Foreign text stands here as it came, except that it is bounded.

mod facts;
mod plaintext;
pub(super) mod write;

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::summary::{certificate, days};
use super::text::bounded;
use crate::check::{CheckId, Judged, Row};
use crate::finding::Finding;
use crate::policy::Policy;
use crate::report::Report;
use crate::target::Target;
use facts::Facts;

/// The version of this form. It grows when a field changes its meaning or goes.
const SCHEMA_VERSION: u32 = 1;

/// The longest text, in characters.
const LONGEST: usize = 4_000;

/// Several reports as one JSON value: an object for one, an array for more.
pub fn render(reports: &[Report]) -> String {
    match reports {
        [only] => write::pretty(&Document::from(only)),
        several => write::pretty(&several.iter().map(Document::from).collect::<Vec<_>>()),
    }
}

/// One report as one line.
pub fn line(report: &Report) -> String {
    write::compact(&Document::from(report))
}

/// Text that others wrote: as it came, but never longer than [`LONGEST`].
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
struct Text(String);

fn text(text: impl AsRef<str>) -> Text {
    Text(bounded(text.as_ref(), LONGEST).into_owned())
}

fn texts<T: ToString>(items: &[T]) -> Vec<Text> {
    items.iter().map(|item| text(item.to_string())).collect()
}

/// What pgcheck found about one target.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Report"))]
struct Document {
    /// The version of this form. It grows when a field changes its meaning or goes; new
    /// fields may come at any time.
    schema_version: u32,
    /// The version of pgcheck.
    pgcheck_version: &'static str,
    /// The name that a targets file gives the target.
    name: Option<Text>,
    /// The verdict: the worst status of any check; `warn` counts as `fail` under
    /// `--strict`.
    #[cfg_attr(test, schemars(extend("enum" = ["ok", "warn", "fail"])))]
    status: &'static str,
    /// The exit code for this target alone.
    #[cfg_attr(test, schemars(extend("enum" = [0, 1, 4, 5, 6])))]
    exit_code: u8,
    /// When the first probe started, in RFC 3339, UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    started_at: Option<String>,
    /// The wall time of the whole, in milliseconds.
    #[cfg_attr(test, schemars(range(min = 0)))]
    duration_ms: f64,
    /// What was checked.
    target: TargetView,
    /// What was demanded.
    policy: PolicyView,
    /// All checks, always all of them and in this order.
    checks: Vec<CheckView>,
    /// Why the checks are not simply ok, in the order of the checks.
    findings: Vec<FindingView>,
    /// What was observed.
    facts: Facts,
}

/// What was checked. Passwords and passphrases are not in it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Target"))]
struct TargetView {
    /// Where the target was found: `env:NAME`, `env:PG*` (libpq's own variables),
    /// `argument`, `stdin:LINE` or `file:PATH:LINE`.
    source: Text,
    /// The target as one normalised URI, without its secrets.
    uri: Text,
    /// The hosts, in the order given.
    hosts: Vec<HostView>,
    /// The role to log in as.
    user: Text,
    /// The database.
    dbname: Text,
    /// The sslmode that the target names, or libpq's default.
    #[cfg_attr(test, schemars(extend("enum" = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])))]
    sslmode: &'static str,
}

/// One host of the target.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Host"))]
struct HostView {
    /// The name or address that was asked for.
    host: Text,
    /// The TCP port.
    port: u16,
}

/// What was demanded.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Policy"))]
struct PolicyView {
    /// The checks that were asked for.
    checks: Vec<&'static str>,
    /// Whether a warning fails the run (`--strict`).
    strict: bool,
    /// What was demanded beyond the URI (`--require`).
    require: Vec<&'static str>,
    /// A certificate that expires sooner is a warning, in seconds.
    expires_within_s: u64,
    /// One that expires sooner is an error under a verifying sslmode, in seconds.
    expires_fail_s: u64,
    /// The deadline for one target, in milliseconds.
    timeout_ms: f64,
}

/// One check and how it ended.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Check"))]
struct CheckView {
    /// Its stable id.
    #[cfg_attr(test, schemars(extend("enum" = CheckId::ALL.map(CheckId::as_str))))]
    id: &'static str,
    /// How it ended.
    #[cfg_attr(test, schemars(extend("enum" = ["ok", "warn", "fail", "skip"])))]
    status: &'static str,
    /// One line that sums it up, for people.
    summary: Text,
    /// How long the probes behind it took, in milliseconds, where that says something.
    duration_ms: Option<f64>,
    /// The codes of its findings.
    findings: Vec<&'static str>,
    /// The failed checks that left it without anything to judge. Only on a skipped check
    /// that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skipped_because: Vec<&'static str>,
}

/// Why a check is not simply ok.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Finding"))]
struct FindingView {
    /// Its stable code: `pgcheck explain CODE` says more.
    code: &'static str,
    /// How much it weighs.
    #[cfg_attr(test, schemars(extend("enum" = ["error", "warning", "note"])))]
    severity: &'static str,
    /// The check that made it.
    #[cfg_attr(test, schemars(extend("enum" = CheckId::ALL.map(CheckId::as_str))))]
    check: &'static str,
    /// What is wrong.
    title: Text,
    /// What was observed. It may quote the server, whoever that was.
    saw: Text,
    /// Why it matters.
    why: Text,
    /// What to do, each a step or an alternative.
    help: Vec<Text>,
}

impl From<&Report> for Document {
    fn from(report: &Report) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            pgcheck_version: env!("CARGO_PKG_VERSION"),
            name: report.target.name.as_ref().map(text),
            status: report.status().as_str(),
            exit_code: report.exit().code(),
            started_at: time(report.facts.started_at),
            duration_ms: ms(report.duration),
            target: target(&report.target),
            policy: policy(&report.policy),
            checks: CheckId::ALL.iter().map(|id| check(report, *id)).collect(),
            findings: report.findings().map(finding).collect(),
            facts: Facts::from(report),
        }
    }
}

fn target(target: &Target) -> TargetView {
    let hosts = target.hosts.iter().map(|host| HostView {
        host: text(host.name()),
        port: host.port,
    });
    TargetView {
        source: text(target.source.to_string()),
        uri: text(target.uri()),
        hosts: hosts.collect(),
        user: text(&target.user),
        dbname: text(&target.dbname),
        sslmode: target.tls.sslmode.as_str(),
    }
}

fn policy(policy: &Policy) -> PolicyView {
    PolicyView {
        checks: policy.checks.iter().map(|check| check.as_str()).collect(),
        strict: policy.strict,
        require: policy.require.iter().map(|level| level.as_str()).collect(),
        expires_within_s: policy.expires_within.as_secs(),
        expires_fail_s: policy.expires_fail.as_secs(),
        timeout_ms: ms(policy.timeout),
    }
}

fn check(report: &Report, id: CheckId) -> CheckView {
    let row = report.rows.iter().find(|row| row.check == id);
    let outcome = row.and_then(Row::outcome);
    let because = match row.map(|row| &row.judged) {
        Some(Judged::Because(causes)) => causes.iter().map(|cause| cause.as_str()).collect(),
        _ => Vec::new(),
    };
    let summary = match (outcome, because.as_slice()) {
        (Some(outcome), _) => outcome.summary.clone(),
        (None, []) => "not asked for".to_owned(),
        (None, causes) => format!("nothing to judge after {}", causes.join(", ")),
    };
    let findings = outcome.map_or(&[][..], |outcome| &outcome.findings);
    CheckView {
        id: id.as_str(),
        status: row.map_or("skip", |row| row.status().as_str()),
        summary: text(summary),
        duration_ms: outcome.and_then(|outcome| outcome.elapsed).map(ms),
        findings: findings.iter().map(|finding| finding.code.id).collect(),
        skipped_because: because,
    }
}

fn finding((check, finding): (CheckId, &Finding)) -> FindingView {
    FindingView {
        code: finding.code.id,
        severity: finding.severity.as_str(),
        check: check.as_str(),
        title: text(&finding.title),
        saw: text(&finding.saw),
        why: text(&finding.why),
        help: finding.help.iter().map(text).collect(),
    }
}

/// A moment with milliseconds; `None` where RFC 3339 has none.
fn time(moment: SystemTime) -> Option<String> {
    super::summary::time(moment).map(|_| humantime::format_rfc3339_millis(moment).to_string())
}

/// Milliseconds, to the microsecond.
fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// `UPDATE_DOCS=1` writes it anew.
    #[test]
    fn the_schema_in_docs_is_that_of_the_types() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.json");
        let schema = schemars::schema_for!(Document);
        let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).expect("docs/schema.json is written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(text == written, "run the tests once with UPDATE_DOCS=1");
    }
}
