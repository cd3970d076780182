//! Does every address of every host accept TCP?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::{Endpoint, Failure, Stage};
use crate::finding::{Code, Finding, Severity};

pub const CHECK: Check = Check {
    id: CheckId::Tcp,
    asks: "does every address of every host accept TCP?",
    needs: &[CheckId::Dns],
    codes: &[
        &TCP_TIMEOUT,
        &TCP_REFUSED,
        &TCP_UNREACHABLE,
        &SOME_ADDRESSES_DOWN,
    ],
    run,
};

static TCP_TIMEOUT: Code = Code {
    id: "tcp-timeout",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "no answer to the TCP connection",
    why: "silence usually means that a firewall, an allow-list or a missing route drops the \
          packets; a host that is up with PostgreSQL stopped would refuse at once",
    explain: "Nothing came back within the time allowed. Check the firewall, the provider's \
              allow-list of client addresses, the VPN and the routes between this machine \
              and the server.",
};

static TCP_REFUSED: Code = Code {
    id: "tcp-refused",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "the TCP connection was refused",
    why: "the host is up and nothing listens on that port",
    explain: "The host answered that no program listens on the port. Check the port in the \
              URI, whether PostgreSQL is running, and its listen_addresses setting, whose \
              default accepts only connections from the same host.",
};

static TCP_UNREACHABLE: Code = Code {
    id: "tcp-unreachable",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "the address cannot be reached",
    why: "this machine has no working route to it",
    explain: "The system or a router on the way reports that the address cannot be reached. \
              An IPv6 address on a machine without IPv6 is a common case, a VPN that is not \
              connected another.",
};

static SOME_ADDRESSES_DOWN: Code = Code {
    id: "some-addresses-down",
    severity: Severity::Warning,
    cause: Cause::Unreachable,
    title: "some addresses do not accept TCP",
    why: "a failover to them would fail, and each attempt costs the application time",
    explain: "At least one address accepts TCP connections and at least one does not. It may \
              be a standby that is down, or an IPv6 address that cannot be reached from \
              here.",
};

fn run(input: &Input) -> Option<Outcome> {
    let tried: Vec<&Endpoint> = (input.facts.endpoints.iter())
        .filter(|endpoint| !matches!(endpoint.tcp(), Stage::NotRun))
        .collect();
    let first = tried.first()?;
    let down: Vec<&Endpoint> = (tried.iter().copied())
        .filter(|endpoint| endpoint.tcp().value().is_none())
        .collect();
    let slowest = tried.iter().filter_map(|e| e.tcp().elapsed()).max();
    let outcome = if down.is_empty() {
        Outcome::ok(match tried.len() {
            1 => format!("{} accepts", first.address),
            2 => "both addresses accept".to_owned(),
            count => format!("all {count} addresses accept"),
        })
    } else if down.len() < tried.len() {
        let summary = format!(
            "{} of {} addresses accept",
            tried.len() - down.len(),
            tried.len()
        );
        let finding = Finding::new(&SOME_ADDRESSES_DOWN, reasons(&down))
            .help("take the address out of DNS or out of the URI, or bring it up");
        Outcome::found(summary, finding)
    } else {
        all_down(input, &down)
    };
    Some(outcome.elapsed(slowest))
}

fn all_down(input: &Input, down: &[&Endpoint]) -> Outcome {
    let failures = || down.iter().filter_map(|e| e.tcp().failure());
    let port = down[0].address.port();
    let host = (down[0].host.clone()).unwrap_or_else(|| down[0].address.ip().to_string());
    let place = format!("{host} on port {port}");
    if failures().any(|f| *f == Failure::TimedOut) {
        let within = humantime::format_duration(
            (input.target.connect_timeout)
                .map_or(input.policy.timeout, |t| t.min(input.policy.timeout)),
        );
        let finding = Finding::new(&TCP_TIMEOUT, reasons(down))
            .title(format!("no answer from {place}"))
            .help(format!(
                "allow TCP {port} from this machine to the server, or connect to the VPN"
            ));
        Outcome::found(format!("no answer within {within}"), finding)
    } else if failures().any(|f| *f == Failure::Refused) {
        let finding = Finding::new(&TCP_REFUSED, reasons(down))
            .title(format!("{place} refused the connection"))
            .help("check the port in the URI")
            .help(
                "check that PostgreSQL runs there and that its listen_addresses covers the address",
            );
        Outcome::found("refused", finding)
    } else {
        let finding = Finding::new(&TCP_UNREACHABLE, reasons(down))
            .title(format!("{place} cannot be reached"))
            .help("check the routes, the VPN, and whether this machine has IPv6 if the address is one");
        Outcome::found("unreachable", finding)
    }
}

fn reasons(down: &[&Endpoint]) -> String {
    let reasons: Vec<String> = (down.iter())
        .map(|endpoint| {
            let words = match endpoint.tcp().failure() {
                Some(Failure::TimedOut) => "neither accepted nor refused",
                Some(Failure::Refused) => "refused",
                Some(Failure::Unreachable(words) | Failure::Io(words)) => words,
                _ => "failed",
            };
            format!("{} {words}", endpoint.address)
        })
        .collect();
    reasons.join("; ")
}
