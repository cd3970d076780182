//! Does the certificate name the host that was asked for?

use super::certificate::{STRICT_CLIENTS_REFUSE, Shown, shown};
use super::{Check, CheckId, Input, Outcome};
use crate::exit::Cause;
use crate::finding::{Code, Finding, Severity};
use crate::tls::{Identity, NameError, NameMatch};

pub const CHECK: Check = Check {
    id: CheckId::Hostname,
    asks: "does the certificate name the host that was asked for?",
    needs: &[CheckId::Tcp, CheckId::Tls],
    codes: &[
        &HOSTNAME_MISMATCH,
        &NO_HOST_NAME,
        &NAME_IN_CN_ONLY,
        &STRICT_CLIENTS_REFUSE,
    ],
    run,
};

static HOSTNAME_MISMATCH: Code = Code {
    id: "hostname-mismatch",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "the certificate does not name the host",
    why: "an authority vouches for another name, so whoever answers may be somebody else",
    explain: "None of the names in the certificate (subjectAltName and, where it has none of \
              the host's kind, the common name) is the host of the URI. Connect by a name \
              that the certificate has, or have it issued with the name that the application \
              uses. A name that is only an alias in DNS (CNAME) does not help: the name in \
              the URI counts. An error where sslmode=verify-full or --require verify-full \
              demands the name.",
};

static NO_HOST_NAME: Code = Code {
    id: "no-host-name",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "the target has an address and no host name",
    why: "without a name that was asked for, a certificate proves nothing about who answers",
    explain: "The target gives hostaddr and no host. libpq then refuses sslmode=verify-full. \
              Give both: host is what the certificate must name, hostaddr what to connect to.",
};

static NAME_IN_CN_ONLY: Code = Code {
    id: "name-in-cn-only",
    severity: Severity::Warning,
    cause: Cause::NoTls,
    title: "only the common name has the host's name, which strict clients do not look at",
    why: "drivers for Go, Java, Node and Rust look for the name in subjectAltName alone and \
          refuse the certificate",
    explain: "libpq falls back to the common name of the subject where the certificate has no \
              subjectAltName of the host's kind. Other clients have dropped that rule \
              (RFC 9525, section 2). Have the certificate issued with the host in \
              subjectAltName.",
};

fn run(input: &Input) -> Option<Outcome> {
    let shown = shown(input);
    let first = shown.first()?;
    let mut outcome = Outcome::ok(summary(first));
    outcome.findings = shown.iter().filter_map(|it| judge(input, it)).collect();
    Some(outcome)
}

fn host(shown: &Shown<'_>) -> String {
    let address = || shown.endpoint.address.ip().to_string();
    shown.endpoint.host.clone().unwrap_or_else(address)
}

fn summary(shown: &Shown<'_>) -> String {
    let host = host(shown);
    match &shown.presented.name.libpq {
        Ok(NameMatch::AlternativeName) => format!("the certificate names {host}"),
        Ok(NameMatch::CommonName) => format!("the certificate names {host}, as its common name"),
        Err(NameError::NoHost) => "no host name was given".to_owned(),
        Err(_) => format!("the certificate does not name {host}"),
    }
}

fn judge(input: &Input, shown: &Shown<'_>) -> Option<Finding> {
    let trial = &shown.presented.name;
    let host = host(shown);
    let finding = match (&trial.libpq, &trial.strict) {
        (Ok(_), Ok(())) => return None,
        (Ok(NameMatch::CommonName), Err(_)) => {
            let saw = format!(
                "the common name of the certificate is {host}; subjectAltName has no name of this kind"
            );
            Finding::new(&NAME_IN_CN_ONLY, shown.saw(saw)).help(format!(
                "have the certificate issued with subjectAltName={}",
                alternative_name(&host)
            ))
        }
        (Ok(NameMatch::AlternativeName), Err(refusal)) => {
            Finding::new(&STRICT_CLIENTS_REFUSE, shown.saw(refusal.words.clone())).help(format!(
                "have the certificate issued with subjectAltName={}",
                alternative_name(&host)
            ))
        }
        (Err(NameError::NoHost), _) => {
            let saw = format!(
                "the target names only the address {}",
                shown.endpoint.address.ip()
            );
            Finding::new(&NO_HOST_NAME, shown.saw(saw))
                .severity(shown.severity(input, Identity::ChainAndName))
                .help("add host= with the name that the certificate has")
        }
        (Err(error), _) => {
            let finding = Finding::new(&HOSTNAME_MISMATCH, shown.saw(error.to_string()))
                .title(format!("the certificate does not name {host}"))
                .severity(shown.severity(input, Identity::ChainAndName));
            let finding = match other_name(error) {
                Some(name) => finding.help(format!("connect to {name:?} if it is the same server")),
                None => finding,
            };
            finding.help(format!(
                "or have the certificate issued with subjectAltName={}",
                alternative_name(&host)
            ))
        }
    };
    Some(finding)
}

/// A name that the certificate has and that one can connect to.
fn other_name(error: &NameError) -> Option<&str> {
    let NameError::Mismatch { presented, .. } = error else {
        return None;
    };
    let usable = |name: &&String| !name.contains('*') && !name.is_empty();
    presented.iter().find(usable).map(String::as_str)
}

fn alternative_name(host: &str) -> String {
    match host.parse::<std::net::IpAddr>() {
        Ok(ip) => format!("IP:{ip}"),
        Err(_) => format!("DNS:{host}"),
    }
}
