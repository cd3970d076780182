//! Waiting for what may pass by itself: a server that is not up yet, not reachable yet, or
//! full.

use std::time::{Duration, Instant};

use crate::Job;
use crate::check::CheckId;
use crate::exit::Cause;
use crate::facts::{Answer, Facts, Failure, PlaintextLeg, ServerError, TlsLeg};
use crate::finding::Severity;
use crate::report::Report;

/// The first pause between two attempts; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Runs the job until its report is good, or bad for a reason that does not pass by
/// itself, or `wait` is over. The last attempt starts no later than that, so all of it
/// ends within `wait` plus one timeout.
///
/// `retrying` gets the report of every attempt that is followed by another, and the pause
/// before that one.
pub async fn run(job: &Job, wait: Duration, retrying: impl Fn(&Report, Duration)) -> Report {
    let start = Instant::now();
    let mut longest = FIRST_PAUSE;
    loop {
        let report = job.run().await;
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() || !may_pass(&report) {
            return report;
        }
        let pause = jittered(longest).min(left);
        retrying(&report, pause);
        tokio::time::sleep(pause).await;
        longest = (2 * longest).min(LONGEST_PAUSE);
    }
}

/// Between half of it and all of it, so that many clients of one server spread out.
fn jittered(longest: Duration) -> Duration {
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Whether every error of the report may pass by itself. A wrong password does not, and
/// repeating it locks accounts; so one error that stays is enough to stop.
fn may_pass(report: &Report) -> bool {
    let errors = || {
        let findings = report.findings();
        findings.filter(|(_, finding)| finding.severity == Severity::Error)
    };
    errors().next().is_some()
        && errors().all(|(check, finding)| {
            finding.code.cause != Cause::PlaintextAccepted && passes(check, &report.facts)
        })
}

/// Whether what this check failed on may pass by itself.
fn passes(check: CheckId, facts: &Facts) -> bool {
    let session = |failure: fn(&TlsLeg) -> Option<&Failure>| {
        let endpoint = facts.session_endpoint();
        endpoint.is_some_and(|endpoint| failure(&endpoint.tls).is_some_and(failure_passes))
    };
    match check {
        CheckId::Dns => (facts.lookups.iter()).any(|lookup| lookup.addresses.failure().is_some()),
        CheckId::Tcp => (facts.endpoints.iter())
            .filter_map(|endpoint| endpoint.tcp().failure())
            .any(failure_passes),
        CheckId::Tls => session(|leg| leg.negotiation.failure().or(leg.handshake.failure())),
        CheckId::Auth => session(|leg| leg.login.failure()),
        CheckId::Session => session(|leg| leg.query.failure()),
        CheckId::Plaintext => (facts.endpoints.iter())
            .flat_map(|endpoint| &endpoint.plaintext)
            .any(plaintext_passes),
        CheckId::Uri | CheckId::Legacy | CheckId::Chain | CheckId::Hostname | CheckId::Expiry => {
            false
        }
    }
}

fn plaintext_passes(leg: &PlaintextLeg) -> bool {
    let failure = leg.tcp.failure().or(leg.answer.failure());
    failure.is_some_and(failure_passes)
        || match leg.answer.value() {
            Some(Answer::Error(error)) => server_error_passes(error),
            Some(Answer::Closed | Answer::Reset) => true,
            _ => false,
        }
}

/// A connection that is accepted and closed is what a load balancer, or Docker's own
/// proxy, shows while the server behind it is not up yet.
fn failure_passes(failure: &Failure) -> bool {
    match failure {
        Failure::TimedOut
        | Failure::Refused
        | Failure::Unreachable(_)
        | Failure::Closed
        | Failure::Reset => true,
        Failure::Server(error) => server_error_passes(error),
        Failure::Io(_)
        | Failure::Tls(_)
        | Failure::Alert(_)
        | Failure::Certificate(_)
        | Failure::NotPostgres(_)
        | Failure::Withheld(_)
        | Failure::Driver(_) => false,
    }
}

/// Class 57P (starting up, shutting down, in recovery) and 53300 (too many connections).
fn server_error_passes(error: &ServerError) -> bool {
    error
        .code()
        .is_some_and(|code| code.starts_with("57P") || code == "53300")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: &str) -> Failure {
        Failure::Server(ServerError::new(vec![('C', code.to_owned())]))
    }

    #[test]
    fn a_server_that_starts_or_is_full_passes_and_one_that_rejects_does_not() {
        for code in ["57P01", "57P03", "53300"] {
            assert!(failure_passes(&server(code)), "{code}");
        }
        for code in ["28P01", "28000", "3D000", "53200", "57014"] {
            assert!(!failure_passes(&server(code)), "{code}");
        }
    }

    #[test]
    fn a_pause_is_jittered_and_never_longer_than_its_bound() {
        for _ in 0..1000 {
            let pause = jittered(LONGEST_PAUSE);
            assert!(
                pause >= LONGEST_PAUSE / 2 && pause <= LONGEST_PAUSE,
                "{pause:?}"
            );
        }
    }
}
