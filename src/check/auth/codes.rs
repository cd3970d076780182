//! The codes of [`super::CHECK`].

use crate::exit::Cause;
use crate::finding::{Code, Severity};

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

pub static PASSWORD_REJECTED: Code = refused(
    "password-rejected",
    "the server rejected the password",
    "PostgreSQL gives the same answer for a wrong password, an expired one and an unknown role",
    "SQLSTATE 28P01. The exact reason is in the server's log only. A password with special \
     characters must be percent-encoded in a URI.",
);

pub static ROLE_NOT_PERMITTED: Code = refused(
    "role-not-permitted",
    "the role may not log in or connect",
    "the login itself was in order, and the role lacks the right",
    "The role lacks LOGIN, or has no CONNECT privilege on the database. As a superuser: ALTER \
     ROLE … LOGIN, GRANT CONNECT ON DATABASE … TO ….",
);

pub static DATABASE_MISSING: Code = refused(
    "database-missing",
    "the database does not exist",
    "the login was in order, and there is no database of that name",
    "SQLSTATE 3D000. Check the path of the URI; without one, the database has the name of \
     the user.",
);

pub static NOT_IN_PG_HBA: Code = refused(
    "not-in-pg-hba",
    "pg_hba.conf has no line that lets this connection in",
    "the server refuses by host, user, database and encryption before it asks for a password",
    "SQLSTATE 28000 from the server's host-based authentication, over TLS. Add a hostssl line \
     for this user, database and client address and reload, or ask the provider for its \
     allow-list.",
);

pub static TOO_MANY_CONNECTIONS: Code = refused(
    "too-many-connections",
    "the server has no free connection",
    "the application would be refused just the same at this moment",
    "SQLSTATE 53300. Raise max_connections or the role's or database's CONNECTION LIMIT, \
     close idle sessions, or put a pooler in front.",
);

pub static SERVER_STARTING: Code = refused(
    "server-starting",
    "the server is starting up, shutting down or in recovery",
    "it refuses every session until that is over",
    "SQLSTATE 57P03 or another of class 57P. It passes by itself; --wait waits for it.",
);

pub static CLIENT_CERTIFICATE_REQUIRED: Code = refused(
    "client-certificate-required",
    "the server demands a client certificate",
    "without one that it trusts, it lets nobody in",
    "The matching line of pg_hba.conf has the method cert or the option clientcert. Give \
     sslcert and sslkey, issued by an authority in the server's ssl_ca_file.",
);

pub static LOGIN_FAILED: Code = refused(
    "login-failed",
    "the login failed",
    "the application would fail in the same way",
    "The server or the driver ended the login for a reason without a code of its own; the \
     finding gives its words.",
);

pub static LOGIN_TIMEOUT: Code = Code {
    id: "login-timeout",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "the server did not finish the login in time",
    why: "an application without a timeout of its own would hang here",
    explain: "TLS works and the login did not end in time. Common causes: a pooler whose \
              server is down, an authentication service (LDAP, RADIUS, PAM) that does not \
              answer, or a server under overload.",
};

pub static PASSWORD_MISSING: Code = refused(
    "password-missing",
    "the server asks for a password and the target has none",
    "without one the login cannot go on",
    "The password may stand in the URI, in PGPASSWORD, in the password file (~/.pgpass), or \
     be asked for with -W.",
);

pub static PASSWORD_WITHHELD: Code = refused(
    "password-withheld",
    "pgcheck did not send the password: nothing shows who the server is",
    "the method that it asked for shows it the password, or what is nearly as good",
    "The server asked for the password in cleartext or hashed with MD5, its certificate was \
     not verified, and the target names neither an sslmode nor require_auth, so that nobody \
     has said that this is acceptable. libpq would have sent the password.",
);

pub static METHOD_NOT_ALLOWED: Code = refused(
    "method-not-allowed",
    "the server asks for an authentication method that require_auth rules out",
    "the application would stop here too; no password was sent",
    "require_auth names the methods that the application accepts, and the server asked for \
     another. Either the pg_hba.conf line changed, or somebody else answers.",
);

