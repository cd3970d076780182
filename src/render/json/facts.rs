//! The facts of a report as JSON.

use serde::Serialize;

use super::plaintext::{Plaintext, plaintext};
use super::{Text, certificate, days, ms, text, texts, time};
use crate::facts::{
    AuthRequest, Endpoint, Handshake, LegacyLeg, Login, Lookup, ServerView, Session, Stage,
};
use crate::render::phases::{Phase, phases};
use crate::render::summary::version;
use crate::report::Report;
use crate::tls::Certificate;

/// What was observed. What was not is null, or missing from its list.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Facts {
    /// One name lookup per host.
    dns: Vec<LookupView>,
    /// The TCP connection to each address.
    tcp: Vec<TcpView>,
    /// The TLS of the session, or of the connection that came nearest to one.
    tls: Option<TlsView>,
    /// The server's own certificate, whether or not it was verified.
    certificate: Option<CertificateView>,
    /// Whether each address would also accept TLS 1.0 or 1.1.
    legacy: Vec<LegacyView>,
    /// The login.
    auth: Option<AuthView>,
    /// What the session answered.
    session: Option<SessionView>,
    /// The answer of each address to a connection without TLS.
    plaintext: Vec<Plaintext>,
    /// Where the time went.
    phases: Vec<PhaseView>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Lookup"))]
