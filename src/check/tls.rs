//! Does the server offer TLS, and does the handshake succeed?

use super::{Check, CheckId, Input, Outcome, auth};
use crate::exit::Cause;
use crate::facts::{Endpoint, Failure, Handshake, Negotiation, TlsLeg};
use crate::finding::{Code, Finding, Severity};
use crate::policy::Level;
use crate::tls::{Refusal, Weakness};

pub const CHECK: Check = Check {
    id: CheckId::Tls,
    asks: "does the server offer TLS, and does the handshake succeed?",
    needs: &[
        CheckId::Tcp,
        CheckId::Chain,
        CheckId::Hostname,
        CheckId::Expiry,
    ],
    codes: &[
        &TLS_NOT_OFFERED,
        &TLS_HANDSHAKE_FAILED,
        &NOT_POSTGRES,
        &TLS_TIMEOUT,
        &CLOSED_BEFORE_TLS,
        &ERROR_BEFORE_TLS,
        &TLS_1_2,
        &SOME_ADDRESSES_WITHOUT_TLS,
        &auth::CLIENT_CERTIFICATE_REQUIRED,
        &auth::CLIENT_CERTIFICATE_REJECTED,
    ],
    run,
};

static TLS_NOT_OFFERED: Code = Code {
    id: "tls-not-offered",
    severity: Severity::Error,
    cause: Cause::NoTls,
    title: "the server does not offer TLS",
    why: "an application that demands TLS cannot connect, and any other sends everything in \
          the clear",
    explain: "The server answered SSLRequest with N. PostgreSQL does so when its setting \
              ssl is off: set ssl = on, with ssl_cert_file and ssl_key_file, and reload. \
              PgBouncer does so when client_tls_sslmode is disable.",
};

static TLS_HANDSHAKE_FAILED: Code = Code {
    id: "tls-handshake-failed",
    severity: Severity::Error,
    cause: Cause::NoTls,
    title: "the TLS handshake failed",
    why: "without a handshake there is no encryption, and no login was attempted",
    explain: "The server agreed to TLS and the handshake then failed. Common causes: no \
              protocol version, cipher suite or key-exchange group in common (pgcheck \
              offers TLS 1.2 and 1.3 with the modern suites of rustls), a client \
              certificate that the server demands or refuses, or a proxy that speaks TLS \
              only when told a host name that it knows.",
};

static NOT_POSTGRES: Code = Code {
    id: "not-postgres",
    severity: Severity::Error,
    cause: Cause::NoTls,
    title: "the port does not speak the PostgreSQL protocol",
    why: "the answer to SSLRequest is one byte, S or N; anything else comes from another \
          kind of server",
    explain: "Something answered that is not PostgreSQL: often a web server, because the \
              port is wrong, or a port that speaks TLS from the first byte, which \
              sslnegotiation=direct would suit.",
};

static TLS_TIMEOUT: Code = Code {
    id: "tls-timeout",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "the server accepts TCP and then says nothing",
    why: "a connection that never answers blocks an application without a timeout of its own",
    explain: "The TCP connection was accepted and no answer to SSLRequest, or to the TLS \
              handshake, came in time. Common causes: a load balancer in front of a server \
              that is down, a server under overload, a middlebox that swallows large TLS \
              hellos, or a port of another protocol that waits for the client.",
};

static CLOSED_BEFORE_TLS: Code = Code {
    id: "closed-before-tls",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "the server closed the connection before TLS",
    why: "no answer to SSLRequest came, so nothing can be said about TLS",
    explain: "The TCP connection was accepted and closed again. Common causes: a proxy whose \
              server is down, an allow-list that cuts after accepting, a server that is \
              restarting, or a port that only takes TLS from the first byte.",
};

static ERROR_BEFORE_TLS: Code = Code {
    id: "error-before-tls",
    severity: Severity::Error,
    cause: Cause::Rejected,
    title: "the server answered with an error before TLS",
    why: "the answer came without TLS, so nothing shows who sent it",
    explain: "A server that cannot start a session at all answers SSLRequest with an error: \
              too many connections, or no memory for one more. Some poolers do the same \
              when they are full.",
};