pub static METHOD_NOT_SUPPORTED: Code = refused(
    "method-not-supported",
    "the server asks for an authentication method that pgcheck's driver does not have",
    "the login could not be tried; an application on libpq may get further",
    "GSSAPI (Kerberos), SSPI and OAUTHBEARER need libpq or a driver that has them. pgcheck \
     logs in with passwords and client certificates.",
);

pub static SCRAM_ITERATIONS: Code = refused(
    "scram-iterations",
    "the server asks for more SCRAM iterations than the driver computes",
    "tokio-postgres stops above 100000 iterations, so that a hostile server cannot keep it \
     busy; libpq has no such limit, and the password may well be right",
    "The number is fixed when the role's password is set, from the server's setting \
     scram_iterations (PostgreSQL 16 and later; 4096 unless set).",
);

pub static CLIENT_CERTIFICATE_REJECTED: Code = refused(
    "client-certificate-rejected",
    "the server rejects the client certificate",
    "the server lets this certificate in for nobody, or not for this user",
    "Common causes: the certificate was not issued by an authority in the server's ssl_ca_file, \
     it has expired or is revoked, it does not match its key, or its common name is not the \
     user's name and no map in pg_ident.conf says otherwise.",
);

pub static CLIENT_CERTIFICATE_NOT_ASKED_FOR: Code = refused(
    "client-certificate-not-asked-for",
    "the server does not ask for a client certificate",
    "sslcertmode=require demands that it does, to tell it from a server that lets anybody in",
    "The server has no ssl_ca_file, so it never asks for a client certificate. No password was \
     sent.",
);

pub static ROLE_MISSING: Code = refused(
    "role-missing",
    "the role does not exist",
    "the server says so only to those whose login needed no password",
    "SQLSTATE 28000 from the start of the session. Check the user in the URI, or CREATE ROLE … \
     LOGIN.",
);

pub static DATABASE_CLOSED: Code = refused(
    "database-closed",
    "the database does not accept connections",
    "it exists and is closed to everybody",
    "SQLSTATE 55000: the database's datallowconn is false, as for template0. ALTER DATABASE … \
     ALLOW_CONNECTIONS true opens it.",
);

pub static STARTUP_PARAMETER_REFUSED: Code = refused(
    "startup-parameter-refused",
    "the server does not take a parameter of the session",
    "the application sends the same one and would be refused just the same",
    "The parameter options of the URI has a setting that the server does not know or that the \
     role may not set; poolers take few of them (PgBouncer: ignore_startup_parameters).",
);

pub static NO_CHANNEL_BINDING: Code = Code {
    id: "no-channel-binding",
    severity: Severity::Warning,
    cause: Cause::Rejected,
    title: "the login is not bound to the TLS channel",
    why: "channel binding shows that the server that knows the password is the one at the end \
          of this TLS connection; without it somebody in between could relay the login",
    explain: "PostgreSQL 11 and later offers SCRAM-SHA-256-PLUS over TLS. Where it is missing, \
              something in between ends the TLS (PgBouncer, Supavisor, pgpool and others), or \
              the certificate's signature algorithm has no binding defined. An error where \
              channel_binding=require or --require channel-binding demands it; no password is \
              sent then.",
};

pub static CLEARTEXT_PASSWORD: Code = Code {
    id: "cleartext-password",
    severity: Severity::Warning,
    cause: Cause::Rejected,
    title: "the server asks for the password in cleartext",
    why: "inside TLS nobody on the way can read it, but the server sees it, and so does an \
          impostor wherever the certificate is not verified",
    explain: "The pg_hba.conf line has the method password (or ldap, pam, radius). \
              scram-sha-256 never shows the server the password.",
};

pub static MD5_PASSWORD: Code = Code {
    id: "md5-password",
    severity: Severity::Warning,
    cause: Cause::Rejected,
    title: "the server asks for an MD5-hashed password",
    why: "MD5 authentication is deprecated: what the server stores is enough to log in, and \
          the exchange can be searched for the password",
    explain: "Set password_encryption = 'scram-sha-256', set the role's password anew, and \
              turn md5 into scram-sha-256 in pg_hba.conf.",
};
