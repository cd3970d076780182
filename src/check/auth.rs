//! Did login work, and how?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::{AuthRequest, Failure, Login, ServerError, TlsLeg, Withheld};
use crate::finding::{Code, Finding, Severity};

pub const CHECK: Check = Check {
    id: CheckId::Auth,
    asks: "did login work, and how?",
    needs: &[
        CheckId::Tls,
        CheckId::Chain,
        CheckId::Hostname,
        CheckId::Expiry,
    ],
    codes: &[
        &PASSWORD_REJECTED,
        &ROLE_NOT_PERMITTED,
        &DATABASE_MISSING,
        &NOT_IN_PG_HBA,
        &TOO_MANY_CONNECTIONS,
        &SERVER_STARTING,
        &CLIENT_CERTIFICATE_REQUIRED,
        &LOGIN_FAILED,
        &LOGIN_TIMEOUT,
        &PASSWORD_MISSING,
        &PASSWORD_WITHHELD,
        &CLEARTEXT_PASSWORD,
        &MD5_PASSWORD,
    ],
    run,
};

/// A code whose login was refused by the server.
const fn refused(
    id: &'static str,
    title: &'static str,
    why: &'static str,
    explain: &'static str,
) -> Code {
    Code {
        id,
        severity: Severity::Error,
        cause: Cause::Rejected,
        title,
        why,
        explain,
    }
}

static PASSWORD_REJECTED: Code = refused(
    "password-rejected",
    "the server rejected the password",
    "PostgreSQL gives the same answer for a wrong password, an expired one and an unknown role",
    "SQLSTATE 28P01. The exact reason is in the server's log only. A password with special \
     characters must be percent-encoded in a URI.",
);

static ROLE_NOT_PERMITTED: Code = refused(
    "role-not-permitted",
    "the role may not log in or connect",
    "the login itself was in order, and the role lacks the right",
    "The role does not exist, lacks LOGIN, or has no CONNECT privilege on the database. As a \
     superuser: ALTER ROLE … LOGIN, GRANT CONNECT ON DATABASE … TO ….",
);

static DATABASE_MISSING: Code = refused(
    "database-missing",
    "the database does not exist",
    "the login was in order, and there is no database of that name",
    "SQLSTATE 3D000. Check the path of the URI; without one, the database has the name of \
     the user.",
);

static NOT_IN_PG_HBA: Code = refused(
    "not-in-pg-hba",
    "pg_hba.conf has no line that lets this connection in",
    "the server refuses by host, user, database and encryption before it asks for a password",
    "SQLSTATE 28000 from the server's host-based authentication, over TLS. Add a hostssl line \
     for this user, database and client address and reload, or ask the provider for its \
     allow-list.",
);

static TOO_MANY_CONNECTIONS: Code = refused(
    "too-many-connections",
    "the server has no free connection",
    "the application would be refused just the same at this moment",
    "SQLSTATE 53300. Raise max_connections or the role's or database's CONNECTION LIMIT, \
     close idle sessions, or put a pooler in front.",
);

static SERVER_STARTING: Code = refused(
    "server-starting",
    "the server is starting up, shutting down or in recovery",
    "it refuses every session until that is over",
    "SQLSTATE 57P03 or another of class 57P. It passes by itself; --wait waits for it.",
);

static CLIENT_CERTIFICATE_REQUIRED: Code = refused(
    "client-certificate-required",
    "the server demands a client certificate",
    "without one that it trusts, it lets nobody in",
    "The matching line of pg_hba.conf has the method cert or the option clientcert. Give \
     sslcert and sslkey, issued by an authority in the server's ssl_ca_file.",
);

static LOGIN_FAILED: Code = refused(
    "login-failed",
    "the login failed",
    "the application would fail in the same way",
    "The server or the driver ended the login for a reason without a code of its own; the \
     finding gives its words.",
);

static LOGIN_TIMEOUT: Code = Code {
    id: "login-timeout",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "the server did not finish the login in time",
    why: "an application without a timeout of its own would hang here",
    explain: "TLS works and the login did not end in time. Common causes: a pooler whose \
              server is down, an authentication service (LDAP, RADIUS, PAM) that does not \
              answer, or a server under overload.",
};

static PASSWORD_MISSING: Code = refused(
    "password-missing",
    "the server asks for a password and the target has none",
    "without one the login cannot go on",
    "The password may stand in the URI, in PGPASSWORD, in the password file (~/.pgpass), or \
     be asked for with -W.",
);

static PASSWORD_WITHHELD: Code = refused(
    "password-withheld",
    "pgcheck did not send the password",
    "it is sent only in a form, and to a server, that the target's own parameters allow",
    "The server asked for a method that require_auth or channel_binding does not allow. \
     Whoever answered did not get the password.",
);

static CLEARTEXT_PASSWORD: Code = Code {
    id: "cleartext-password",
    severity: Severity::Warning,
    cause: Cause::Rejected,
    title: "the server asks for the password in cleartext",
    why: "inside TLS nobody on the way can read it, but the server sees it, and so does an \
          impostor wherever the certificate is not verified",
    explain: "The pg_hba.conf line has the method password (or ldap, pam, radius). \
              scram-sha-256 never shows the server the password.",
};

static MD5_PASSWORD: Code = Code {
    id: "md5-password",
    severity: Severity::Warning,
    cause: Cause::Rejected,
    title: "the server asks for an MD5-hashed password",
    why: "MD5 authentication is deprecated: what the server stores is enough to log in, and \
          the exchange can be searched for the password",
    explain: "Set password_encryption = 'scram-sha-256', set the role's password anew, and \
              turn md5 into scram-sha-256 in pg_hba.conf.",
};

