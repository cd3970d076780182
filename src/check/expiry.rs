//! Is the certificate valid now, and for how long?

use std::time::{Duration, SystemTime};

use super::certificate::{Shown, shown, whose};
use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::RootsTrial;
use crate::finding::{Code, Finding, Severity};
use crate::tls::{Certificate, ChainError, Identity, Role};

pub const CHECK: Check = Check {
    id: CheckId::Expiry,
    asks: "is the certificate valid now, and for how long?",
    needs: &[CheckId::Tcp, CheckId::Tls],
    codes: &[
        &CERTIFICATE_EXPIRED,
        &CERTIFICATE_NOT_YET_VALID,
        &CERTIFICATE_EXPIRES_SOON,
    ],
    run,
};

static CERTIFICATE_EXPIRED: Code = Code {
    id: "certificate-expired",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "a certificate has expired",
    why: "every client that verifies certificates refuses the server",
    explain: "The server's certificate, one of the authorities that it leads to, or the root \
              certificate that the target names is past its end. Renew it; a server takes a \
              new file on reload (`SELECT pg_reload_conf()`, in PgBouncer RELOAD). If it was \
              renewed already, the server still has the old one in memory. An error where \
              sslmode or --require demands a verified certificate.",
};

static CERTIFICATE_NOT_YET_VALID: Code = Code {
    id: "certificate-not-yet-valid",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "a certificate is not valid yet",
    why: "every client that verifies certificates refuses the server until then",
    explain: "The certificate's time begins in the future. Often a clock is wrong: that of \
              this machine, or of the one where the certificate was issued.",
};

static CERTIFICATE_EXPIRES_SOON: Code = Code {
    id: "certificate-expires-soon",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "a certificate expires soon",
    why: "from that moment every client that verifies certificates refuses the server",
    explain: "A certificate of the chain ends within the time of --expires-within (21 days \
              unless set). Within --expires-fail (3 days unless set) it is an error where \
              sslmode or --require demands a verified certificate. Renew it and reload the \
              server.",
};

fn run(input: &Input) -> Option<Outcome> {
    let shown = shown(input);
    let mut outcome = Outcome::ok(summary(input, shown.first()?)?);
    for chain in &shown {
        outcome.findings.extend(judge(input, chain));
    }
    Some(outcome)
}

fn summary(input: &Input, shown: &Shown<'_>) -> Option<String> {
    let leaf = shown.leaf()?;
    let date = date(leaf.not_after);
    Some(match leaf.not_after.duration_since(input.now) {
        _ if leaf.not_before > input.now => {
            format!("not valid before {}", self::date(leaf.not_before))
        }
        Ok(left) => format!("{date}, in {}", span(left)),
        Err(past) => format!("expired on {date}, {} ago", span(past.duration())),
    })
}

fn judge(input: &Input, shown: &Shown<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = (shown.path().iter().enumerate())
        .filter(|(depth, certificate)| *depth == 0 || matters(input, shown, certificate))
        .filter_map(|(depth, certificate)| of_one(input, shown, depth, certificate))
        .collect();
    findings.extend(root(input, shown));
    findings
}

/// Whether the end of an authority's certificate concerns anybody: not if some roots vouch
/// for the chain without it, as for an old cross-signed root that is sent for old clients.
fn matters(input: &Input, shown: &Shown<'_>, certificate: &Certificate) -> bool {
    let valid = certificate.not_before <= input.now && input.now < certificate.not_after;
    let trials = shown.trust.into_iter().flat_map(|trust| {
        [&trust.own, &trust.system, &trust.mozilla]
            .into_iter()
            .flatten()
    });
    valid || !trials.into_iter().any(RootsTrial::vouches)
}

fn of_one(
    input: &Input,
    shown: &Shown<'_>,
    depth: usize,
    certificate: &Certificate,
) -> Option<Finding> {
    let whose = whose(depth, certificate);
    let severity = shown.severity(input, Identity::Chain);
    if certificate.not_before > input.now {
        let then = date(certificate.not_before);
        return Some(
            Finding::new(
                &CERTIFICATE_NOT_YET_VALID,
                shown.saw(format!("{whose} begins on {then}")),
            )
            .severity(severity)
            .help("check the clocks of this machine and of the certificate's authority"),
        );
    }
    let then = date(certificate.not_after);
    match certificate.not_after.duration_since(input.now) {
        Err(past) => {
            let ago = span(past.duration());
            Some(expired(
                shown,
                &format!("{whose} ended on {then}, {ago} ago"),
                severity,
            ))
        }
        Ok(left) if left < input.policy.expires_within.max(input.policy.expires_fail) => {
            let severity = match left < input.policy.expires_fail {
                true => severity,
                false => Severity::Warning,
            };
            let left = span(left);
            Some(
                Finding::new(
                    &CERTIFICATE_EXPIRES_SOON,
                    shown.saw(format!("{whose} ends on {then}, in {left}")),
                )
                .title(format!("{whose} expires in {left}"))
                .severity(severity)
                .help("renew the certificate, then reload the server"),
            )
        }
        Ok(_) => None,
    }
}

fn expired(shown: &Shown<'_>, saw: &str, severity: Severity) -> Finding {
    Finding::new(&CERTIFICATE_EXPIRED, shown.saw(saw))
        .severity(severity)
        .help("renew the certificate, then reload the server; if it was renewed, only reload")
}

/// The root certificate of the target's own file, which no server needs to send.
fn root(input: &Input, shown: &Shown<'_>) -> Option<Finding> {
    let own = shown.trust?.own.as_ref()?;
    let severity = shown.severity(input, Identity::Chain);
    match own.objection()? {
        ChainError::Expired(place, then) if place.role == Role::Root => {
            let saw = format!("{place} ended on {}", date(*then));
            Some(
                expired(shown, &saw, severity)
                    .title("the root certificate that the target names has expired"),
            )
        }
        ChainError::NotYetValid(place, then) if place.role == Role::Root => {
            let saw = format!("{place} begins on {}", date(*then));
            Some(Finding::new(&CERTIFICATE_NOT_YET_VALID, shown.saw(saw)).severity(severity))
        }
        _ => None,
    }
}

/// A day, UTC: `2027-03-02`.
fn date(time: SystemTime) -> String {
    const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) if since < YEAR_10000 => {
            let text = humantime::format_rfc3339_seconds(time).to_string();
            text.chars().take(10).collect()
        }
        Ok(_) => "a day after 9999".to_owned(),
        Err(_) => "a day before 1970".to_owned(),
    }
}

/// Whole days, or hours or minutes where there are none.
fn span(duration: Duration) -> String {
    let (count, unit) = match duration.as_secs() {
        seconds @ 172_800.. => (seconds / 86_400, "day"),
        seconds @ 7_200.. => (seconds / 3_600, "hour"),
        seconds => (seconds / 60, "minute"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_the_largest_unit_that_leaves_a_number_to_act_on() {
        let told = |seconds| span(Duration::from_secs(seconds));
        assert_eq!(told(192 * 86_400), "192 days");
        assert_eq!(told(30 * 3_600), "30 hours");
        assert_eq!(told(61), "1 minute");
    }

    #[test]
    fn a_day_outside_of_the_calendar_is_told_in_words() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert_eq!(date(end), "a day after 9999");
        assert_eq!(date(SystemTime::UNIX_EPOCH), "1970-01-01");
    }
}
