//! The report for programs. Field names are a contract: other programs rely on them.
//! Times are RFC 3339 UTC, units are in names, and what is unknown is `null`.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::check::{CheckId, Judged, Row};
use crate::facts::{
    Answer, AuthRequest, Endpoint, Handshake, Login, PlaintextLeg, Scope, ServerError, Session,
    Stage,
};
use crate::policy::Policy;
use crate::report::Report;
use crate::target::Target;
use crate::tls::Certificate;

/// The version of this form. It grows when a field changes its meaning or goes.
const SCHEMA_VERSION: u32 = 1;

/// Several reports as one JSON value: an object for one, an array for more.
pub fn render(reports: &[Report]) -> String {
    let documents: Vec<Document> = reports.iter().map(Document::from).collect();
    let text = match documents.as_slice() {
        [only] => serde_json::to_string_pretty(only),
        all => serde_json::to_string_pretty(all),
    };
    // Plain structs with string keys always serialize.
    let mut text = text.unwrap_or_default();
    text.push('\n');
    text
}

/// One report.
#[derive(Serialize)]
pub struct Document {
    schema_version: u32,
    pgcheck_version: &'static str,
    name: Option<String>,
    status: &'static str,
    exit_code: u8,
    started_at: String,
    duration_ms: f64,
    target: TargetView,
    policy: PolicyView,
    checks: Vec<CheckView>,
    findings: Vec<FindingView>,
    facts: FactsView,
}

#[derive(Serialize)]
struct TargetView {
    source: String,
    uri: String,
    hosts: Vec<HostView>,
    user: String,
    dbname: String,
    sslmode: &'static str,
}

#[derive(Serialize)]
struct HostView {
    host: String,
    port: u16,
}

#[derive(Serialize)]
struct PolicyView {
    checks: Vec<&'static str>,
    strict: bool,
    require: Vec<&'static str>,
    expires_within_s: u64,
    expires_fail_s: u64,
    timeout_ms: f64,
}

#[derive(Serialize)]
struct CheckView {
    id: &'static str,
    status: &'static str,
    summary: String,
    duration_ms: Option<f64>,
    findings: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    skipped_because: Vec<&'static str>,
}

#[derive(Serialize)]
struct FindingView {
    code: &'static str,
    severity: &'static str,
    check: &'static str,
    title: String,
    saw: String,
    why: String,
    help: Vec<String>,
}

#[derive(Serialize)]
struct FactsView {
    dns: Vec<LookupView>,
    tcp: Vec<TcpView>,
    tls: Option<TlsView>,
    certificate: Option<CertificateView>,
    auth: Option<AuthView>,
    session: Option<SessionView>,
    plaintext: Vec<PlaintextView>,
}

