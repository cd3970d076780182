//! The connection that never asks for TLS.
//!
//! What leaves is a StartupMessage with the target's own user and database, which is what
//! pg_hba.conf decides by, and nothing else: no password, no query, and no Terminate,
//! which a server in the middle of authentication would log as an error.

use std::net::SocketAddr;

use futures_util::future::join_all;

use super::{Probe, login, message, tcp};
use crate::check::CheckId;
use crate::facts::{Endpoint, PlaintextLeg, Scope};

/// Asks once, where the check is asked for.
pub async fn ask(probe: Probe<'_>, address: SocketAddr) -> Vec<PlaintextLeg> {
    if !probe.policy.runs(CheckId::Plaintext) {
        return Vec::new();
    }
    vec![ask_for_own(probe, address).await]
}

/// Asks once more without TLS, and then with it: so that a server that went silent or
/// stopped taking sessions meanwhile shows. The connection with TLS carries no secret and
/// is content with any certificate; whether the certificate is good is known from the
/// first one.
pub async fn ask_again(probe: Probe<'_>, endpoint: &mut Endpoint) {
    let address = endpoint.address;
    endpoint.plaintext.push(ask_for_own(probe, address).await);
    let probe = Probe {
        tls: &probe.tls.unverified(),
        ..probe
    };
    endpoint.control = Some(login::control(probe, endpoint.host.as_deref(), address).await);
}

/// Asks for what pg_hba.conf has lines of their own for, where the policy wants that.
pub async fn ask_elsewhere(probe: Probe<'_>, address: SocketAddr) -> Vec<(Scope, PlaintextLeg)> {
    let wanted = probe.policy.runs(CheckId::Plaintext) && probe.policy.plaintext_elsewhere;
    let user = ("user", probe.target.user.as_str());
    let postgres: &[_] = &[user, ("database", "postgres")];
    // As pg_basebackup names itself; pg_hba.conf matches such a session by the keyword.
    let replication = &[user, ("database", "replication"), ("replication", "true")];
    let scopes = [
        (Scope::DatabasePostgres, postgres),
        (Scope::Replication, replication),
    ];
    let asked = scopes.into_iter().filter(|(scope, _)| {
        wanted && !(*scope == Scope::DatabasePostgres && probe.target.dbname == "postgres")
    });
    let asking = asked.map(|(scope, parameters)| async move {
        (scope, connect(probe, address, parameters).await)
    });
    join_all(asking).await
}

async fn ask_for_own(probe: Probe<'_>, address: SocketAddr) -> PlaintextLeg {
    let target = probe.target;
    let parameters = [
        ("user", target.user.as_str()),
        ("database", target.dbname.as_str()),
    ];
    connect(probe, address, &parameters).await
}

async fn connect(
    probe: Probe<'_>,
    address: SocketAddr,
    parameters: &[(&str, &str)],
) -> PlaintextLeg {
    let deadline = probe.leg_deadline();
    let mut leg = PlaintextLeg::default();
    let connecting = tcp::connect(address, &probe.target.socket);
    if let Some(mut stream) = deadline.run(&mut leg.tcp, connecting).await {
        let asking = async {
            let startup = message::startup(parameters)?;
            Ok((message::first_answer(&mut stream, &startup).await?, ()))
        };
        deadline.run(&mut leg.answer, asking).await;
    }
    leg
}
