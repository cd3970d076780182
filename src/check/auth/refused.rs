//! A login that the server, or the connection, ended.

use super::codes::*;
use super::{Input, Outcome, host_of};
use crate::facts::{Endpoint, Failure, ServerError, TlsLeg};
use crate::finding::{Code, Finding};

/// Judges a login that did not succeed.
pub(super) fn judge(input: &Input, endpoint: &Endpoint, failure: &Failure) -> Outcome {
    let leg = &endpoint.tls;
    match failure {
        Failure::Server(error) => by_server(input, endpoint, error),
        Failure::Alert(alert) => client_certificate(leg, alert)
            .unwrap_or_else(|| other(&format!("the server ended TLS with the alert {alert}"))),
        Failure::TimedOut => Outcome::found(
            "no answer in time",
            Finding::new(&LOGIN_TIMEOUT, "the login had begun and no answer came")
                .help("look at the server's log, and at whatever stands behind it"),
        ),
        Failure::Closed => other("the server closed the connection during the login"),
        Failure::Reset => other("the server reset the connection during the login"),
        Failure::Tls(words) | Failure::Io(words) | Failure::Driver(words) => other(words),
        failure => other(&format!("{failure:?}")),
    }
}

fn other(saw: &str) -> Outcome {
    let finding = Finding::new(&LOGIN_FAILED, saw).help("look at the server's log");
    Outcome::found("failed", finding)
}

/// What an alert after the client's part of the handshake says of its certificate.
/// `None`: the alert is about something else.
pub fn client_certificate(leg: &TlsLeg, alert: &str) -> Option<Outcome> {
    let sent = super::sent_certificate(leg);
    let saw = format!("the server ended TLS with the alert {alert}");
    match alert {
        "CertificateRequired" => Some(required(saw)),
        "BadCertificate"
        | "UnsupportedCertificate"
        | "CertificateRevoked"
        | "CertificateExpired"
        | "CertificateUnknown"
        | "UnknownCA"
        | "AccessDenied"
        | "DecryptError" => Some(Outcome::found(
            "client certificate rejected",
            Finding::new(&CLIENT_CERTIFICATE_REJECTED, saw)
                .help("check who issued it against the server's ssl_ca_file, and its dates"),
        )),
        "HandshakeFailure" if asked(leg) && !sent && leg.login.failure().is_some() => {
            Some(required(saw))
        }
        _ => None,
    }
}

fn asked(leg: &TlsLeg) -> bool {
    (leg.handshake.value()).is_some_and(|handshake| handshake.client_certificate.requested)
}

fn required(saw: String) -> Outcome {
    Outcome::found(
        "client certificate required",
        Finding::new(&CLIENT_CERTIFICATE_REQUIRED, saw)
            .help("put sslcert= and sslkey= into the URI"),
    )
}

/// Where PostgreSQL's source reports an error: never localized, unlike the message
/// (PostgreSQL manual, "Error and Notice Message Fields"). Poolers do not send it.
const HBA: &str = "ClientAuthentication";
const AFTER_LOGIN: [&str; 3] = ["InitializeSessionUserId", "CheckMyDatabase", "InitPostgres"];

fn by_server(input: &Input, endpoint: &Endpoint, error: &ServerError) -> Outcome {
    let (user, dbname) = (&input.target.user, &input.target.dbname);
    let sqlstate = error.code().unwrap_or_default();
    let routine = error.routine().unwrap_or_default();
    let message = error.message();
    let (code, summary, help): (&'static Code, String, String) = match sqlstate {
        "28P01" => return password_rejected(input, endpoint, error),
        "28000" if message.contains("valid client certificate") => {
            return required(format!("{error} (over TLS)"));
        }
        "28000" if message.contains("certificate authentication failed") => (
            &CLIENT_CERTIFICATE_REJECTED,
            "client certificate rejected".to_owned(),
            format!("use a certificate whose common name is {user:?}, or a map in pg_ident.conf"),
        ),
        "28000" if routine == HBA || message.contains("pg_hba.conf") => (
            &NOT_IN_PG_HBA,
            "not let in by pg_hba.conf".to_owned(),
            format!(
                "add a hostssl line for user {user:?} and database {dbname:?} to pg_hba.conf, \
                 then run `SELECT pg_reload_conf()`"
            ),
        ),
        "28000" if AFTER_LOGIN.contains(&routine) && message.contains("does not exist") => (
            &ROLE_MISSING,
            format!("no role {user:?}"),
            "check the user in the URI".to_owned(),
        ),
        "28000" if AFTER_LOGIN.contains(&routine) => (
            &ROLE_NOT_PERMITTED,
            format!("role {user:?} may not log in"),
            format!("as a superuser: ALTER ROLE {user:?} LOGIN"),
        ),
        "42501" => (
            &ROLE_NOT_PERMITTED,
            format!("role {user:?} may not connect"),
            format!("as a superuser: GRANT CONNECT ON DATABASE {dbname:?} TO {user:?}"),
        ),
        "3D000" => (
            &DATABASE_MISSING,
            format!("no database {dbname:?}"),
            "check the path of the URI".to_owned(),
        ),
        "55000" => (
            &DATABASE_CLOSED,
            format!("database {dbname:?} is closed"),
            format!("as a superuser: ALTER DATABASE {dbname:?} ALLOW_CONNECTIONS true"),
        ),
        "53300" => (
            &TOO_MANY_CONNECTIONS,
            "too many connections".to_owned(),
            "close idle connections, or raise the limit; --wait tries again".to_owned(),
        ),
        "22023" | "42704" | "42601" | "55P02" => (
            &STARTUP_PARAMETER_REFUSED,
            "a parameter was refused".to_owned(),
            "check options= in the URI".to_owned(),
        ),
        "08P01" if message.contains("startup parameter") => (
            &STARTUP_PARAMETER_REFUSED,
            "a parameter was refused".to_owned(),
            "take options= out of the URI, or list the parameter in PgBouncer's \
             ignore_startup_parameters"
                .to_owned(),
        ),
        state if state.starts_with("57P") => (
            &SERVER_STARTING,
            "not ready".to_owned(),
            "wait, or use --wait".to_owned(),
        ),
        _ => (
            &LOGIN_FAILED,
            "refused".to_owned(),
            "look at the server's log".to_owned(),
        ),
    };
    let finding = Finding::new(code, format!("{error} (over TLS)")).help(help);
    Outcome::found(summary, finding)
}

fn password_rejected(input: &Input, endpoint: &Endpoint, error: &ServerError) -> Outcome {
    let user = &input.target.user;
    let origin = host_of(input, endpoint)
        .and_then(|host| host.password.as_ref())
        .map(|(_, origin)| origin.to_string());
    let saw = match &origin {
        Some(origin) => format!("{error} (over TLS); the password came from {origin}"),
        None => format!("{error} (over TLS)"),
    };
    let finding = Finding::new(&PASSWORD_REJECTED, saw)
        .title(format!(
            "the server rejected the password for user {user:?}"
        ))
        .help(match &origin {
            Some(origin) => format!("check the password in {origin}"),
            None => "check the password".to_owned(),
        })
        .help("the exact reason is in the server's log only");
    Outcome::found(format!("password rejected for user {user:?}"), finding)
}
