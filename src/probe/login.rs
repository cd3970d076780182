//! The connections with TLS: the session, and controls that stop at the first answer.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join;
use tokio::time::Instant;
use tokio_postgres::config::{ChannelBinding as DriverBinding, SslMode, SslNegotiation};

use super::deadline::Deadline;
use super::tls::{self, Secured};
use super::trust;
use super::wire::{Established, Permit, Seen, Wire};
use super::{Probe, message, query};
use crate::facts::{Answer, AuthRequest, Failure, Login, Stage, TlsLeg, Withheld};
use crate::target::{AuthMethod, ChannelBinding, Host, RequireAuth, SslCertMode, Target};
use crate::tls::{Identity, channel_binding};

/// Asks over TLS what the plaintext probe asks without: a StartupMessage with the target's
/// own user and database, up to the first answer. No password is sent.
pub async fn control(probe: Probe<'_>, host: Option<&str>, address: SocketAddr) -> TlsLeg {
    let deadline = probe.leg_deadline();
    let mut leg = TlsLeg::default();
    let secured = tls::open(probe, host, address, deadline, &mut leg).await;
    let trying = trust::observe(probe, &leg);
    let asking = async {
        if let Some(secured) = secured {
            ask(probe.target, secured, deadline, &mut leg.answer).await;
        }
    };
    (leg.trust, ()) = join(trying, asking).await;
    leg
}

/// Logs in through the driver, over TLS, and runs the queries.
pub async fn session(probe: Probe<'_>, host: &Host, address: SocketAddr) -> TlsLeg {
    let deadline = probe.leg_deadline();
    let mut leg = TlsLeg::default();
    let secured = tls::open(probe, host.host.as_deref(), address, deadline, &mut leg).await;
    let trying = trust::observe(probe, &leg);
    let logging_in = async {
        if let Some(secured) = secured {
            log_in(probe, host, secured, deadline, &mut leg).await;
        }
    };
    (leg.trust, ()) = join(trying, logging_in).await;
    leg
}

async fn ask(
    target: &Target,
    mut secured: Secured,
    deadline: Deadline,
    answer: &mut Stage<Answer>,
) {
    let asking = async {
        let parameters = [
            ("user", target.user.as_str()),
            ("database", target.dbname.as_str()),
        ];
        let startup = message::startup(&parameters)?;
        Ok((
            message::first_answer(&mut secured.stream, &startup).await?,
            (),
        ))
    };
    deadline.run(answer, asking).await;
}

async fn log_in(
    probe: Probe<'_>,
    host: &Host,
    secured: Secured,
    deadline: Deadline,
    leg: &mut TlsLeg,
) {
    let start = Instant::now();
    let target = probe.target;
    if client_certificate_missing(target, leg) {
        let reason = Failure::Withheld(Withheld::ClientCertificate);
        leg.login = Stage::Failed(reason, Duration::ZERO);
        return;
    }
    let demand = probe.policy.channel_binding(target);
    let binding = match demand {
        ChannelBinding::Disable => None,
        _ => secured.certificate.as_ref().and_then(channel_binding),
    };
    let permit = permit(probe, host, leg);
    let (wire, seen) = Wire::new(secured.stream, binding, permit);
    let config = driver_config(target, host, demand);
    let connecting = async {
        match config.connect_raw(wire, Established).await {
            Ok(connected) => Ok((seen.record().login, connected)),
            Err(error) => Err(failure(&error, &seen)),
        }
    };
    let connected = deadline.run(&mut leg.login, connecting).await;
    leg.answer = first_answer(&seen, leg, start.elapsed());
    if let Some((client, connection)) = connected {
        let querying = async {
            let (session, _closed) = join(query::run(client), connection).await;
            session.map(|session| (session, ()))
        };
        deadline.run(&mut leg.query, querying).await;
    }
    if let Some((password, _)) = &host.password {
        leg.conceal(password.expose());
    }
}

fn client_certificate_missing(target: &Target, leg: &TlsLeg) -> bool {
    let asked = (leg.handshake.value()).is_some_and(|h| h.client_certificate.requested);
    target.tls.sslcertmode == SslCertMode::Require && !asked
}

