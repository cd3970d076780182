//! Does `SELECT version()` answer, and does the server see the TLS that we see?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::{Failure, Handshake, ServerView, Session};
use crate::finding::{Code, Finding, Severity};
use crate::target::Choice;

pub const CHECK: Check = Check {
    id: CheckId::Session,
    asks: "does SELECT version() answer, and does the server see the TLS that we see?",
    needs: &[CheckId::Auth],
    codes: &[
        &QUERY_FAILED,
        &WRONG_SESSION_ATTRS,
        &TLS_ENDS_EARLY,
        &NO_SERVER_VIEW,
    ],
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

static WRONG_SESSION_ATTRS: Code = Code {
    id: "wrong-session-attrs",
    severity: Severity::Error,
    cause: Cause::Rejected,
    title: "no host is the kind of server that target_session_attrs asks for",
    why: "the application asks every host and then gives up",
    explain: "target_session_attrs=read-write needs a primary that is not read-only, primary \
              and standby what their names say, read-only a standby or a read-only primary. \
              Every host that could be reached is of another kind. After a failover, check \
              that the URI names all hosts and that one of them was promoted.",
};

static NO_SERVER_VIEW: Code = Code {
    id: "no-server-view",
    severity: Severity::Note,
    cause: Cause::Insecure,
    title: "the server does not say whether it sees TLS",
    why: "whether the TLS that starts here ends at the database server could not be determined",
    explain: "The query of pg_stat_ssl was refused or found no row for the session, or named a \
              cipher that cannot be compared. CockroachDB and some poolers have the view only \
              for show.",
};

fn run(input: &Input) -> Option<Outcome> {
    let leg = &input.facts.session_endpoint()?.tls;
    let outcome = match (leg.query.value(), leg.query.failure()) {
        (Some(session), _) => answered(input, leg.handshake.value()?, session),
        (None, Some(failure)) => query_failed(failure),
        (None, None) => return None,
    };
    Some(outcome.elapsed(leg.query.elapsed()))
}

fn answered(input: &Input, handshake: &Handshake, session: &Session) -> Outcome {
    let version = session.version.split(" on ").next().unwrap_or_default();
    let role = match session.in_recovery {
        Some(true) => ", standby",
        Some(false) => ", primary",
        None => "",
    };
    let (view, finding) = server_view(handshake, &session.server_view);
    let mut outcome = Outcome::ok(format!("{version}{role}{view}"));
    outcome.findings.extend(wrong_kind(input, session));
    outcome.findings.extend(finding);
    outcome
}

fn wrong_kind(input: &Input, session: &Session) -> Option<Finding> {
    let wanted = input.target.target_session_attrs;
    if session.is(wanted) {
        return None;
    }
    let is = match (session.in_recovery, session.read_only) {
        (Some(true), _) => "a standby",
        (Some(false), Some(true)) => "a read-only primary",
        (Some(false), Some(false)) => "a primary that can be written to",
        _ => "of a kind that it does not tell",
    };
    let wanted = wanted.name();
    let saw = format!("target_session_attrs={wanted}, and the last server asked is {is}");
    Some(
        Finding::new(&WRONG_SESSION_ATTRS, saw)
            .help("name all hosts of the cluster in the URI, or change target_session_attrs"),
    )
}

/// Holds the server's view of the connection against this end's.
fn server_view(ours: &Handshake, theirs: &ServerView) -> (&'static str, Option<Finding>) {
    let early = |saw: String| {
        Finding::new(&TLS_ENDS_EARLY, saw)
            .help("find what stands in between, and encrypt the hop behind it")
    };
    let unknown = |saw: String| Finding::new(&NO_SERVER_VIEW, saw);
    let (version, cipher) = match theirs {
        ServerView::Plaintext => {
            let saw = "pg_stat_ssl says that this session is not encrypted".to_owned();
            return ("; the server sees no TLS", Some(early(saw)));
        }
        ServerView::Unknown => {
            let saw = "no row for this session in pg_stat_ssl".to_owned();
            return ("", Some(unknown(saw)));
        }
        ServerView::Tls { version, cipher } => (version.as_deref(), cipher.as_deref()),
    };
    let same_version = version.map(|it| it.strip_prefix("TLSv") == Some(ours.version));
    let same_cipher = cipher.and_then(iana_name).map(|it| it == ours.cipher);
    let named = format!(
        "pg_stat_ssl names {} {}, and the session here has TLS {} {}",
        version.unwrap_or("no version"),
        cipher.unwrap_or("and no cipher"),
        ours.version,
        ours.cipher,
    );
    match (same_version, same_cipher) {
        (Some(false), _) | (_, Some(false)) => {
            ("; the server sees another TLS session", Some(early(named)))
        }
        (Some(true), Some(true)) => ("; the server sees the same TLS", None),
        _ => ("; the server sees TLS", Some(unknown(named))),
    }
}

/// The IANA name of a cipher suite by OpenSSL's name (`ciphers(1)`). TLS 1.3's are the
/// same; of TLS 1.2's only those that this end offers are known.
fn iana_name(openssl: &str) -> Option<String> {
    if openssl.starts_with("TLS_") {
        return Some(openssl.to_owned());
    }
    let (key, rest) = ["ECDHE-ECDSA-", "ECDHE-RSA-"]
        .into_iter()
        .find_map(|key| Some((key, openssl.strip_prefix(key)?)))?;
    let rest = match rest {
        "AES128-GCM-SHA256" => "AES_128_GCM_SHA256",
        "AES256-GCM-SHA384" => "AES_256_GCM_SHA384",
        "CHACHA20-POLY1305" => "CHACHA20_POLY1305_SHA256",
        _ => return None,
    };
    let key = key.trim_end_matches('-').replace('-', "_");
    Some(format!("TLS_{key}_WITH_{rest}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(version: &'static str, cipher: &str) -> Handshake {
        Handshake {
            version,
            cipher: cipher.to_owned(),
            group: None,
            post_quantum: false,
            alpn: None,
            hello_retried: false,
            client_certificate: crate::tls::ClientCertificate::default(),
        }
    }

    fn code(ours: &Handshake, version: &str, cipher: &str) -> Option<&'static str> {
        let theirs = ServerView::Tls {
            version: Some(version.to_owned()),
            cipher: Some(cipher.to_owned()),
        };
        server_view(ours, &theirs).1.map(|finding| finding.code.id)
    }

    #[test]
    fn the_same_suite_is_recognised_by_openssls_name() {
        let ours = ours("1.2", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
        assert_eq!(code(&ours, "TLSv1.2", "ECDHE-RSA-CHACHA20-POLY1305"), None);
        assert_eq!(
            code(&ours, "TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"),
            Some("tls-ends-early")
        );
    }

    #[test]
    fn another_protocol_version_or_suite_is_another_session() {
        let ours = ours("1.3", "TLS_AES_256_GCM_SHA384");
        assert_eq!(code(&ours, "TLSv1.3", "TLS_AES_256_GCM_SHA384"), None);
        assert_eq!(
            code(&ours, "TLSv1.3", "TLS_AES_128_GCM_SHA256"),
            Some("tls-ends-early")
        );
        assert_eq!(
            code(&ours, "TLSv1.2", "ECDHE-RSA-AES256-SHA384"),
            Some("tls-ends-early")
        );
    }

    #[test]
    fn a_cipher_that_is_not_known_is_no_warning() {
        let ours = ours("1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(
            code(&ours, "TLSv1.2", "SOMETHING-ELSE"),
            Some("no-server-view")
        );
    }
}
