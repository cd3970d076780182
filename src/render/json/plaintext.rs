//! The answers to connections without TLS as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Text, ms, text};
use crate::check::plaintext::{Case, Verdict, verdict};
use crate::facts::{Answer, AuthRequest, Endpoint, PlaintextLeg, Scope, ServerError};

/// The answer to a connection without TLS. Its texts are unverified: they came without
/// TLS, from anybody.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plaintext {
    /// The address and port.
    address: Text,
    /// This end's address, which the server's rules may go by.
    from: Option<Text>,
    /// Whether the server would accept a session without TLS.
    #[cfg_attr(test, schemars(extend("enum" = ["accepted", "refused", "undetermined"])))]
    outcome: &'static str,
    /// How sure a refusal is: `high`, `medium` or `low`.
    confidence: Option<&'static str>,
    /// What shows the refusal, or why the verdict is open.
    reason: Option<&'static str>,
    /// What it asked for, where it went on to authentication.
    method: Option<Text>,
    /// The SQLSTATE, where it answered with an error.
    sqlstate: Option<Text>,
    /// The error's message.
    message: Option<Text>,
    /// All fields of the error, by their one-letter types.
    error_fields: Option<BTreeMap<char, Text>>,
    /// How often it was asked.
    attempts: usize,
    /// The same for other databases and for replication, where asked for.
    elsewhere: Vec<Elsewhere>,
    /// How long the first answer took.
    duration_ms: Option<f64>,
}

/// The answer to a connection without TLS that is not the target's own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Elsewhere {
    /// Whom it asked for.
    #[cfg_attr(test, schemars(extend("enum" = ["database-postgres", "replication"])))]
    scope: &'static str,
    /// Whether the server went on to authentication.
    accepted: Option<bool>,
    /// What it asked for then.
    method: Option<Text>,
    /// The SQLSTATE, where it answered with an error.
    sqlstate: Option<Text>,
    /// The error's message.
    message: Option<Text>,
}

/// One endpoint's answer; `None` where it was not asked.
pub fn plaintext(endpoint: &Endpoint) -> Option<Plaintext> {
    let leg = endpoint.plaintext.first()?;
    let case = Case::of(endpoint);
    let error = case.as_ref().and_then(|case| case.error);
    let request = case.as_ref().and_then(|case| case.request);
    let (outcome, confidence, reason) = match verdict(endpoint) {
        Some(Verdict::Accepted(_)) => ("accepted", None, None),
        Some(Verdict::Refused { confidence, reason }) => {
            ("refused", Some(confidence.as_str()), Some(reason))
        }
        Some(Verdict::Undetermined { reason, .. }) => ("undetermined", None, Some(reason)),
        None => ("undetermined", None, None),
    };
    Some(Plaintext {
        address: text(endpoint.address.to_string()),
        from: leg.tcp.value().map(|tcp| text(tcp.local.ip().to_string())),
        outcome,
        confidence,
        reason,
        method: request.map(method),
        sqlstate: error.and_then(ServerError::code).map(text),
        message: error.map(|error| text(error.message())),
        error_fields: error.map(fields),
        attempts: endpoint.plaintext.len(),
        elsewhere: endpoint.plaintext_elsewhere.iter().map(elsewhere).collect(),
        duration_ms: leg.answer.elapsed().map(ms),
    })
}

/// The first field of each type counts, as it does for [`ServerError`].
fn fields(error: &ServerError) -> BTreeMap<char, Text> {
    let fields = error.fields().iter().rev();
    fields.map(|(kind, value)| (*kind, text(value))).collect()
}

/// The method asked for, by the words of `require_auth` or by the SASL mechanisms' names.
fn method(request: &AuthRequest) -> Text {
    text(match request {
        AuthRequest::Ok => "none".to_owned(),
        AuthRequest::KerberosV5 => "krb5".to_owned(),
        AuthRequest::CleartextPassword => "password".to_owned(),
        AuthRequest::Md5Password => "md5".to_owned(),
        AuthRequest::Gss => "gss".to_owned(),
        AuthRequest::Sspi => "sspi".to_owned(),
        AuthRequest::Sasl(mechanisms) => mechanisms.join(",").to_lowercase(),
        AuthRequest::Other(code) => format!("code-{code}"),
    })
}

fn elsewhere((scope, leg): &(Scope, PlaintextLeg)) -> Elsewhere {
    let (accepted, request, error) = match leg.answer.value() {
        Some(Answer::Authentication(request)) => (Some(true), Some(request), None),
        Some(Answer::Error(error)) => (Some(false), None, Some(error)),
        _ => (None, None, None),
    };
    Elsewhere {
        scope: match scope {
            Scope::DatabasePostgres => "database-postgres",
            Scope::Replication => "replication",
        },
        accepted,
        method: request.map(method),
        sqlstate: error.and_then(ServerError::code).map(text),
        message: error.map(|error| text(error.message())),
    }
}
