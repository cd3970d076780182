//! The network: what is asked of the target's addresses, and in which order.
//!
//! Every probe of a target runs beside the others; only the addresses of the one session
//! are tried one after the other, as libpq tries them, because one password goes to one
//! server. Probes return facts. They never judge and never print.

mod deadline;
mod dns;
mod legacy;
mod login;
mod message;
mod plaintext;
mod query;
mod tcp;
mod tls;
mod trust;
mod wire;

use std::net::SocketAddr;
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::future::{Shared, join, join_all, join4};

use crate::check::CheckId;
use crate::facts::{Endpoint, Facts, Failure, Lookup, Stage, TlsLeg};
use crate::policy::Policy;
use crate::target::{Host, Target, TargetSessionAttrs};
use crate::tls::TlsClient;
use deadline::Deadline;

/// What every probe of one target needs.
#[derive(Clone, Copy)]
pub struct Probe<'a> {
    /// The target.
    pub target: &'a Target,
    /// What is asked for.
    pub policy: &'a Policy,
    /// The TLS client, loaded for the target.
    pub tls: &'a TlsClient,
    deadline: Deadline,
}

impl<'a> Probe<'a> {
    /// A probe whose deadline runs from now.
    pub fn new(target: &'a Target, policy: &'a Policy, tls: &'a TlsClient) -> Self {
        Self {
            target,
            policy,
            tls,
            deadline: Deadline::after(policy.timeout),
        }
    }

    /// The deadline of one connection: the run's, or `connect_timeout` from now.
    fn leg_deadline(&self) -> Deadline {
        self.deadline.at_most(self.target.connect_timeout)
    }

    fn asks_for(&self, checks: &[CheckId]) -> bool {
        checks.iter().any(|check| self.policy.runs(*check))
    }
}

/// Observes the target. Ends by the policy's deadline, whatever the peers do.
pub async fn observe(probe: Probe<'_>) -> Facts {
    let started_at = SystemTime::now();
    trust::prepare(probe);
    let mut hosts: Vec<&Host> = probe.target.hosts.iter().collect();
    if probe.target.load_balance_hosts {
        fastrand::shuffle(&mut hosts);
    }
    let lookups: Vec<_> = (hosts.iter())
        .map(|host| dns::look_up(probe, host).boxed_local().shared())
        .collect();
    let surroundings = join_all(
        hosts
            .iter()
            .zip(&lookups)
            .enumerate()
            .map(|(index, (host, lookup))| survey(probe, host, lookup.clone(), index == 0)),
    );
    let (attempts, surveyed) = join(sessions(probe, &hosts, &lookups), surroundings).await;
    assemble(probe, started_at, surveyed, attempts)
}

/// Asks the endpoints with these indexes once more, without TLS and then with it. Ends by
/// the policy's deadline, like [`observe`].
pub async fn ask_again(probe: Probe<'_>, facts: &mut Facts, endpoints: &[usize]) {
    let asked = (facts.endpoints.iter_mut().enumerate())
        .filter(|(index, _)| endpoints.contains(index))
        .map(|(_, endpoint)| plaintext::ask_again(probe, endpoint));
    join_all(asked).await;
}

/// One attempt at a session: which address of which host, and how far it came.
struct Attempt {
    host: usize,
    address: usize,
    leg: TlsLeg,
}

/// Tries the hosts and their addresses for the session, in order, until one decides or
/// no time is left: an attempt without any would only hide what its control saw. The
/// attempt that decides comes last.
async fn sessions(
    probe: Probe<'_>,
    hosts: &[&Host],
    lookups: &[Shared<impl Future<Output = Lookup>>],
) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    if !probe.asks_for(&[CheckId::Auth, CheckId::Session]) {
        return attempts;
    }
    let wanted = probe.target.target_session_attrs;
    let passes: &[TargetSessionAttrs] = match wanted {
        TargetSessionAttrs::PreferStandby => {
            &[TargetSessionAttrs::Standby, TargetSessionAttrs::Any]
        }
        _ => std::slice::from_ref(&wanted),
    };
    for attrs in passes {
        for (host, lookup) in lookups.iter().enumerate() {
            for (address, socket) in addresses(hosts[host], &lookup.clone().await).enumerate() {
                let leg = login::session(probe, hosts[host], socket).await;
                let settled = !tries_next(&leg, *attrs) || probe.deadline.is_over();
                attempts.push(Attempt { host, address, leg });
                if settled {
                    return attempts;
                }
            }
        }
    }
    attempts.sort_by_key(|attempt| stages_done(&attempt.leg));
    attempts
}

