//! Who vouches for the certificate?

mod codes;

use self::codes::*;
use super::certificate::{STRICT_CLIENTS_REFUSE, Shown, shown, whose};
use super::{Check, CheckId, Input, Outcome};
use crate::facts::{Failure, RootsTrial};
use crate::finding::{Code, Finding, Severity};
use crate::target::RootCert;
use crate::tls::{ChainError, ChainTrial, Identity, Refusal, Weakness};

pub const CHECK: Check = Check {
    id: CheckId::Chain,
    asks: "who vouches for the certificate?",
    needs: &[CheckId::Tcp, CheckId::Tls],
    codes: &[
        &UNTRUSTED_CHAIN,
        &INCOMPLETE_CHAIN,
        &SELF_SIGNED,
        &WEAK_KEY,
        &WEAK_SIGNATURE,
        &REVOKED,
        &REVOCATION_UNKNOWN,
        &STRICT_CLIENTS_REFUSE,
    ],
    run,
};

fn run(input: &Input) -> Option<Outcome> {
    let shown = shown(input);
    let first = shown.first()?;
    let mut outcome = Outcome::ok(summary(input, first));
    for chain in &shown {
        let verdict = verdict(input, chain);
        let told = |weakness: &Finding| verdict.iter().any(|it| it.code.id == weakness.code.id);
        let weaknesses = weaknesses(chain).into_iter().filter(|it| !told(it));
        outcome.findings.extend(weaknesses);
        outcome.findings.extend(verdict);
    }
    Some(outcome)
}

/// Which roots give the verdict, and what it is.
enum Trusted<'a> {
    By(&'static str, &'a ChainTrial),
    Not(&'static str, &'a ChainError),
    Unknown(String),
}

const OWN: &str = "sslrootcert";
const SYSTEM: &str = "the system's trust store";
const MOZILLA: &str = "the Mozilla roots";

fn trusted<'a>(input: &Input, shown: &Shown<'a>) -> Trusted<'a> {
    let Some(trust) = shown.trust else {
        return Trusted::Unknown("the certificate was not tried against any roots".to_owned());
    };
    let own = trust.own.iter().map(|trial| (OWN, trial));
    let system = trust.system.iter().map(|trial| (SYSTEM, trial));
    let mozilla = trust.mozilla.iter().map(|trial| (MOZILLA, trial));
    let candidates: Vec<(&'static str, &'a RootsTrial)> =
        match input.facts.demanded >= Identity::Chain {
            true => own.collect(),
            false => own.chain(system).chain(mozilla).collect(),
        };
    let tried = || {
        let trials = candidates.iter();
        trials.filter_map(|(name, trial)| Some((*name, trial.apart_from_time()?)))
    };
    if let Some((name, trial)) = tried().find(|(_, trial)| trial.libpq.is_ok()) {
        return Trusted::By(name, trial);
    }
    let objection = tried().find_map(|(name, trial)| Some((name, trial.libpq.as_ref().err()?)));
    match (objection, candidates.first()) {
        (Some((name, error)), _) => Trusted::Not(name, error),
        (None, Some((name, RootsTrial::Unavailable(why)))) => {
            Trusted::Unknown(format!("{name}: {why}"))
        }
        _ => Trusted::Unknown("there are no root certificates to hold it against".to_owned()),
    }
}

fn summary(input: &Input, shown: &Shown<'_>) -> String {
    match trusted(input, shown) {
        Trusted::By(roots, _) => {
            let top = shown.path().pop().map(|top| top.issuer);
            let authority = top.map_or_else(String::new, |name| format!(" ({name})"));
            format!("trusted by {}{authority}", roots_name(input, roots))
        }
        Trusted::Not(_, ChainError::SelfSigned { .. }) => "self-signed".to_owned(),
        Trusted::Not(_, ChainError::IntermediateMissing { .. }) => {
            "an intermediate certificate is missing".to_owned()
        }
        Trusted::Not(..) => "not trusted".to_owned(),
        Trusted::Unknown(_) => "could not be determined".to_owned(),
    }
}

fn roots_name(input: &Input, roots: &'static str) -> String {
    match &input.target.tls.sslrootcert {
        Some(RootCert::File(file)) if roots == OWN => file.display().to_string(),
        Some(RootCert::System) if roots == OWN => SYSTEM.to_owned(),
        Some(RootCert::Mozilla) if roots == OWN => MOZILLA.to_owned(),
        _ => roots.to_owned(),
    }
}

/// What is weak about the certificates themselves, whoever vouches for them.
fn weaknesses(shown: &Shown<'_>) -> Vec<Finding> {
    let refused = matches!(
        shown.endpoint.tls.handshake.failure(),
        Some(Failure::Certificate(Refusal::UnsupportedKey(_)))
    );
    let mut findings = Vec::new();
    for (depth, certificate) in shown.path().iter().enumerate() {
        let whose = whose(depth, certificate);
        match certificate.weak {
            Some(Weakness::Key) => {
                let saw = format!("{whose} has the key {}", certificate.key_text());
                let finding = Finding::new(&WEAK_KEY, shown.saw(saw)).help(
                    "issue the certificate anew with RSA of 2048 bits or more, or ECDSA P-256",
                );
                findings.push(match refused && shown.decides && depth == 0 {
                    true => finding.severity(Severity::Error),
                    false => finding,
                });
            }
            Some(Weakness::Signature) => {
                let algorithm = &certificate.signature_algorithm;
                let saw = shown.saw(format!("{whose} is signed by {algorithm}"));
                findings.push(
                    Finding::new(&WEAK_SIGNATURE, saw)
                        .help("have the certificate issued anew, signed over SHA-256"),
                );
            }
            None => {}
        }
    }
    findings
}

