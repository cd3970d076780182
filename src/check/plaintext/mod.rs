//! Would the server accept a session without TLS?
//!
//! ```text
//! Endpoint ──answer──► Case ──rules, known──► Verdict ──findings──► Finding
//! ```

mod answer;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod docs;
mod findings;
mod help;
pub mod known;
pub mod rules;
mod verdict;

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::Endpoint;
use crate::finding::{Code, Severity};
pub use answer::{Case, Control, Kind};
pub use verdict::{Verdict, unsettled, verdict};

pub(super) const CHECK: Check = Check {
    id: CheckId::Plaintext,
    asks: "would the server accept a session without TLS?",
    needs: &[CheckId::Tcp],
    codes: &[
        &PLAINTEXT_ACCEPTED,
        &PLAINTEXT_NO_PASSWORD,
        &PLAINTEXT_UNDETERMINED,
        &PLAINTEXT_ACCEPTED_ELSEWHERE,
        &PLAINTEXT_REFUSAL_INFERRED,
    ],
    run,
};

static PLAINTEXT_ACCEPTED: Code = Code {
    id: "plaintext-accepted",
    severity: Severity::Error,
    cause: Cause::PlaintextAccepted,
    title: "the server goes on to authentication without TLS",
    why: "clients with sslmode=disable talk in the clear, and anyone on the path can push \
          sslmode=prefer clients to do the same",
    explain: "A second connection, which never asked for TLS, was not refused: the server \
              went on to authentication. Whether a login would succeed was not tried, and no \
              password was sent. In pg_hba.conf a `host` line matches connections with and \
              without TLS, a `hostssl` line only those with TLS. Turn the line that this user \
              and database match into hostssl and reload. Poolers and hosted servers have a \
              setting for it (client_tls_sslmode, rds.force_ssl, require_secure_transport, \
              \"force TLS\").",
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
              refused for the missing TLS or for another reason, or no answer came. \
              docs/plaintext.md has the table by which answers are told apart.",
};

static PLAINTEXT_ACCEPTED_ELSEWHERE: Code = Code {
    id: "plaintext-accepted-elsewhere",
    severity: Severity::Warning,
    cause: Cause::PlaintextAccepted,
    title: "another database, or replication, is open without TLS",
    why: "pg_hba.conf has lines of their own for databases and for replication; the same \
          password would cross the network in the clear there",
    explain: "The target's own user and database were not let in without TLS. The same user \
              was, for the database postgres or for a replication session, which pg_hba.conf \
              treats apart (`all` does not cover `replication`). These two are asked for \
              with --verbose and with --only plaintext.",
};

static PLAINTEXT_REFUSAL_INFERRED: Code = Code {
    id: "plaintext-refusal-inferred",
    severity: Severity::Note,
    cause: Cause::Insecure,
    title: "the server ends connections without TLS, and does not say why",
    why: "a firewall or a proxy on the way looks the same; nothing was accepted",
    explain: "Twice a connection without TLS ended with no answer, or with an error that \
              does not speak of TLS, while the same user went on to authentication with TLS, \
              twice, at the same address. That counts as refused, with low confidence.",
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
    Some(Outcome {
        summary: findings::summary(input, &probed),
        findings: findings::of(input, &probed),
        elapsed,
    })
}
