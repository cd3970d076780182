//! Where the time went.

use std::time::Duration;

use crate::report::Report;

/// A stretch of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The check that it belongs to.
    pub name: &'static str,
    /// When it began, counted from the start of the run.
    pub start: Duration,
    /// How long it took, done or failed.
    pub elapsed: Duration,
}

/// The phases that took place: those of the session, one after the other, and the probe
/// without TLS, which runs beside them from the moment that the name is resolved.
pub fn phases(report: &Report) -> Vec<Phase> {
    let facts = &report.facts;
    let lookup = (facts.lookups.iter())
        .filter_map(|lookup| lookup.addresses.elapsed())
        .max();
    let leg = facts.session_endpoint().map(|endpoint| &endpoint.tls);
    let tls = leg.and_then(|leg| {
        let negotiation = leg.negotiation.elapsed()?;
        Some(negotiation + leg.handshake.elapsed().unwrap_or_default())
    });
    let session = [
        ("dns", lookup),
        ("tcp", leg.and_then(|leg| leg.tcp.elapsed())),
        ("tls", tls),
        ("auth", leg.and_then(|leg| leg.login.elapsed())),
        ("session", leg.and_then(|leg| leg.query.elapsed())),
    ];
    let mut start = Duration::ZERO;
    let mut phases = Vec::new();
    for (name, elapsed) in session {
        if let Some(elapsed) = elapsed {
            phases.push(Phase {
                name,
                start,
                elapsed,
            });
            start += elapsed;
        }
    }
    phases.extend(plaintext(report).map(|elapsed| Phase {
        name: "plaintext",
        start: lookup.unwrap_or_default(),
        elapsed,
    }));
    phases
}

/// The slowest of the connections without TLS.
fn plaintext(report: &Report) -> Option<Duration> {
    let legs = report
        .facts
        .endpoints
        .iter()
        .flat_map(|e| e.plaintext.first());
    legs.filter_map(|leg| Some(leg.tcp.elapsed()? + leg.answer.elapsed().unwrap_or_default()))
        .max()
}
