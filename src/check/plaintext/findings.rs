//! The words: a summary, and one finding per cause, not per address. They claim no more
//! than was seen.

use std::net::{IpAddr, SocketAddr};

use super::{Case, Verdict, help, known};
use super::{
    PLAINTEXT_ACCEPTED, PLAINTEXT_ACCEPTED_ELSEWHERE, PLAINTEXT_NO_PASSWORD,
    PLAINTEXT_REFUSAL_INFERRED, PLAINTEXT_UNDETERMINED, rules::Confidence,
};
use crate::check::Input;
use crate::check::providers::{Provider, provider_of};
use crate::facts::{Answer, AuthRequest, Endpoint, Failure, Scope, Stage};
use crate::finding::Finding;

type Probed<'a> = (&'a Endpoint, Verdict);

/// One line for the row.
pub fn summary(input: &Input, probed: &[Probed]) -> String {
    let count = |test: fn(&Verdict) -> bool| probed.iter().filter(|(_, v)| test(v)).count();
    let total = input.facts.endpoints.len();
    let accepted = count(|verdict| matches!(verdict, Verdict::Accepted(_)));
    let open = count(|verdict| matches!(verdict, Verdict::Undetermined { .. }));
    match (accepted, open) {
        (1.., _) => {
            let place = place(accepted, total);
            format!("the server went on to authentication without TLS{place}")
        }
        (0, 1..) => format!("could not be determined{}", place(open, total)),
        (0, 0) => {
            let product = product(probed);
            let by = product.map_or_else(String::new, |name| format!(", by {name}"));
            let (place, remark) = (place(probed.len(), total), remark(probed, product));
            format!("refused without TLS{place}{by}{remark}")
        }
    }
}

fn place(count: usize, total: usize) -> String {
    match (count, total) {
        (1, 1) => String::new(),
        (2, 2) => " at both addresses".to_owned(),
        (count, total) if count == total => format!(" at all {total} addresses"),
        (count, total) => format!(" at {count} of {total} addresses"),
    }
}

/// The product that refused, where every refusal names the same.
fn product(probed: &[Probed]) -> Option<&'static str> {
    let product = |(endpoint, _): &Probed| {
        let (product, _) = known::recognise(Case::of(endpoint)?.error?)?;
        Some(product.name)
    };
    let first = product(probed.first()?)?;
    let all = probed.iter().all(|one| product(one) == Some(first));
    all.then_some(first)
}

/// What one has to know where the verdict may hold for a near network only.
fn remark(probed: &[Probed], product: Option<&str>) -> String {
    let nearby = probed.iter().find_map(|(endpoint, _)| nearby(endpoint));
    let who = product.unwrap_or("pg_hba.conf");
    nearby.map_or_else(String::new, |from| {
        format!(" ({from}; {who} may treat other addresses differently)")
    })
}