static TLS_1_2: Code = Code {
    id: "tls-1.2",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "the session uses TLS 1.2, not 1.3",
    why: "TLS 1.2 is sound with the suites offered here, but it shows the certificate on the \
          way and takes a round trip more",
    explain: "TLS 1.3 needs OpenSSL 1.1.1 or later on the server and \
              ssl_max_protocol_version unset or TLSv1.3. An upper bound in the URI \
              (ssl_max_protocol_version) has the same effect.",
};

static SOME_ADDRESSES_WITHOUT_TLS: Code = Code {
    id: "some-addresses-without-tls",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "some addresses accept TCP and give no TLS session",
    why: "an application that fails over to them cannot connect, or goes on in plaintext where \
          its sslmode lets it",
    explain: "The session's address gives TLS and another address of the target does not. \
              Often a standby that was set up without ssl = on, or an address that belongs to \
              something else.",
};

fn run(input: &Input) -> Option<Outcome> {
    let endpoint = input.facts.session_endpoint()?;
    let leg = &endpoint.tls;
    let elapsed =
        leg.negotiation.elapsed().unwrap_or_default() + leg.handshake.elapsed().unwrap_or_default();
    let outcome = match leg.handshake.value() {
        Some(handshake) => established(input, handshake),
        None => failed(endpoint)?,
    };
    Some(outcome.elapsed(Some(elapsed)))
}

/// The session has TLS: how good it is, and whether the other addresses have it too.
fn established(input: &Input, handshake: &Handshake) -> Outcome {
    let group = handshake.group.as_deref().map(|name| format!(", {name}"));
    let mut summary = format!(
        "TLS {}, {}{}",
        handshake.version,
        handshake.cipher,
        group.unwrap_or_default()
    );
    let reached: Vec<&Endpoint> = (input.facts.endpoints.iter())
        .filter(|endpoint| endpoint.tls.tcp.value().is_some())
        .collect();
    let without: Vec<String> = reached.iter().filter_map(|it| without_tls(it)).collect();
    if reached.len() > 1 {
        let with = reached.len() - without.len();
        summary = format!("{summary}; {with} of {} addresses", reached.len());
    }
    let mut outcome = Outcome::ok(summary);
    outcome.findings.extend(old_version(input, &reached));
    if !without.is_empty() {
        outcome.findings.push(
            Finding::new(&SOME_ADDRESSES_WITHOUT_TLS, without.join("; "))
                .help("set ssl = on there too, with the same certificate authority, then reload"),
        );
    }
    outcome
}

fn old_version(input: &Input, reached: &[&Endpoint]) -> Option<Finding> {
    let old: Vec<String> = (reached.iter())
        .filter(|it| it.tls.handshake.value().is_some_and(|h| h.version != "1.3"))
        .map(|endpoint| endpoint.address.to_string())
        .collect();
    if old.is_empty() {
        return None;
    }
    let saw = format!("{}: the handshake ended in TLS 1.2", old.join(", "));
    let demanded = input.policy.demands(Level::Tls13);
    let severity = match demanded {
        true => Severity::Error,
        false => Severity::Warning,
    };
    Some(
        Finding::new(&TLS_1_2, saw).severity(severity).help(
            "update the server's OpenSSL, or lift ssl_max_protocol_version there or in the URI",
        ),
    )
}

/// Why there is no TLS at an address; certificates are other checks' matter.
fn without_tls(endpoint: &Endpoint) -> Option<String> {
    let leg = &endpoint.tls;
    let reason = match (leg.negotiation.value(), leg.negotiation.failure()) {
        (Some(Negotiation::Refused), _) => "answered SSLRequest with N".to_owned(),
        (_, Some(failure)) => words(failure),
        _ => match leg.handshake.failure()? {
            Failure::Certificate(_) => return None,
            failure => words(failure),
        },
    };
    Some(format!("{}: {reason}", endpoint.address))
}