fn run(input: &Input) -> Option<Outcome> {
    let leg = &input.facts.session_endpoint()?.tls;
    let elapsed = leg.login.elapsed();
    let outcome = match (leg.login.value(), leg.login.failure()) {
        (Some(login), _) => logged_in(leg, login),
        (None, Some(failure)) => not_logged_in(input, failure),
        (None, None) => return None,
    };
    Some(outcome.elapsed(elapsed))
}

fn logged_in(leg: &TlsLeg, login: &Login) -> Outcome {
    let bound = login.mechanism.as_deref() == Some("SCRAM-SHA-256-PLUS");
    match login.requests.first() {
        Some(AuthRequest::CleartextPassword) => Outcome::found(
            "cleartext password, inside TLS",
            Finding::new(
                &CLEARTEXT_PASSWORD,
                "an AuthenticationCleartextPassword request",
            )
            .help("turn password into scram-sha-256 on the pg_hba.conf line of this user"),
        ),
        Some(AuthRequest::Md5Password) => Outcome::found(
            "MD5-hashed password, inside TLS",
            Finding::new(&MD5_PASSWORD, "an AuthenticationMD5Password request")
                .help("set password_encryption = 'scram-sha-256' and the role's password anew"),
        ),
        Some(AuthRequest::Ok) if client_certificate(leg) => {
            Outcome::ok("client certificate, or trust")
        }
        Some(AuthRequest::Ok) => Outcome::ok("the server asked for no password"),
        _ if bound => Outcome::ok("SCRAM-SHA-256-PLUS, bound to this TLS channel"),
        _ => Outcome::ok(
            login
                .mechanism
                .clone()
                .unwrap_or_else(|| "logged in".to_owned()),
        ),
    }
}

fn client_certificate(leg: &TlsLeg) -> bool {
    leg.handshake
        .value()
        .is_some_and(|handshake| handshake.client_certificate.sent)
}

fn not_logged_in(input: &Input, failure: &Failure) -> Outcome {
    match failure {
        Failure::Server(error) => refused_by_server(input, error),
        Failure::TimedOut => Outcome::found(
            "no answer in time",
            Finding::new(&LOGIN_TIMEOUT, "the login had begun and no answer came")
                .help("look at the server's log, and at whatever stands behind it"),
        ),
        Failure::Withheld(Withheld::NoPassword) => Outcome::found(
            "no password",
            Finding::new(&PASSWORD_MISSING, "the server asked for a password")
                .help("put it into the URI, PGPASSWORD or the password file, or use -W"),
        ),
        Failure::Withheld(reason) => {
            let saw = match reason {
                Withheld::Method(request) => format!("the server asked for {request}"),
                Withheld::ChannelBinding => "the server does not offer channel binding".to_owned(),
                Withheld::ClientCertificate => {
                    "the server did not ask for a client certificate".to_owned()
                }
                Withheld::TooMuchData => "the server sent more than a login needs".to_owned(),
                Withheld::NoPassword => unreachable!("matched above"),
            };
            Outcome::found(
                "stopped before the password",
                Finding::new(&PASSWORD_WITHHELD, saw)
                    .help("change the method in pg_hba.conf, or what the URI demands"),
            )
        }
        other => Outcome::found(
            "failed",
            Finding::new(&LOGIN_FAILED, format!("{other:?}")).help("look at the server's log"),
        ),
    }
}

fn refused_by_server(input: &Input, error: &ServerError) -> Outcome {
    let target = input.target;
    let (user, dbname) = (&target.user, &target.dbname);
    let saw = format!("{error} (over TLS)");
    let code = error.code().unwrap_or_default();
    let from_hba = error.routine() == Some("ClientAuthentication");
    let (summary, finding) = match code {
        "28P01" => (
            format!("password rejected for user {user:?}"),
            Finding::new(&PASSWORD_REJECTED, saw)
                .title(format!("the server rejected the password for user {user:?}"))
                .help("check the password; the exact reason is in the server's log only"),
        ),
        "28000" if error.message().contains("valid client certificate") => (
            "client certificate required".to_owned(),
            Finding::new(&CLIENT_CERTIFICATE_REQUIRED, saw).help("add sslcert= and sslkey= to the URI"),
        ),
        "28000" if from_hba => (
            "not let in by pg_hba.conf".to_owned(),
            Finding::new(&NOT_IN_PG_HBA, saw).help(format!(
                "add a hostssl line for user {user:?} and database {dbname:?} to pg_hba.conf, then reload"
            )),
        ),
        "28000" | "42501" => (
            format!("user {user:?} not permitted"),
            Finding::new(&ROLE_NOT_PERMITTED, saw).help("check the role's name, its LOGIN attribute and its CONNECT privilege"),
        ),
        "3D000" => (
            format!("no database {dbname:?}"),
            Finding::new(&DATABASE_MISSING, saw)
                .title(format!("the database {dbname:?} does not exist"))
                .help("check the path of the URI"),
        ),
        "53300" => (
            "too many connections".to_owned(),
            Finding::new(&TOO_MANY_CONNECTIONS, saw).help("free connections, or raise the limit; --wait tries again"),
        ),
        code if code.starts_with("57P") => (
            "not ready".to_owned(),
            Finding::new(&SERVER_STARTING, saw).help("wait, or use --wait"),
        ),
        _ => (
            "refused".to_owned(),
            Finding::new(&LOGIN_FAILED, saw).help("look at the server's log"),
        ),
    };
    Outcome::found(summary, finding)
}
