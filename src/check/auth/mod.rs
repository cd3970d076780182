//! Did login work, and how?

mod codes;
mod refused;

pub(super) use self::codes::{CLIENT_CERTIFICATE_REJECTED, CLIENT_CERTIFICATE_REQUIRED};
pub(super) use self::refused::client_certificate;

use self::codes::*;
use super::{Check, CheckId, Input, Outcome};
use crate::facts::{AuthRequest, Endpoint, Failure, Login, TlsLeg, Withheld};
use crate::finding::{Finding, Severity};
use crate::target::{ChannelBinding, Host};

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
        &ROLE_MISSING,
        &ROLE_NOT_PERMITTED,
        &DATABASE_MISSING,
        &DATABASE_CLOSED,
        &NOT_IN_PG_HBA,
        &TOO_MANY_CONNECTIONS,
        &SERVER_STARTING,
        &STARTUP_PARAMETER_REFUSED,
        &CLIENT_CERTIFICATE_REQUIRED,
        &CLIENT_CERTIFICATE_REJECTED,
        &CLIENT_CERTIFICATE_NOT_ASKED_FOR,
        &LOGIN_FAILED,
        &LOGIN_TIMEOUT,
        &PASSWORD_MISSING,
        &PASSWORD_WITHHELD,
        &METHOD_NOT_ALLOWED,
        &METHOD_NOT_SUPPORTED,
        &SCRAM_ITERATIONS,
        &CLEARTEXT_PASSWORD,
        &MD5_PASSWORD,
        &NO_CHANNEL_BINDING,
    ],
    run,
};

fn run(input: &Input) -> Option<Outcome> {
    let endpoint = input.facts.session_endpoint()?;
    let leg = &endpoint.tls;
    let elapsed = leg.login.elapsed();
    let outcome = match (leg.login.value(), leg.login.failure()) {
        (Some(login), _) => logged_in(input, leg, login),
        (None, Some(Failure::Withheld(reason))) => withheld(reason),
        (None, Some(failure)) => refused::judge(input, endpoint, failure),
        (None, None) => return None,
    };
    Some(outcome.elapsed(elapsed))
}

fn logged_in(input: &Input, leg: &TlsLeg, login: &Login) -> Outcome {
    let mechanism = login.mechanism.as_deref();
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
                .help(
                    "set password_encryption = 'scram-sha-256', then the role's password anew \
                     (ALTER ROLE … PASSWORD …)",
                )
                .help("then turn md5 into scram-sha-256 on the pg_hba.conf line of this user"),
        ),
        Some(AuthRequest::Ok) if sent_certificate(leg) => {
            Outcome::ok("no password; a client certificate was sent")
        }
        Some(AuthRequest::Ok) => Outcome::ok("the server asked for no password"),
        _ if mechanism == Some("SCRAM-SHA-256-PLUS") => {
            Outcome::ok("SCRAM-SHA-256-PLUS, bound to this TLS channel")
        }
        _ => match unbound(input, login) {
            Some(finding) => Outcome::found("SCRAM-SHA-256, not bound to the TLS channel", finding),
            None => Outcome::ok(mechanism.unwrap_or("logged in").to_owned()),
        },
    }
}

/// SCRAM without channel binding, unless the target does not want it.
fn unbound(input: &Input, login: &Login) -> Option<Finding> {
    if input.policy.channel_binding(input.target) == ChannelBinding::Disable {
        return None;
    }
    let request = login.requests.first()?;
    if !request.offers_channel_binding() {
        return Some(
            Finding::new(
                &NO_CHANNEL_BINDING,
                format!("the server offers only {request}"),
            )
            .help(REMOVE_WHAT_ENDS_TLS),
        );
    }
    Some(
        Finding::new(
            &NO_CHANNEL_BINDING,
            "the server offers SCRAM-SHA-256-PLUS, but channel binding is not defined for its \
             certificate's signature algorithm",
        )
        .severity(Severity::Note)
        .help("have the certificate signed with RSA or ECDSA over SHA-256"),
    )
}

const REMOVE_WHAT_ENDS_TLS: &str = "connect to the PostgreSQL server itself (11 or later), or \
                                    to a proxy that passes TLS through, if the login is to be \
                                    bound";

fn sent_certificate(leg: &TlsLeg) -> bool {
    (leg.handshake.value()).is_some_and(|handshake| handshake.client_certificate.sent)
}

/// pgcheck stopped before a password, or what is as good, was sent.
fn withheld(reason: &Withheld) -> Outcome {
    match reason {
        Withheld::NoPassword => Outcome::found(
            "no password",
            Finding::new(&PASSWORD_MISSING, "the server asked for a password")
                .help("put it into the URI, PGPASSWORD or the password file, or use -W"),
        ),
        Withheld::Method(request) => Outcome::found(
            "method not allowed",
            Finding::new(
                &METHOD_NOT_ALLOWED,
                format!("the server asked for {request}, which require_auth rules out"),
            )
            .help("change the method on the pg_hba.conf line, or require_auth in the URI"),
        ),
        Withheld::ChannelBinding => Outcome::found(
            "not bound to the TLS channel",
            Finding::new(
                &NO_CHANNEL_BINDING,
                "channel binding is demanded and the server does not offer it; pgcheck sent no \
                 password",
            )
            .severity(Severity::Error)
            .help(REMOVE_WHAT_ENDS_TLS),
        ),
        Withheld::Unverified(request) => Outcome::found(
            "stopped before the password",
            Finding::new(
                &PASSWORD_WITHHELD,
                format!("the server asked for {request}, and nothing shows who it is"),
            )
            .help("use sslmode=verify-full with the root certificate of the server's authority")
            .help("or put sslmode=require into the URI if the password may go to any server"),
        ),
        Withheld::Unsupported(request) => Outcome::found(
            "method not supported",
            Finding::new(&METHOD_NOT_SUPPORTED, format!("the server asked for {request}"))
                .help("check with a role whose pg_hba.conf line has the method scram-sha-256"),
        ),
        Withheld::ScramIterations(count) => Outcome::found(
            "too many SCRAM iterations for the driver",
            Finding::new(
                &SCRAM_ITERATIONS,
                format!("the server asked for {count} iterations, and the driver computes at most 100000"),
            )
            .help("set scram_iterations = 4096 on the server, then the role's password anew"),
        ),
        Withheld::ClientCertificate => Outcome::found(
            "no client certificate asked for",
            Finding::new(
                &CLIENT_CERTIFICATE_NOT_ASKED_FOR,
                "sslcertmode=require, and the server did not ask for a certificate",
            )
            .help("set ssl_ca_file on the server, or take sslcertmode=require out of the URI"),
        ),
        Withheld::TooMuchData => Outcome::found(
            "stopped",
            Finding::new(&LOGIN_FAILED, "the server sent more than a login needs")
                .help("look at what answers on that port"),
        ),
    }
}

/// The target's host that this endpoint is an address of.
fn host_of<'a>(input: &Input<'a>, endpoint: &Endpoint) -> Option<&'a Host> {
    (input.target.hosts.iter()).find(|host| {
        host.host == endpoint.host
            && host.port == endpoint.address.port()
            && host.hostaddr.is_none_or(|ip| ip == endpoint.address.ip())
    })
}