struct LookupView {
    /// The host as it was asked for.
    host: Text,
    /// Its addresses; null where it has none or the lookup failed.
    addresses: Option<Vec<Text>>,
    /// How long the lookup took.
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Tcp"))]
struct TcpView {
    /// The address and port.
    address: Text,
    /// The host that it is an address of; null where only an address was given.
    host: Option<Text>,
    /// Whether it accepts; null where it was not tried.
    connected: Option<bool>,
    /// How long that took, accepted or not.
    duration_ms: Option<f64>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Tls"))]
struct TlsView {
    /// The address and port.
    address: Text,
    /// The protocol version; null where the handshake failed, as all that follows from it.
    #[cfg_attr(test, schemars(extend("enum" = ["1.2", "1.3", null])))]
    version: Option<&'static str>,
    /// The cipher suite, by its IANA name.
    cipher: Option<Text>,
    /// The key-exchange group, by its IANA name.
    group: Option<Text>,
    /// Whether the group resists a quantum computer.
    post_quantum: Option<bool>,
    /// The protocol agreed on by ALPN.
    alpn: Option<Text>,
    /// Whether the server asked for a second hello, one more round trip.
    hello_retried: Option<bool>,
    /// Whether the server asked for a client certificate.
    client_certificate_requested: Option<bool>,
    /// Whether the certificate's chain leads to a trusted root, as libpq sees it; null
    /// where there were no roots to try, or no certificate came.
    chain_verified: Option<bool>,
    /// Whether the certificate names the host, as libpq sees it.
    hostname_verified: Option<bool>,
    /// How long the handshake took.
    duration_ms: Option<f64>,
}

/// A certificate. Its times are null outside the years 1970 to 9999.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Certificate"))]
struct CertificateView {
    /// Whom it is for.
    subject: Text,
    /// Who issued it.
    issuer: Text,
    /// The DNS names among the subject alternative names.
    dns_names: Vec<Text>,
    /// The addresses among them.
    ip_addresses: Vec<Text>,
    /// Valid from then, in RFC 3339, UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    not_before: Option<String>,
    /// Valid until then.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    not_after: Option<String>,
    /// Whole days until then; negative when it is past.
    days_left: i64,
    /// The SHA-256 digest of the whole certificate, in hexadecimal.
    sha256: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Legacy"))]
struct LegacyView {
    /// The address and port.
    address: Text,
    /// The version that was offered, and no newer one.
    offered: &'static str,
    /// Whether the server went on with it; null where it did not say.
    accepted: Option<bool>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Auth"))]
struct AuthView {
    /// How the client proved who it is: `scram-sha-256-plus`, `scram-sha-256`, `md5`,
    /// `password` (in cleartext), or `none` where nothing was asked for.
    method: Option<Text>,
    /// Whether the login was bound to this TLS channel.
    channel_binding: bool,
    /// How long the login took.
    duration_ms: Option<f64>,
}

/// What the session answered: the words of the server, whoever that was; see
/// `tls.chain_verified` and `tls.hostname_verified`.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Session"))]
struct SessionView {
    /// The answer to `SELECT version()`.
    server_version: Text,
    /// Whether the server is a standby.
    in_recovery: Option<bool>,
    /// Whether a transaction would be read-only.
    read_only: Option<bool>,
    /// The role of the session.
    current_user: Option<Text>,
    /// The client's address as the server sees it.
    client_address: Option<Text>,
    /// Whether the server's own end of the connection is encrypted (`pg_stat_ssl`); null
    /// where it does not tell.
    server_sees_tls: Option<bool>,
    /// How long the queries took.
    duration_ms: Option<f64>,
}

/// A stretch of the run.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "Phase"))]
struct PhaseView {
    /// The check that it belongs to.
    #[cfg_attr(test, schemars(extend("enum" = ["dns", "tcp", "tls", "auth", "session", "plaintext"])))]
    phase: &'static str,
    /// When it began, from the start of the run.
    start_ms: f64,
    /// How long it took, done or failed.
    duration_ms: f64,
}

impl From<&Report> for Facts {
    fn from(report: &Report) -> Self {
        let facts = &report.facts;
        let endpoint = facts.session_endpoint();
        let leg = endpoint.map(|endpoint| &endpoint.tls);
        Self {
            dns: facts.lookups.iter().map(lookup).collect(),
            tcp: facts.endpoints.iter().map(tcp).collect(),
            tls: endpoint.and_then(tls),
            certificate: certificate(report).map(|found| describe(&found, report)),
            legacy: facts.endpoints.iter().flat_map(legacy).collect(),
            auth: leg.and_then(|leg| auth(&leg.login)),
            session: leg.and_then(|leg| session(&leg.query)),
            plaintext: facts.endpoints.iter().filter_map(plaintext).collect(),
            phases: phases(report).iter().map(phase).collect(),
        }
    }
}

fn lookup(lookup: &Lookup) -> LookupView {
    LookupView {
        host: text(&lookup.host),
        addresses: lookup.addresses.value().map(|found| texts(found)),
        duration_ms: lookup.addresses.elapsed().map(ms),
    }
}

fn tcp(endpoint: &Endpoint) -> TcpView {
    let stage = endpoint.tcp();
    TcpView {
        address: text(endpoint.address.to_string()),
        host: endpoint.host.as_ref().map(text),
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
        address: text(endpoint.address.to_string()),
        version: handshake.map(|h| h.version),
        cipher: handshake.map(|h| text(&h.cipher)),
        group: handshake.and_then(|h| h.group.as_ref()).map(text),
        post_quantum: handshake.map(|h| h.post_quantum),
        alpn: handshake.and_then(|h| h.alpn.as_ref()).map(text),
        hello_retried: handshake.map(|h| h.hello_retried),
        client_certificate_requested: handshake.map(|h| h.client_certificate.requested),
        chain_verified: presented.and_then(|p| Some(p.chain.as_ref()?.libpq.is_ok())),
        hostname_verified: presented.map(|p| p.name.libpq.is_ok()),
        duration_ms: leg.handshake.elapsed().map(ms),
    })
}

fn describe(certificate: &Certificate, report: &Report) -> CertificateView {
    CertificateView {
        subject: text(&certificate.subject),
        issuer: text(&certificate.issuer),
        dns_names: texts(&certificate.dns_names),
        ip_addresses: texts(&certificate.ip_addresses),
        not_before: time(certificate.not_before),
        not_after: time(certificate.not_after),
        days_left: days(report.facts.started_at, certificate.not_after),
        sha256: certificate.sha256.clone(),
    }
}

fn legacy(endpoint: &Endpoint) -> impl Iterator<Item = LegacyView> {
    let address = endpoint.address.to_string();
    endpoint
        .legacy
        .iter()
        .map(move |leg: &LegacyLeg| LegacyView {
            address: text(&address),
            offered: version(leg.offered),
            accepted: leg.accepted.value().copied(),
        })
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
        method: method.map(text),
        duration_ms: stage.elapsed().map(ms),
    })
}

fn session(stage: &Stage<Session>) -> Option<SessionView> {
    let session = stage.value()?;
    Some(SessionView {
        server_version: text(&session.version),
        in_recovery: session.in_recovery,
        read_only: session.read_only,
        current_user: session.current_user.as_ref().map(text),
        client_address: session.client_address.map(|ip| text(ip.to_string())),
        server_sees_tls: match session.server_view {
            ServerView::Unknown => None,
            ServerView::Plaintext => Some(false),
            ServerView::Tls { .. } => Some(true),
        },
        duration_ms: stage.elapsed().map(ms),
    })
}

fn phase(phase: &Phase) -> PhaseView {
    PhaseView {
        phase: phase.name,
        start_ms: ms(phase.start),
        duration_ms: ms(phase.elapsed),
    }
}