#[derive(Serialize)]
struct LookupView {
    host: String,
    addresses: Option<Vec<String>>,
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
struct TcpView {
    address: String,
    host: Option<String>,
    connected: Option<bool>,
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
struct TlsView {
    address: String,
    version: Option<&'static str>,
    cipher: Option<String>,
    group: Option<String>,
    post_quantum: Option<bool>,
    alpn: Option<String>,
    hello_retried: Option<bool>,
    client_certificate_requested: Option<bool>,
    chain_verified: Option<bool>,
    hostname_verified: Option<bool>,
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
struct CertificateView {
    subject: String,
    issuer: String,
    dns_names: Vec<String>,
    ip_addresses: Vec<String>,
    not_before: String,
    not_after: String,
    days_left: i64,
    sha256: String,
}

#[derive(Serialize)]
struct AuthView {
    method: Option<String>,
    channel_binding: bool,
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
struct SessionView {
    server_version: String,
    in_recovery: Option<bool>,
    read_only: Option<bool>,
    current_user: Option<String>,
    client_address: Option<String>,
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
struct PlaintextView {
    address: String,
    from: Option<String>,
    outcome: &'static str,
    confidence: Option<&'static str>,
    reason: Option<&'static str>,
    method: Option<String>,
    sqlstate: Option<String>,
    message: Option<String>,
    /// The ErrorResponse verbatim, by its one-letter field types.
    error_fields: Option<BTreeMap<char, String>>,
    attempts: usize,
    elsewhere: Vec<ElsewhereView>,
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
struct ElsewhereView {
    scope: &'static str,
    accepted: Option<bool>,
    method: Option<String>,
    sqlstate: Option<String>,
    message: Option<String>,
}

impl From<&Report> for Document {
    fn from(report: &Report) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            pgcheck_version: env!("CARGO_PKG_VERSION"),
            name: report.target.name.clone(),
            status: report.status().as_str(),
            exit_code: report.exit().code(),
            started_at: rfc3339(report.facts.started_at),
            duration_ms: ms(report.duration),
            target: target(&report.target),
            policy: policy(&report.policy),
            checks: CheckId::ALL.iter().map(|id| check(report, *id)).collect(),
            findings: findings(report),
            facts: facts(report),
        }
    }
}

fn target(target: &Target) -> TargetView {
    TargetView {
        source: target.source.to_string(),
        uri: target.uri(),
        hosts: target
            .hosts
            .iter()
            .map(|host| HostView {
                host: host.name(),
                port: host.port,
            })
            .collect(),
        user: target.user.clone(),
        dbname: target.dbname.clone(),
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
    CheckView {
        id: id.as_str(),
        status: row.map_or("skip", |row| row.status().as_str()),
        summary,
        duration_ms: outcome.and_then(|outcome| outcome.elapsed).map(ms),
        findings: outcome.map_or_else(Vec::new, |outcome| {
            outcome
                .findings
                .iter()
                .map(|finding| finding.code.id)
                .collect()
        }),
        skipped_because: because,
    }
}

fn findings(report: &Report) -> Vec<FindingView> {
    let view = |(check, finding): (CheckId, &crate::finding::Finding)| FindingView {
        code: finding.code.id,
        severity: finding.severity.as_str(),
        check: check.as_str(),
        title: finding.title.clone(),
        saw: finding.saw.clone(),
        why: finding.why.clone(),
        help: finding.help.clone(),
    };
    report.findings().map(view).collect()
}

fn facts(report: &Report) -> FactsView {
    let facts = &report.facts;
    let endpoint = facts.session_endpoint();
    let leg = endpoint.map(|endpoint| &endpoint.tls);
    let certificate = leg
        .and_then(|leg| leg.presented.as_ref())
        .and_then(|presented| presented.certificate());
    FactsView {
        dns: facts
            .lookups
            .iter()
            .map(|lookup| LookupView {
                host: lookup.host.clone(),
                addresses: lookup
                    .addresses
                    .value()
                    .map(|found| found.iter().map(ToString::to_string).collect()),
                duration_ms: lookup.addresses.elapsed().map(ms),
            })
            .collect(),
        tcp: facts.endpoints.iter().map(tcp).collect(),
        tls: endpoint.and_then(tls),
        certificate: certificate.map(|certificate| describe(&certificate, facts.started_at)),
        auth: leg.and_then(|leg| auth(&leg.login)),
        session: leg.and_then(|leg| session(&leg.query)),
        plaintext: facts.endpoints.iter().filter_map(plaintext).collect(),
    }
}

fn tcp(endpoint: &Endpoint) -> TcpView {
    let stage = endpoint.tcp();
    TcpView {
        address: endpoint.address.to_string(),
        host: endpoint.host.clone(),
        connected: match stage {
            Stage::NotRun => None,
            stage => Some(stage.value().is_some()),
        },
        duration_ms: stage.elapsed().map(ms),
    }
}

fn tls(endpoint: &Endpoint) -> Option<TlsView> {
    let leg = &endpoint.tls;
    if matches!(leg.handshake, Stage::NotRun) {
        return None;
    }
    let handshake: Option<&Handshake> = leg.handshake.value();
    let presented = leg.presented.as_ref();
    Some(TlsView {
        address: endpoint.address.to_string(),
        version: handshake.map(|h| h.version),
        cipher: handshake.map(|h| h.cipher.clone()),
        group: handshake.and_then(|h| h.group.clone()),
        post_quantum: handshake.map(|h| h.post_quantum),
        alpn: handshake.and_then(|h| h.alpn.clone()),
        hello_retried: handshake.map(|h| h.hello_retried),
        client_certificate_requested: handshake.map(|h| h.client_certificate.requested),
        chain_verified: presented.and_then(|p| Some(p.chain.as_ref()?.libpq.is_ok())),
        hostname_verified: presented.map(|p| p.name.libpq.is_ok()),
        duration_ms: leg.handshake.elapsed().map(ms),
    })
}

fn describe(certificate: &Certificate, now: SystemTime) -> CertificateView {
    const DAY: i64 = 24 * 60 * 60;
    let seconds = match certificate.not_after.duration_since(now) {
        Ok(left) => i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        Err(past) => -i64::try_from(past.duration().as_secs()).unwrap_or(i64::MAX),
    };
    CertificateView {
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        dns_names: certificate.dns_names.clone(),
        ip_addresses: certificate
            .ip_addresses
            .iter()
            .map(ToString::to_string)
            .collect(),
        not_before: rfc3339(certificate.not_before),
        not_after: rfc3339(certificate.not_after),
        days_left: seconds.div_euclid(DAY),
        sha256: certificate.sha256.clone(),
    }
}

fn auth(stage: &Stage<Login>) -> Option<AuthView> {
    let login = stage.value()?;
    let method = match login.requests.first() {
        Some(AuthRequest::Ok) => Some("none".to_owned()),
        Some(AuthRequest::CleartextPassword) => Some("password".to_owned()),
        Some(AuthRequest::Md5Password) => Some("md5".to_owned()),
        _ => login.mechanism.as_ref().map(|name| name.to_lowercase()),
    };
    Some(AuthView {
        channel_binding: method.as_deref() == Some("scram-sha-256-plus"),
        method,
        duration_ms: stage.elapsed().map(ms),
    })
}

fn session(stage: &Stage<Session>) -> Option<SessionView> {
    let session = stage.value()?;
    Some(SessionView {
        server_version: session.version.clone(),
        in_recovery: session.in_recovery,
        read_only: session.read_only,
        current_user: session.current_user.clone(),
        client_address: session.client_address.map(|address| address.to_string()),
        duration_ms: stage.elapsed().map(ms),
    })
}

fn plaintext(endpoint: &Endpoint) -> Option<PlaintextView> {
    use crate::check::plaintext::{Case, Verdict, verdict};
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
    let fields = |error: &ServerError| {
        let fields = error.fields().iter().rev();
        fields.map(|(kind, text)| (*kind, text.clone())).collect()
    };
    Some(PlaintextView {
        address: endpoint.address.to_string(),
        from: leg.tcp.value().map(|tcp| tcp.local.ip().to_string()),
        outcome,
        confidence,
        reason,
        method: request.map(method),
        sqlstate: error.and_then(|error| error.code()).map(str::to_owned),
        message: error.map(|error| error.message().to_owned()),
        error_fields: error.map(fields),
        attempts: endpoint.plaintext.len(),
        elsewhere: endpoint.plaintext_elsewhere.iter().map(elsewhere).collect(),
        duration_ms: leg.answer.elapsed().map(ms),
    })
}

/// The method asked for, by the words of `require_auth` or by the SASL mechanisms' names.
fn method(request: &AuthRequest) -> String {
    match request {
        AuthRequest::Ok => "none".to_owned(),
        AuthRequest::KerberosV5 => "krb5".to_owned(),
        AuthRequest::CleartextPassword => "password".to_owned(),
        AuthRequest::Md5Password => "md5".to_owned(),
        AuthRequest::Gss => "gss".to_owned(),
        AuthRequest::Sspi => "sspi".to_owned(),
        AuthRequest::Sasl(mechanisms) => mechanisms.join(",").to_lowercase(),
        AuthRequest::Other(code) => format!("code-{code}"),
    }
}

fn elsewhere((scope, leg): &(Scope, PlaintextLeg)) -> ElsewhereView {
    let (accepted, request, error) = match leg.answer.value() {
        Some(Answer::Authentication(request)) => (Some(true), Some(request), None),
        Some(Answer::Error(error)) => (Some(false), None, Some(error)),
        _ => (None, None, None),
    };
    ElsewhereView {
        scope: match scope {
            Scope::DatabasePostgres => "database-postgres",
            Scope::Replication => "replication",
        },
        accepted,
        method: request.map(method),
        sqlstate: error.and_then(|error| error.code()).map(str::to_owned),
        message: error.map(|error| error.message().to_owned()),
    }
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
