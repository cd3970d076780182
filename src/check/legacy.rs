//! Would the server also accept TLS 1.0 or 1.1?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::{Endpoint, LegacyLeg, Negotiation};
use crate::finding::{Code, Finding, Severity};
use crate::target::ProtocolVersion;

pub const CHECK: Check = Check {
    id: CheckId::Legacy,
    asks: "would the server also accept TLS 1.0 or 1.1?",
    needs: &[CheckId::Tcp, CheckId::Tls],
    codes: &[&LEGACY_TLS_ACCEPTED, &LEGACY_TLS_UNDETERMINED],
    run,
};

static LEGACY_TLS_ACCEPTED: Code = Code {
    id: "legacy-tls-accepted",
    severity: Severity::Warning,
    cause: Cause::Insecure,
    title: "the server also accepts TLS versions that are no longer secure",
    why: "TLS 1.0 and 1.1 rest on MD5 and SHA-1 and are deprecated (RFC 8996); a client that \
          offers no better gets them",
    explain: "The server answered a ClientHello of TLS 1.0 or 1.1 with a ServerHello of that \
              version. Set ssl_min_protocol_version = 'TLSv1.2' in postgresql.conf (its \
              default) and reload; in PgBouncer set client_tls_protocols = secure.",
};

static LEGACY_TLS_UNDETERMINED: Code = Code {
    id: "legacy-tls-undetermined",
    severity: Severity::Warning,
    cause: Cause::Insecure,
    title: "could not be determined whether the server accepts TLS 1.0 or 1.1",
    why: "what could not be determined is never reported as safe",
    explain: "The server answered a ClientHello of TLS 1.0 or 1.1 neither with a ServerHello \
              nor with a refusal (an alert, or the end of the connection) in time.",
};

fn run(input: &Input) -> Option<Outcome> {
    // Where TLS itself is not agreed on, the check of TLS says so.
    let asked: Vec<(&Endpoint, &LegacyLeg)> = (input.facts.endpoints.iter())
        .filter(|endpoint| offers_tls(endpoint))
        .flat_map(|endpoint| endpoint.legacy.iter().map(move |leg| (endpoint, leg)))
        .collect();
    let slowest = asked
        .iter()
        .filter_map(|(_, leg)| leg.accepted.elapsed())
        .max();
    if asked.is_empty() {
        return None;
    }
    let those = |wanted: Option<bool>| -> Vec<String> {
        asked
            .iter()
            .filter(|(_, leg)| leg.accepted.value().copied() == wanted)
            .map(|(endpoint, leg)| format!("{} {}", endpoint.address, name(leg)))
            .collect()
    };
    let (accepted, unknown) = (those(Some(true)), those(None));
    let mut outcome = Outcome::ok(summary(&accepted, &unknown)).elapsed(slowest);
    if !accepted.is_empty() {
        let saw = format!("a ServerHello of the old version: {}", accepted.join(", "));
        outcome.findings.push(
            Finding::new(&LEGACY_TLS_ACCEPTED, saw)
                .help("set ssl_min_protocol_version = 'TLSv1.2' in postgresql.conf, then reload"),
        );
    }
    if !unknown.is_empty() {
        let saw = format!("neither accepted nor refused: {}", unknown.join(", "));
        outcome.findings.push(
            Finding::new(&LEGACY_TLS_UNDETERMINED, saw)
                .help("run pgcheck again with a longer --timeout"),
        );
    }
    Some(outcome)
}

fn offers_tls(endpoint: &Endpoint) -> bool {
    matches!(
        endpoint.tls.negotiation.value(),
        Some(Negotiation::Accepted | Negotiation::Direct)
    )
}

fn name(leg: &LegacyLeg) -> &'static str {
    match leg.offered {
        ProtocolVersion::Tls10 => "TLS 1.0",
        ProtocolVersion::Tls11 => "TLS 1.1",
        ProtocolVersion::Tls12 => "TLS 1.2",
        ProtocolVersion::Tls13 => "TLS 1.3",
    }
}

fn summary(accepted: &[String], unknown: &[String]) -> String {
    match (accepted.is_empty(), unknown.is_empty()) {
        (false, _) => "an old TLS version is accepted".to_owned(),
        (true, false) => "could not be determined".to_owned(),
        (true, true) => "TLS 1.0 and 1.1 are refused".to_owned(),
    }
}