/// The driver's configuration: everything that concerns the server, and nothing that the
/// driver would do for the connection, which exists already.
fn driver_config(target: &Target, host: &Host, binding: ChannelBinding) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config
        .user(&target.user)
        .dbname(&target.dbname)
        .application_name(&target.application_name)
        .ssl_mode(SslMode::Require)
        .ssl_negotiation(SslNegotiation::Direct)
        .channel_binding(match binding {
            ChannelBinding::Disable => DriverBinding::Disable,
            ChannelBinding::Prefer => DriverBinding::Prefer,
            ChannelBinding::Require => DriverBinding::Require,
        });
    if let Some(options) = &target.options {
        config.options(options);
    }
    if let Some((password, _)) = &host.password {
        config.password(password.expose());
    }
    config
}

/// What the driver may answer: methods that `require_auth` allows and that the driver
/// knows, bound to the channel where that is demanded, and only if there is a password to
/// answer with. A method that shows the server the password is answered where the server
/// is known, or where the target itself says that it need not be.
fn permit(probe: Probe<'_>, host: &Host, leg: &TlsLeg) -> Permit {
    let target = probe.target;
    let require_auth = target.require_auth.clone();
    let binding = probe.policy.channel_binding(target);
    let has_password = host.password.is_some();
    let identified = is_identified(probe, leg) || target.gives("sslmode");
    Box::new(move |request| {
        if !allowed(require_auth.as_ref(), request) {
            return Err(Withheld::Method(request.clone()));
        }
        if binding == ChannelBinding::Require && !request.offers_channel_binding() {
            return Err(Withheld::ChannelBinding);
        }
        let reveals = matches!(
            request,
            AuthRequest::CleartextPassword | AuthRequest::Md5Password
        );
        match request {
            AuthRequest::Ok => return Ok(()),
            request if reveals || request.offers_scram() => {}
            request => return Err(Withheld::Unsupported(request.clone())),
        }
        if !has_password {
            return Err(Withheld::NoPassword);
        }
        if reveals && !identified && require_auth.is_none() {
            return Err(Withheld::Unverified(request.clone()));
        }
        Ok(())
    })
}

/// Whether the handshake showed who the server is, as far as was demanded of it.
fn is_identified(probe: Probe<'_>, leg: &TlsLeg) -> bool {
    let identity = probe.tls.identity();
    let presented = leg.presented.as_ref();
    identity > Identity::Unverified && presented.is_some_and(|it| it.satisfies(identity))
}

fn allowed(require_auth: Option<&RequireAuth>, request: &AuthRequest) -> bool {
    let Some(rule) = require_auth else {
        return true;
    };
    let method = match request {
        AuthRequest::Ok => AuthMethod::None,
        AuthRequest::CleartextPassword => AuthMethod::Password,
        AuthRequest::Md5Password => AuthMethod::Md5,
        AuthRequest::Gss => AuthMethod::Gss,
        AuthRequest::Sspi => AuthMethod::Sspi,
        AuthRequest::Sasl(mechanisms) if mechanisms.iter().any(|m| m.starts_with("SCRAM-")) => {
            AuthMethod::ScramSha256
        }
        AuthRequest::Sasl(_) => AuthMethod::OAuth,
        AuthRequest::KerberosV5 | AuthRequest::Other(_) => return rule.negated,
    };
    rule.methods.contains(&method) != rule.negated
}

/// Why the driver gave up: what was seen on the wire tells more than its error.
fn failure(error: &tokio_postgres::Error, seen: &Seen) -> Failure {
    let record = seen.record();
    if let Some(withheld) = record.withheld {
        return Failure::Withheld(withheld);
    }
    if let Some(error) = record.error {
        return Failure::Server(error);
    }
    query::failure(error)
}

/// The first answer of the session's own login, which is its control.
fn first_answer(seen: &Seen, leg: &TlsLeg, elapsed: Duration) -> Stage<Answer> {
    let record = seen.record();
    let Login { requests, .. } = record.login;
    match (
        requests.into_iter().next(),
        record.error,
        leg.login.failure(),
    ) {
        (Some(request), ..) => Stage::Done(Answer::Authentication(request), elapsed),
        (None, Some(error), _) => Stage::Done(Answer::Error(error), elapsed),
        (None, None, Some(Failure::Closed)) => Stage::Done(Answer::Closed, elapsed),
        (None, None, Some(Failure::Reset)) => Stage::Done(Answer::Reset, elapsed),
        (None, None, Some(failure)) => Stage::Failed(failure.clone(), elapsed),
        (None, None, None) => Stage::NotRun,
    }
}