/// How the address was asked, where that is not over the open network.
fn nearby(endpoint: &Endpoint) -> Option<String> {
    let near = match endpoint.address.ip().to_canonical() {
        ip if ip.is_loopback() => return Some("asked over loopback".to_owned()),
        IpAddr::V4(ip) => {
            let shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
            ip.is_private() || ip.is_link_local() || shared
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    let local = local(endpoint)?;
    near.then(|| format!("asked from {local}, a private network"))
}

/// One finding per cause.
pub fn of(input: &Input, probed: &[Probed]) -> Vec<Finding> {
    let mut groups: Vec<(&Verdict, Vec<&Endpoint>)> = Vec::new();
    for (endpoint, verdict) in probed {
        match groups.iter_mut().find(|(other, _)| *other == verdict) {
            Some((_, endpoints)) => endpoints.push(endpoint),
            None => groups.push((verdict, vec![endpoint])),
        }
    }
    let of_own = groups
        .iter()
        .filter_map(|(verdict, endpoints)| finding(input, verdict, endpoints));
    of_own.chain(elsewhere(input, probed)).collect()
}

fn finding(input: &Input, verdict: &Verdict, endpoints: &[&Endpoint]) -> Option<Finding> {
    let (where_, whom) = (addresses(endpoints), whom(input, endpoints));
    let first = endpoints.first()?;
    match verdict {
        Verdict::Accepted(request) => Some(accepted(input, request, endpoints)),
        Verdict::Refused {
            confidence: Confidence::Low,
            reason,
        } => {
            let saw = format!("{where_}: {}, {whom}: {reason}", answered(first));
            Some(Finding::new(&PLAINTEXT_REFUSAL_INFERRED, saw))
        }
        Verdict::Refused { .. } => None,
        Verdict::Undetermined { reason, settle } => {
            let saw = format!("{where_}: {}, {whom}: {reason}", answered(first));
            Some(Finding::new(&PLAINTEXT_UNDETERMINED, saw).help(*settle))
        }
    }
}

fn accepted(input: &Input, request: &AuthRequest, endpoints: &[&Endpoint]) -> Finding {
    let (where_, whom) = (addresses(endpoints), whom(input, endpoints));
    let near = endpoints.iter().find_map(|endpoint| nearby(endpoint));
    let near = near.map_or_else(String::new, |from| {
        format!("; {from}, and pg_hba.conf may treat other addresses differently")
    });
    if *request == AuthRequest::Ok {
        let saw = format!(
            "{where_}: a connection that never asked for TLS was let in at once, {whom}{near}"
        );
        return Finding::new(&PLAINTEXT_NO_PASSWORD, saw)
            .help(help::POSTGRESQL_TRUST)
            .help(help::POOLERS);
    }
    let saw = format!(
        "{where_}: the server carried on to authentication without TLS, {whom}, and asked for \
         {request} (pgcheck hung up there; no password was sent){near}"
    );
    let finding = Finding::new(&PLAINTEXT_ACCEPTED, saw);
    let finding = match request {
        AuthRequest::CleartextPassword => finding.why(
            "a client with sslmode=disable sends its password in the clear here, and anyone on \
             the path can push sslmode=prefer clients to do the same",
        ),
        _ => finding,
    };
    let hosted = endpoints.iter().find_map(|endpoint| {
        provider_of(endpoint.host.as_deref()?).and_then(Provider::force_tls_help)
    });
    match hosted {
        Some(switch) => finding.help(switch),
        None => finding
            .help(help::POSTGRESQL)
            .help(help::POOLERS)
            .help(help::HOSTED),
    }
}

/// Where only another database or replication is open, that is a finding of its own.
fn elsewhere(input: &Input, probed: &[Probed]) -> Option<Finding> {
    let mut open: Vec<&Endpoint> = Vec::new();
    let mut scopes: Vec<&str> = Vec::new();
    for (endpoint, verdict) in probed {
        let own_is_open = matches!(verdict, Verdict::Accepted(_));
        for (scope, leg) in &endpoint.plaintext_elsewhere {
            let went_on = matches!(leg.answer.value(), Some(Answer::Authentication(_)));
            if own_is_open || !went_on {
                continue;
            }
            let words = match scope {
                Scope::DatabasePostgres => "for the database postgres",
                Scope::Replication => "for replication",
            };
            if !scopes.contains(&words) {
                scopes.push(words);
            }
            if !open.iter().any(|other| other.address == endpoint.address) {
                open.push(endpoint);
            }
        }
    }
    let (where_, user) = (addresses(&open), &input.target.user);
    let scopes = (!scopes.is_empty()).then(|| scopes.join(" and "))?;
    let saw = format!(
        "{where_}: the server carried on to authentication without TLS {scopes}, for user \
         {user:?}{}; it did not for database {:?}",
        from(&open),
        input.target.dbname
    );
    Some(Finding::new(&PLAINTEXT_ACCEPTED_ELSEWHERE, saw).help(help::OTHER_LINES))
}

fn addresses(endpoints: &[&Endpoint]) -> String {
    let all = endpoints
        .iter()
        .map(|endpoint| endpoint.address.to_string());
    all.collect::<Vec<_>>().join(", ")
}

/// For whom it holds.
fn whom(input: &Input, endpoints: &[&Endpoint]) -> String {
    let (user, dbname) = (&input.target.user, &input.target.dbname);
    format!("for user {user:?}, database {dbname:?}{}", from(endpoints))
}

fn from(endpoints: &[&Endpoint]) -> String {
    let mut sources: Vec<IpAddr> = Vec::new();
    for ip in endpoints.iter().filter_map(|endpoint| local(endpoint)) {
        if !sources.contains(&ip) {
            sources.push(ip);
        }
    }
    match sources.as_slice() {
        [] => String::new(),
        some => {
            let some: Vec<String> = some.iter().map(ToString::to_string).collect();
            format!(", from {}", some.join(" and "))
        }
    }
}

fn local(endpoint: &Endpoint) -> Option<IpAddr> {
    let tcp = endpoint.plaintext.iter().find_map(|leg| leg.tcp.value());
    tcp.map(|tcp: &crate::facts::Tcp| tcp.local)
        .map(|local: SocketAddr| local.ip())
}

/// What came back, in words; both answers where there were two different ones.
fn answered(endpoint: &Endpoint) -> String {
    let mut words: Vec<String> = (endpoint.plaintext.iter())
        .map(|leg| in_words(&leg.answer))
        .collect();
    words.dedup();
    words.join(", then ")
}

fn in_words(answer: &Stage<Answer>) -> String {
    match answer {
        Stage::Done(Answer::Authentication(request), _) => {
            format!("the server asked for {request}")
        }
        Stage::Done(Answer::Error(error), _) => {
            let product = known::recognise(error);
            let product =
                product.map_or_else(String::new, |(p, _)| format!(" (as {} does)", p.name));
            let detail = error
                .detail()
                .map_or_else(String::new, |text| format!(": {text}"));
            format!("the server answered {error}{detail}{product}")
        }
        Stage::Done(Answer::Closed, _) => "the connection was closed without an answer".to_owned(),
        Stage::Done(Answer::Reset, _) => "the connection was reset without an answer".to_owned(),
        Stage::Done(Answer::TlsAlert, _) => "the server answered with a TLS alert".to_owned(),
        Stage::Done(Answer::Http, _) => "an HTTP server answered".to_owned(),
        Stage::Done(Answer::Other(bytes), _) => {
            format!("the server answered with \"{}\"", bytes.escape_ascii())
        }
        Stage::Failed(Failure::TimedOut, _) => "no answer came in time".to_owned(),
        Stage::Failed(..) => "the connection broke off".to_owned(),
        Stage::NotRun => "no connection came about".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{PlaintextLeg, Tcp};
    use std::time::Duration;

    fn asked_at(address: &str) -> Option<String> {
        let mut endpoint = Endpoint::new(None, address.parse().expect("an address"));
        let local = "10.0.0.7:40000".parse().expect("an address");
        endpoint.plaintext.push(PlaintextLeg {
            tcp: Stage::Done(Tcp { local }, Duration::ZERO),
            answer: Stage::NotRun,
        });
        nearby(&endpoint)
    }

    #[test]
    fn near_networks_are_told_from_the_open_one() {
        for loopback in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(asked_at(loopback).as_deref(), Some("asked over loopback"));
        }
        for private in [
            "10.1.2.3:1",
            "172.17.0.2:1",
            "192.168.1.1:1",
            "169.254.1.1:1",
            "100.64.0.1:1",
            "[fd00::1]:1",
            "[fe80::1]:1",
            "[::ffff:10.1.2.3]:1",
        ] {
            let from = asked_at(private);
            assert_eq!(
                from.as_deref(),
                Some("asked from 10.0.0.7, a private network"),
                "{private}"
            );
        }
        for open in [
            "192.0.2.1:1",
            "100.128.0.1:1",
            "172.32.0.1:1",
            "[2001:db8::1]:1",
        ] {
            assert_eq!(asked_at(open), None, "{open}");
        }
    }

    #[test]
    fn a_summary_counts_addresses() {
        assert_eq!(place(1, 1), "");
        assert_eq!(place(2, 2), " at both addresses");
        assert_eq!(place(3, 3), " at all 3 addresses");
        assert_eq!(place(1, 3), " at 1 of 3 addresses");
    }
}