fn verdict(input: &Input, shown: &Shown<'_>) -> Vec<Finding> {
    let severity = shown.severity(input, Identity::Chain);
    match trusted(input, shown) {
        Trusted::By(_, trial) => strictly(shown, trial).into_iter().collect(),
        Trusted::Unknown(why) => {
            vec![Finding::new(&UNTRUSTED_CHAIN, shown.saw(why)).severity(severity)]
        }
        // The check of the time reports these.
        Trusted::Not(_, ChainError::Expired(..) | ChainError::NotYetValid(..)) => Vec::new(),
        Trusted::Not(roots, error) => vec![objection(input, shown, roots, error, severity)],
    }
}

fn strictly(shown: &Shown<'_>, trial: &ChainTrial) -> Option<Finding> {
    let refusal = trial.strict.as_ref().err()?;
    Some(
        Finding::new(&STRICT_CLIENTS_REFUSE, shown.saw(refusal.words.clone())).help(
            "issue a certificate of X.509 version 3 with basicConstraints=CA:FALSE and the \
             host's name in subjectAltName",
        ),
    )
}

/// The finding for an objection, with its remedy.
fn objection(
    input: &Input,
    shown: &Shown<'_>,
    roots: &'static str,
    error: &ChainError,
    severity: Severity,
) -> Finding {
    let saw = match (input.facts.demanded >= Identity::Chain, roots) {
        (true, _) | (false, OWN) => format!("{error} ({})", roots_name(input, roots)),
        _ => format!("{error} (tried: {SYSTEM} and {MOZILLA})"),
    };
    let (code, remedy) = remedy(error);
    let mut finding = Finding::new(code, shown.saw(saw)).severity(severity);
    if let Some(better) = better_roots(shown, roots) {
        finding = finding.help(better);
    }
    finding = finding.help(remedy);
    match shown.provider() {
        Some(provider) => finding.help(provider.root_help()),
        None => finding,
    }
}

fn remedy(error: &ChainError) -> (&'static Code, String) {
    let ask = "get the root certificate of the server's authority from whoever runs the \
               server, and name its file with sslrootcert";
    match error {
        ChainError::SelfSigned { .. } => (
            &SELF_SIGNED,
            "issue the server a certificate from an authority; or bring a copy of this one \
             here over a way that you trust, and name its file with sslrootcert"
                .to_owned(),
        ),
        ChainError::IntermediateMissing { url, .. } => (
            &INCOMPLETE_CHAIN,
            format!(
                "append the intermediate certificate ({url}) to the server's ssl_cert_file, \
                 then reload"
            ),
        ),
        ChainError::RootMissing { issuer, .. } => (
            &UNTRUSTED_CHAIN,
            format!("add the root certificate \"{issuer}\" to the file that sslrootcert names"),
        ),
        ChainError::WeakKey(..) => (
            &WEAK_KEY,
            "issue the certificate anew with RSA of 2048 bits or more, or ECDSA P-256".to_owned(),
        ),
        ChainError::WeakSignature(..) => (
            &WEAK_SIGNATURE,
            "have the certificate issued anew, signed over SHA-256".to_owned(),
        ),
        ChainError::Revoked(..) => (
            &REVOKED,
            "issue the server a new certificate with a new key".to_owned(),
        ),
        ChainError::RevocationUnknown(..) => (
            &REVOCATION_UNKNOWN,
            "put a current revocation list of every authority of the chain into sslcrl".to_owned(),
        ),
        ChainError::NotForServers(_)
        | ChainError::NotACa(_)
        | ChainError::PathTooLong(_)
        | ChainError::NameConstraints(_)
        | ChainError::UnknownCriticalExtension(..)
        | ChainError::Malformed(..)
        | ChainError::BadSignature { .. }
        | ChainError::UnsupportedSignature(..)
        | ChainError::Refused(_) => (
            &UNTRUSTED_CHAIN,
            "have the certificate issued anew".to_owned(),
        ),
        ChainError::UnknownIssuer { .. }
        | ChainError::UntrustedRoot { .. }
        | ChainError::WrongIssuerKey { .. }
        | ChainError::Expired(..)
        | ChainError::NotYetValid(..) => (&UNTRUSTED_CHAIN, ask.to_owned()),
    }
}

/// Roots that would vouch for the certificate where the ones in use do not.
fn better_roots(shown: &Shown<'_>, used: &'static str) -> Option<String> {
    let trust = shown.trust?;
    let vouches = |trial: &Option<RootsTrial>| trial.as_ref().is_some_and(RootsTrial::vouches);
    if used != SYSTEM && vouches(&trust.system) {
        return Some(
            "use sslmode=verify-full&sslrootcert=system: it was tried here and works \
                     for the chain"
                .to_owned(),
        );
    }
    (used != MOZILLA && vouches(&trust.mozilla)).then(|| {
        "the Mozilla roots vouch for it and this system's trust store does not: install or \
         update ca-certificates, then use sslrootcert=system"
            .to_owned()
    })
}