fn failed(endpoint: &Endpoint) -> Option<Outcome> {
    let leg = &endpoint.tls;
    if leg.negotiation.value() == Some(&Negotiation::Refused) {
        let finding = Finding::new(
            &TLS_NOT_OFFERED,
            format!("{} answered SSLRequest with N", endpoint.address),
        )
        .help("set ssl = on in postgresql.conf, with ssl_cert_file and ssl_key_file, then reload")
        .help("in PgBouncer set client_tls_sslmode = require; hosted servers have a TLS setting");
        return Some(Outcome::found("not offered", finding));
    }
    if let Some(failure) = leg.negotiation.failure() {
        return Some(no_negotiation(endpoint, failure));
    }
    let failure = leg.handshake.failure()?;
    if let Failure::Alert(alert) = failure
        && let Some(outcome) = auth::client_certificate(leg, alert)
    {
        return Some(outcome);
    }
    let finding = match failure {
        Failure::Certificate(Refusal::UnsupportedKey(_)) if has_weak_key(leg) => return None,
        // The checks of the certificate report these.
        Failure::Certificate(Refusal::Chain(_) | Refusal::Name(_) | Refusal::NoRoots) => {
            return None;
        }
        Failure::TimedOut => Finding::new(
            &TLS_TIMEOUT,
            format!("{}: no answer to the TLS handshake", endpoint.address),
        ),
        Failure::Closed | Failure::Reset => Finding::new(
            &TLS_HANDSHAKE_FAILED,
            "the server closed the connection during the handshake",
        ),
        other => Finding::new(&TLS_HANDSHAKE_FAILED, words(other)),
    };
    Some(Outcome::found(
        "the handshake failed",
        finding.help("the server's log has its side of the reason"),
    ))
}

fn no_negotiation(endpoint: &Endpoint, failure: &Failure) -> Outcome {
    let address = endpoint.address;
    match failure {
        Failure::TimedOut => Outcome::found(
            "no answer to SSLRequest",
            Finding::new(&TLS_TIMEOUT, format!("{address}: no answer to SSLRequest"))
                .help("check that the port is PostgreSQL's and that the server is not overloaded"),
        ),
        Failure::Server(error) => Outcome::found(
            "an error before TLS",
            Finding::new(
                &ERROR_BEFORE_TLS,
                format!("{address}: {error} (unverified: it came without TLS)"),
            )
            .help("the server's log says more; --wait tries again"),
        ),
        Failure::NotPostgres(bytes) => Outcome::found(
            "not PostgreSQL",
            Finding::new(
                &NOT_POSTGRES,
                format!(
                    "{address} answered SSLRequest with {:?}",
                    String::from_utf8_lossy(bytes)
                ),
            )
            .help("check the port in the URI"),
        ),
        other => Outcome::found(
            "closed before TLS",
            Finding::new(&CLOSED_BEFORE_TLS, format!("{address}: {}", words(other))).help(
                "check the server's log, and the allow-list of whatever stands in front of it",
            ),
        ),
    }
}

/// The check of the chain reports a weak key.
fn has_weak_key(leg: &TlsLeg) -> bool {
    let leaf = leg.presented.as_ref().and_then(|it| it.certificate());
    leaf.is_some_and(|leaf| leaf.weak == Some(Weakness::Key))
}

/// A failure in words, for `saw`.
fn words(failure: &Failure) -> String {
    match failure {
        Failure::Certificate(refusal) => refusal.to_string(),
        Failure::Server(_) => format!("{failure} (unverified: it came without TLS)"),
        Failure::Alert(alert) => format!("{failure}{}", meaning(alert)),
        other => other.to_string(),
    }
}

/// What an alert means here (RFC 8446, section 6.2).
fn meaning(alert: &str) -> &'static str {
    match alert {
        "HandshakeFailure" => {
            ": no cipher suite or key-exchange group in common (pgcheck offers forward-secret \
             AEAD suites; X25519, P-256 and P-384)"
        }
        "ProtocolVersion" => ": it has neither TLS 1.2 nor TLS 1.3",
        "UnrecognisedName" => ": it does not know the host name that was asked for",
        "NoApplicationProtocol" => ": it does not speak PostgreSQL's protocol over direct TLS",
        "InsufficientSecurity" => ": it demands stronger cipher suites",
        "InternalError" => ": its own error; its log says more",
        _ => "",
    }
}
