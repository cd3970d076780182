//! Would the server accept a session without TLS?

mod verdict;

use std::net::SocketAddr;

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::{AuthRequest, Endpoint};
use crate::finding::{Code, Finding, Severity};
pub use verdict::{Verdict, verdict};

pub(super) const CHECK: Check = Check {
    id: CheckId::Plaintext,
    asks: "would the server accept a session without TLS?",
    needs: &[CheckId::Tcp],
    codes: &[
        &PLAINTEXT_ACCEPTED,
        &PLAINTEXT_NO_PASSWORD,
        &PLAINTEXT_UNDETERMINED,
    ],
    run,
};

static PLAINTEXT_ACCEPTED: Code = Code {
    id: "plaintext-accepted",
    severity: Severity::Error,
    cause: Cause::PlaintextAccepted,
    title: "the server lets this user connect without TLS",
    why: "clients with sslmode=disable talk in the clear, and anyone on the path can push \
          sslmode=prefer clients to do the same",
    explain: "A second connection, which never asked for TLS, was not refused: the server \
              went on to authentication. In pg_hba.conf a `host` line matches connections \
              with and without TLS, a `hostssl` line only those with TLS. Turn the line that \
              this user and database match into hostssl and reload. Hosted servers have a \
              setting for it (rds.force_ssl, require_secure_transport, \"force TLS\").",
};

static PLAINTEXT_NO_PASSWORD: Code = Code {
    id: "plaintext-no-password",
    severity: Severity::Error,
    cause: Cause::PlaintextAccepted,
    title: "the server lets this user in without TLS and without a password",
    why: "whoever reaches the port has this user's rights",
    explain: "The server answered a connection without TLS with AuthenticationOk at once: the \
              pg_hba.conf line has the method trust, or another that asks the client for \
              nothing. Give the line the method scram-sha-256 and the type hostssl.",
};

static PLAINTEXT_UNDETERMINED: Code = Code {
    id: "plaintext-undetermined",
    severity: Severity::Error,
    cause: Cause::Insecure,
    title: "could not be determined whether the server accepts plaintext",
    why: "what could not be determined is never reported as safe",
    explain: "The server's answer to a connection without TLS does not tell whether it was \
              refused for the missing TLS or for another reason, or no answer came.",
};

fn run(input: &Input) -> Option<Outcome> {
    let probed: Vec<(&Endpoint, Verdict)> = (input.facts.endpoints.iter())
        .filter_map(|endpoint| Some((endpoint, verdict(endpoint)?)))
        .collect();
    if probed.is_empty() {
        return None;
    }
    let elapsed = (probed.iter())
        .flat_map(|(endpoint, _)| &endpoint.plaintext)
        .filter_map(|leg| leg.answer.elapsed())
        .max();
    let findings: Vec<Finding> = (probed.iter())
        .filter_map(|(endpoint, verdict)| finding(input, endpoint, verdict))
        .collect();
    Some(Outcome {
        summary: summary(&probed),
        findings,
        elapsed,
    })
}

fn summary(probed: &[(&Endpoint, Verdict)]) -> String {
    if probed
        .iter()
        .any(|(_, v)| matches!(v, Verdict::Accepted(_)))
    {
        "the server went on to authentication without TLS".to_owned()
    } else if probed
        .iter()
        .any(|(_, v)| matches!(v, Verdict::Undetermined(_)))
    {
        "could not be determined".to_owned()
    } else {
        match probed.len() {
            1 => "refused without TLS".to_owned(),
            2 => "refused without TLS at both addresses".to_owned(),
            count => format!("refused without TLS at all {count} addresses"),
        }
    }
}

fn finding(input: &Input, endpoint: &Endpoint, verdict: &Verdict) -> Option<Finding> {
    let (user, dbname) = (&input.target.user, &input.target.dbname);
    let whom = format!("for user {user:?}, database {dbname:?}{}", from(endpoint));
    match verdict {
        Verdict::Refused(_) => None,
        Verdict::Accepted(AuthRequest::Ok) => Some(
            Finding::new(
                &PLAINTEXT_NO_PASSWORD,
                format!("{}: a connection that never asked for TLS was let in at once, {whom}", endpoint.address),
            )
            .help("in pg_hba.conf give the line that this user matches the type hostssl and the method scram-sha-256, then run `SELECT pg_reload_conf()`"),
        ),
        Verdict::Accepted(request) => Some(
            Finding::new(
                &PLAINTEXT_ACCEPTED,
                format!("{}: a connection that never asked for TLS was asked for {request}, {whom} (pgcheck hung up there; no password was sent)", endpoint.address),
            )
            .title(format!("the server lets user {user:?} connect without TLS"))
            .help("in pg_hba.conf turn the `host` line that this user matches into `hostssl`, then run `SELECT pg_reload_conf()`; hosted servers have a \"require SSL\" setting instead"),
        ),
        Verdict::Undetermined(reason) => Some(
            Finding::new(&PLAINTEXT_UNDETERMINED, format!("{}: {reason}", endpoint.address))
                .help("mend what the other checks report, then run pgcheck again"),
        ),
    }
}

fn from(endpoint: &Endpoint) -> String {
    let local: Option<SocketAddr> = (endpoint.plaintext.iter())
        .find_map(|leg| leg.tcp.value())
        .map(|tcp| tcp.local);
    local.map_or_else(String::new, |local| format!(", from {}", local.ip()))
}
