//! What several forms say in the same words.

use std::time::{Duration, SystemTime};

use crate::check::Status;
use crate::finding::Severity;
use crate::report::Report;
use crate::target::{ProtocolVersion, Target};
use crate::tls::Certificate;

/// Where the target is: its hosts and ports.
pub fn place(target: &Target) -> String {
    let hosts = target.hosts.iter().map(|host| {
        let name = host.name();
        match name.contains(':') {
            true => format!("[{name}]:{}", host.port),
            false => format!("{name}:{}", host.port),
        }
    });
    hosts.collect::<Vec<_>>().join(",")
}

/// The target's name or, where it has none, its place.
pub fn called(target: &Target) -> String {
    target.name.clone().unwrap_or_else(|| place(target))
}

/// A protocol version as TLS's own documents number it: `1.3`.
pub fn version(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::Tls10 => "1.0",
        ProtocolVersion::Tls11 => "1.1",
        ProtocolVersion::Tls12 => "1.2",
        ProtocolVersion::Tls13 => "1.3",
    }
}

/// A time for people: `<1 ms`, `57 ms`, `5000 ms`.
pub fn milliseconds(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        0 => "<1 ms".to_owned(),
        count => format!("{count} ms"),
    }
}

/// The server's own certificate, verified or not.
pub fn certificate(report: &Report) -> Option<Certificate> {
    let endpoint = report.facts.session_endpoint()?;
    endpoint.tls.presented.as_ref()?.certificate()
}

/// Whole days from one time to another; negative when it is past.
pub fn days(from: SystemTime, until: SystemTime) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    let seconds = match until.duration_since(from) {
        Ok(left) => i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        Err(past) => -i64::try_from(past.duration().as_secs()).unwrap_or(i64::MAX),
    };
    seconds.div_euclid(DAY)
}

/// A moment in RFC 3339, UTC; `None` before 1970 and after 9999, which a certificate can
/// name and RFC 3339 or this program's clock cannot.
pub fn time(moment: SystemTime) -> Option<String> {
    const YEAR_10_000: Duration = Duration::from_secs(253_402_300_800);
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since < YEAR_10_000).then(|| humantime::format_rfc3339_seconds(moment).to_string())
}

/// How long the server's certificate is still valid, in whole days.
pub fn certificate_days(report: &Report) -> Option<i64> {
    Some(days(
        report.facts.started_at,
        certificate(report)?.not_after,
    ))
}

/// What a finished report amounts to, without the place and the time:
/// `TLS 1.3, certificate 192 days`, or the codes of what is wrong.
pub fn gist(report: &Report) -> String {
    let codes: Vec<String> = report
        .findings()
        .filter(|(_, finding)| finding.severity > Severity::Note)
        .map(|(_, finding)| with_days(report, finding.code.id))
        .collect();
    if report.status() != Status::Ok {
        return codes.join(", ");
    }
    let handshake = (report.facts.session_endpoint()).and_then(|e| e.tls.handshake.value());
    let tls = handshake.map(|handshake| format!("TLS {}", handshake.version));
    let days = certificate_days(report).map(|days| format!("certificate {days} days"));
    match [tls, days].into_iter().flatten().collect::<Vec<_>>() {
        parts if parts.is_empty() => "TLS not asked for".to_owned(),
        parts => parts.join(", "),
    }
}

fn with_days(report: &Report, code: &str) -> String {
    match certificate_days(report) {
        Some(days) if code == "certificate-expires-soon" => format!("{code} ({days} d)"),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_outside_the_calendar_is_unknown() {
        let epoch = SystemTime::UNIX_EPOCH;
        let end = epoch + Duration::from_secs(253_402_300_800);
        assert_eq!(time(epoch).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(time(epoch - Duration::from_secs(1)), None);
        assert_eq!(time(end), None);
        assert!(time(end - Duration::from_secs(1)).is_some());
    }

    #[test]
    fn days_are_whole_and_negative_in_the_past() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(days(now, now + Duration::from_secs(2 * 86_400 - 1)), 1);
        assert_eq!(days(now, now - Duration::from_secs(1)), -1);
    }
}
