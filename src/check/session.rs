//! Does `SELECT version()` answer, and does the server see the TLS that we see?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::{Failure, ServerView, Session};
use crate::finding::{Code, Finding, Severity};

pub const CHECK: Check = Check {
    id: CheckId::Session,
    asks: "does SELECT version() answer, and does the server see the TLS that we see?",
    needs: &[CheckId::Auth],
    codes: &[&QUERY_FAILED, &TLS_ENDS_EARLY],
    run,
};

static QUERY_FAILED: Code = Code {
    id: "query-failed",
    severity: Severity::Error,
    cause: Cause::Rejected,
    title: "the session did not answer SELECT version()",
    why: "a login that cannot run the simplest query is of no use to an application",
    explain: "The login worked and the query did not. Common causes: a pooler that cannot \
              reach its server, or a server that is shutting down.",
};

static TLS_ENDS_EARLY: Code = Code {
    id: "tls-ends-early",
    severity: Severity::Warning,
    cause: Cause::Insecure,
    title: "the TLS that starts here does not reach the server",
    why: "something in between ends it, and what lies behind is plaintext or somebody else's \
          TLS",
    explain: "pg_stat_ssl shows the connection as the database server sees it. It differs \
              from the TLS session that was made here, so a pooler, a proxy or a load \
              balancer ends the TLS. That may be intended; then see to it that the hop behind \
              it is encrypted too (PgBouncer: server_tls_sslmode = verify-full).",
};

fn run(input: &Input) -> Option<Outcome> {
    let leg = &input.facts.session_endpoint()?.tls;
    let outcome = match (leg.query.value(), leg.query.failure()) {
        (Some(session), _) => answered(session),
        (None, Some(failure)) => query_failed(failure),
        (None, None) => return None,
    };
    Some(outcome.elapsed(leg.query.elapsed()))
}

fn answered(session: &Session) -> Outcome {
    let version = session.version.split(" on ").next().unwrap_or_default();
    let role = match session.in_recovery {
        Some(true) => ", standby",
        Some(false) => ", primary",
        None => "",
    };
    match &session.server_view {
        ServerView::Plaintext => Outcome::found(
            format!("{version}{role}; the server sees no TLS"),
            Finding::new(
                &TLS_ENDS_EARLY,
                "pg_stat_ssl says that this session is not encrypted",
            )
            .help("find what stands in between, and encrypt the hop behind it"),
        ),
        ServerView::Tls { .. } => Outcome::ok(format!("{version}{role}; the server sees TLS too")),
        ServerView::Unknown => Outcome::ok(format!("{version}{role}")),
    }
}

fn query_failed(failure: &Failure) -> Outcome {
    let saw = match failure {
        Failure::Server(error) => error.to_string(),
        Failure::TimedOut => "no answer in time".to_owned(),
        Failure::Driver(words) | Failure::Io(words) => words.clone(),
        other => format!("{other:?}"),
    };
    Outcome::found(
        "no answer",
        Finding::new(&QUERY_FAILED, saw).help("look at the server's log"),
    )
}
