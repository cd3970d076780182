//! What was observed behind a check, for `--verbose`.

use super::super::page::{Page, Span};
use super::super::style;
use super::super::summary::{certificate, days, milliseconds, time, version};
use super::rows::INDENT;
use crate::check::CheckId;
use crate::facts::{
    Answer, AuthRequest, Endpoint, Handshake, Negotiation, PlaintextLeg, Scope, ServerView,
    Session, Stage, TlsLeg,
};
use crate::report::Report;
use crate::target::ParameterValue;

pub fn print(page: &mut Page, report: &Report, check: CheckId) {
    for fact in facts(report, check) {
        let label = vec![Span::raw(" ".repeat(INDENT))];
        page.wrapped(label, INDENT + 2, Span::new(style::DIM, fact));
    }
}

fn facts(report: &Report, check: CheckId) -> Vec<String> {
    let facts = &report.facts;
    let leg = facts.session_endpoint().map(|endpoint| &endpoint.tls);
    match check {
        CheckId::Uri => parameters(report),
        CheckId::Dns => lookups(report),
        CheckId::Tcp => facts.endpoints.iter().map(tcp).collect(),
        CheckId::Tls => facts.session_endpoint().map_or_else(Vec::new, tls),
        CheckId::Legacy => facts.endpoints.iter().flat_map(legacy).collect(),
        CheckId::Chain => chain(report),
        CheckId::Hostname => names(report),
        CheckId::Expiry => validity(report),
        CheckId::Auth => leg.map_or_else(Vec::new, auth),
        CheckId::Session => leg
            .and_then(|leg| leg.query.value())
            .map_or_else(Vec::new, session),
        CheckId::Plaintext => facts.endpoints.iter().flat_map(plaintext).collect(),
    }
}

fn parameters(report: &Report) -> Vec<String> {
    let given = report.target.given.iter().map(|parameter| {
        let value = match &parameter.value {
            ParameterValue::Plain(text) => text,
            ParameterValue::Secret(_) => "********",
        };
        format!("{}={value} (from {})", parameter.keyword, parameter.origin)
    });
    given.collect()
}

fn lookups(report: &Report) -> Vec<String> {
    let lookup = |lookup: &crate::facts::Lookup| {
        let found = match &lookup.addresses {
            Stage::Done(addresses, _) => joined(addresses),
            Stage::Failed(failure, _) => failure.to_string(),
            Stage::NotRun => "not looked up".to_owned(),
        };
        format!("{}: {found}{}", lookup.host, took(&lookup.addresses))
    };
    report.facts.lookups.iter().map(lookup).collect()
}

fn tcp(endpoint: &Endpoint) -> String {
    let stage = endpoint.tcp();
    let what = match stage {
        Stage::Done(tcp, _) => format!("accepts, from {}", tcp.local),
        Stage::Failed(failure, _) => failure.to_string(),
        Stage::NotRun => "not tried".to_owned(),
    };
    format!("{}: {what}{}", endpoint.address, took(stage))
}

fn tls(endpoint: &Endpoint) -> Vec<String> {
    let leg = &endpoint.tls;
    let negotiation = match &leg.negotiation {
        Stage::Done(Negotiation::Accepted, _) => "SSLRequest answered with S".to_owned(),
        Stage::Done(Negotiation::Refused, _) => "SSLRequest answered with N".to_owned(),
        Stage::Done(Negotiation::Direct, _) => "TLS from the first byte".to_owned(),
        Stage::Failed(failure, _) => failure.to_string(),
        Stage::NotRun => "not asked".to_owned(),
    };
    let first = format!(
        "{}: {negotiation}{}",
        endpoint.address,
        took(&leg.negotiation)
    );
    let mut facts = vec![first];
    match &leg.handshake {
        Stage::Done(handshake, _) => {
            facts.push(format!("handshake{}", took(&leg.handshake)));
            facts.extend(details(handshake));
        }
        Stage::Failed(failure, _) => {
            facts.push(format!("handshake: {}{}", failure, took(&leg.handshake)));
        }
        Stage::NotRun => {}
    }
    facts
}

fn details(handshake: &Handshake) -> Vec<String> {
    let group = handshake.group.as_deref().unwrap_or("not known");
    let quantum = if handshake.post_quantum {
        ", post-quantum"
    } else {
        ""
    };
    let client = &handshake.client_certificate;
    let certificate = match (client.requested, client.sent) {
        (false, _) => "not asked for",
        (true, false) => "asked for, not sent",
        (true, true) => "asked for and sent",
    };
    let mut details = vec![
        format!("cipher suite {}", handshake.cipher),
        format!("key exchange {group}{quantum}"),
        format!("client certificate {certificate}"),
    ];
    if let Some(alpn) = &handshake.alpn {
        details.push(format!("ALPN {alpn}"));
    }
    if handshake.hello_retried {
        details.push("the server asked for a second hello: one more round trip".to_owned());
    }
    details
}

