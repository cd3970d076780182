//! Does every host resolve, and to which addresses?

use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::facts::{Failure, Lookup};
use crate::finding::{Code, Finding, Severity};

pub const CHECK: Check = Check {
    id: CheckId::Dns,
    asks: "does every host resolve, and to which addresses?",
    needs: &[],
    codes: &[&HOST_NOT_FOUND, &SOME_HOSTS_NOT_FOUND],
    run,
};

static HOST_NOT_FOUND: Code = Code {
    id: "host-not-found",
    severity: Severity::Error,
    cause: Cause::Unreachable,
    title: "the host name does not resolve",
    why: "without an address there is nothing to connect to",
    explain: "The system's resolver (/etc/hosts, then DNS) has no address for the host. \
              Common causes: a misspelt name, a database that was deleted or renamed, a \
              private name that only resolves inside the provider's network or a VPN, or \
              a container without DNS.",
};

static SOME_HOSTS_NOT_FOUND: Code = Code {
    id: "some-hosts-not-found",
    severity: Severity::Warning,
    cause: Cause::Unreachable,
    title: "some of the hosts do not resolve",
    why: "the application cannot fail over to a host without an address",
    explain: "The target names several hosts and not all of them have an address. The \
              application works as long as one of the others does.",
};

fn run(input: &Input) -> Option<Outcome> {
    let lookups = &input.facts.lookups;
    let missing: Vec<&Lookup> = lookups
        .iter()
        .filter(|lookup| lookup.addresses.value().is_none())
        .collect();
    let found = lookups
        .iter()
        .filter_map(|lookup| lookup.addresses.value())
        .flatten()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let elapsed = lookups.iter().filter_map(|l| l.addresses.elapsed()).max();
    let outcome = match (missing.is_empty(), found.is_empty()) {
        (true, _) => Outcome::ok(found),
        (false, true) => Outcome::found("no address", not_found(&HOST_NOT_FOUND, &missing)),
        (false, false) => Outcome::found(
            format!(
                "{found}; {} of {} hosts missing",
                missing.len(),
                lookups.len()
            ),
            not_found(&SOME_HOSTS_NOT_FOUND, &missing),
        ),
    };
    Some(outcome.elapsed(elapsed))
}

fn not_found(code: &'static Code, missing: &[&Lookup]) -> Finding {
    let names: Vec<&str> = missing.iter().map(|lookup| lookup.host.as_str()).collect();
    let names = names.join(", ");
    let reasons: Vec<String> = missing.iter().map(|lookup| reason(lookup)).collect();
    Finding::new(code, reasons.join("; "))
        .title(format!("no address for {names}"))
        .help("check the spelling of the host in the URI")
        .help("a provider's private name resolves only inside its network: run pgcheck there")
}

fn reason(lookup: &Lookup) -> String {
    let host = &lookup.host;
    match lookup.addresses.failure() {
        Some(Failure::TimedOut) => format!("{host}: no answer from the resolver in time"),
        Some(Failure::Io(words)) => format!("{host}: {words}"),
        _ => format!("{host}: no address"),
    }
}