/// How far a connection came. Where every attempt failed, the one that came farthest tells
/// most: a server that starts up says more than the next one, which is down.
fn stages_done(leg: &TlsLeg) -> usize {
    let done = [
        leg.tcp.value().is_some(),
        leg.negotiation.value().is_some(),
        leg.handshake.value().is_some(),
        leg.login.value().is_some(),
        leg.query.value().is_some(),
    ];
    done.into_iter().filter(|done| *done).count()
}

/// Whether libpq would try the next address: after a failed or timed-out connection, a
/// server that cannot take sessions now (57P03), or one of the wrong kind
/// (fe-connect.c, `PQconnectPoll`). Never after a refused login.
fn tries_next(leg: &TlsLeg, attrs: TargetSessionAttrs) -> bool {
    let timed_out = [
        leg.negotiation.failure(),
        leg.handshake.failure(),
        leg.login.failure(),
    ]
    .contains(&Some(&Failure::TimedOut));
    let not_now = matches!(
        leg.login.failure(),
        Some(Failure::Server(error)) if error.code() == Some("57P03")
    );
    let wrong_kind = leg.query.value().is_some_and(|session| !session.is(attrs));
    leg.tcp.value().is_none() || timed_out || not_now || wrong_kind
}

fn addresses(host: &Host, lookup: &Lookup) -> impl Iterator<Item = SocketAddr> + use<> {
    let port = host.port;
    let found = lookup.addresses.value().cloned().unwrap_or_default();
    found.into_iter().map(move |ip| SocketAddr::new(ip, port))
}

/// Everything but the session at the addresses of one host. Where the session itself
/// goes, its own first answer is the control.
async fn survey(
    probe: Probe<'_>,
    host: &Host,
    lookup: Shared<impl Future<Output = Lookup>>,
    first_host: bool,
) -> (Lookup, Vec<Endpoint>) {
    let lookup = lookup.await;
    let has_session = probe.asks_for(&[CheckId::Auth, CheckId::Session]);
    let endpoints = addresses(host, &lookup)
        .enumerate()
        .map(|(index, address)| {
            let control = !(has_session && first_host && index == 0);
            survey_address(probe, host, address, control)
        });
    let endpoints = join_all(endpoints).await;
    (lookup, endpoints)
}

async fn survey_address(
    probe: Probe<'_>,
    host: &Host,
    address: SocketAddr,
    control: bool,
) -> Endpoint {
    let mut endpoint = Endpoint::new(host.host.clone(), address);
    let control = async {
        match control {
            true => login::control(probe, host.host.as_deref(), address).await,
            false => TlsLeg::default(),
        }
    };
    let legacy = async {
        match probe.policy.runs(CheckId::Legacy) {
            true => legacy::ask(probe, host, address).await,
            false => Vec::new(),
        }
    };
    (
        endpoint.tls,
        endpoint.plaintext,
        endpoint.plaintext_elsewhere,
        endpoint.legacy,
    ) = join4(
        control,
        plaintext::ask(probe, address),
        plaintext::ask_elsewhere(probe, address),
        legacy,
    )
    .await;
    endpoint
}

/// Puts the attempts at the session in the place of the controls at their addresses.
fn assemble(
    probe: Probe<'_>,
    started_at: SystemTime,
    surveyed: Vec<(Lookup, Vec<Endpoint>)>,
    attempts: Vec<Attempt>,
) -> Facts {
    let mut facts = Facts {
        started_at,
        lookups: Vec::new(),
        endpoints: Vec::new(),
        session: None,
        demanded: probe.tls.identity(),
    };
    let mut starts = Vec::new();
    for (lookup, endpoints) in surveyed {
        starts.push(facts.endpoints.len());
        facts.lookups.push(lookup);
        facts.endpoints.extend(endpoints);
    }
    for attempt in attempts {
        let index = starts[attempt.host] + attempt.address;
        facts.endpoints[index].tls = attempt.leg;
        facts.session = Some(index);
    }
    let reached = |endpoint: &Endpoint| !matches!(endpoint.tls.tcp, Stage::NotRun);
    facts.session = facts.session.or_else(|| {
        let with_tls = facts
            .endpoints
            .iter()
            .position(|e| e.tls.handshake.value().is_some());
        with_tls.or_else(|| facts.endpoints.iter().position(reached))
    });
    facts
}