fn legacy(endpoint: &Endpoint) -> Vec<String> {
    let answer = |leg: &crate::facts::LegacyLeg| {
        let what = match &leg.accepted {
            Stage::Done(true, _) => "accepted".to_owned(),
            Stage::Done(false, _) => "refused".to_owned(),
            Stage::Failed(failure, _) => failure.to_string(),
            Stage::NotRun => "not tried".to_owned(),
        };
        let offered = version(leg.offered);
        format!(
            "{}: TLS {offered} {what}{}",
            endpoint.address,
            took(&leg.accepted)
        )
    };
    endpoint.legacy.iter().map(answer).collect()
}

fn chain(report: &Report) -> Vec<String> {
    let presented = report
        .facts
        .session_endpoint()
        .and_then(|endpoint| endpoint.tls.presented.as_ref());
    let certificates = presented.map_or(&[][..], |presented| &presented.certificates);
    let describe = |(index, der)| match crate::tls::describe(der) {
        Ok(certificate) => format!(
            "{index}: {}, issued by {}; {}, signed with {}",
            certificate.subject,
            certificate.issuer,
            certificate.key_text(),
            certificate.signature_algorithm,
        ),
        Err(error) => format!("{index}: {error}"),
    };
    certificates.iter().enumerate().map(describe).collect()
}

fn names(report: &Report) -> Vec<String> {
    let Some(certificate) = certificate(report) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    if !certificate.dns_names.is_empty() {
        names.push(format!("DNS names {}", certificate.dns_names.join(", ")));
    }
    if !certificate.ip_addresses.is_empty() {
        names.push(format!("addresses {}", certificate.ip_addresses.join(", ")));
    }
    names.extend(
        certificate
            .common_name
            .map(|name| format!("common name {name}")),
    );
    names
}

fn validity(report: &Report) -> Vec<String> {
    let Some(certificate) = certificate(report) else {
        return Vec::new();
    };
    let date = |moment| time(moment).unwrap_or_else(|| "a time that no calendar has".to_owned());
    let left = days(report.facts.started_at, certificate.not_after);
    vec![
        format!("valid from {}", date(certificate.not_before)),
        format!(
            "valid until {}, {left} days from now",
            date(certificate.not_after)
        ),
        format!("SHA-256 {}", certificate.sha256),
    ]
}

fn auth(leg: &TlsLeg) -> Vec<String> {
    let mut facts = Vec::new();
    match &leg.login {
        Stage::Done(login, _) => {
            // AuthenticationOk also ends an exchange; it tells something where it begins one.
            let asked = login.requests.iter().enumerate();
            let asked = asked.filter(|(index, r)| *index == 0 || **r != AuthRequest::Ok);
            facts.extend(asked.map(|(_, r)| format!("the server asked for {r}")));
            facts.extend(login.mechanism.iter().map(|m| format!("answered with {m}")));
        }
        Stage::Failed(failure, _) => facts.push(failure.to_string()),
        Stage::NotRun => {}
    }
    facts
}

fn session(session: &Session) -> Vec<String> {
    let mut facts = vec![session.version.clone()];
    if let (Some(user), Some(address)) = (&session.current_user, session.client_address) {
        facts.push(format!("logged in as {user}, seen from {address}"));
    }
    facts.push(match &session.server_view {
        ServerView::Unknown => "pg_stat_ssl does not tell".to_owned(),
        ServerView::Plaintext => "pg_stat_ssl: not encrypted".to_owned(),
        ServerView::Tls { version, cipher } => format!(
            "pg_stat_ssl: {}, {}",
            version.as_deref().unwrap_or("version not told"),
            cipher.as_deref().unwrap_or("cipher not told"),
        ),
    });
    facts
}

fn plaintext(endpoint: &Endpoint) -> Vec<String> {
    let own = (endpoint.plaintext.iter()).map(|leg| ("", leg));
    let elsewhere = (endpoint.plaintext_elsewhere.iter()).map(|(scope, leg)| {
        let whom = match scope {
            Scope::DatabasePostgres => " for database postgres",
            Scope::Replication => " for replication",
        };
        (whom, leg)
    });
    own.chain(elsewhere)
        .map(|(whom, leg)| format!("{}{whom}: {}", endpoint.address, answer(leg)))
        .collect()
}

/// What came without TLS comes from anybody.
fn answer(leg: &PlaintextLeg) -> String {
    let what = match &leg.answer {
        Stage::Done(Answer::Authentication(request), _) => format!("asked for {request}"),
        Stage::Done(Answer::Error(error), _) => format!("unverified answer: {error}"),
        Stage::Done(Answer::Closed, _) => "closed without an answer".to_owned(),
        Stage::Done(Answer::Reset, _) => "reset without an answer".to_owned(),
        Stage::Done(Answer::TlsAlert, _) => "a TLS alert".to_owned(),
        Stage::Done(Answer::Http, _) => "an HTTP answer".to_owned(),
        Stage::Done(Answer::Other(bytes), _) => {
            format!("unverified answer: {:?}", String::from_utf8_lossy(bytes))
        }
        Stage::Failed(failure, _) => failure.to_string(),
        Stage::NotRun => "no connection".to_owned(),
    };
    format!("{what}{}", took(&leg.answer))
}

fn took<T>(stage: &Stage<T>) -> String {
    let elapsed = stage.elapsed().map(milliseconds);
    elapsed.map_or_else(String::new, |elapsed| format!(" ({elapsed})"))
}

fn joined<T: ToString>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    texts.join(", ")
}
