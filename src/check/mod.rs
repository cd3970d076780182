//! The checks. **Read this first**: [`CHECKS`] is the list of everything that pgcheck
//! judges, and each entry is one file beside this one.
//!
//! A check is a pure function from what was observed ([`Facts`]) and what is demanded
//! ([`Policy`]) to an [`Outcome`]. It opens no connection, reads no file and asks no
//! clock. To add one: a file with its [`Code`]s and its `run`, and an entry here.

mod auth;
mod certificate;
mod chain;
mod dns;
mod expiry;
mod hostname;
mod legacy;
pub mod plaintext;
pub mod providers;
mod session;
mod tcp;
mod tls;
mod uri;

use std::time::{Duration, SystemTime};

use crate::exit::Cause;
use crate::facts::Facts;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Policy;
use crate::target::Target;

/// The name of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckId {
    /// What does the URI let the application do?
    Uri,
    /// Does every host resolve?
    Dns,
    /// Does every address accept TCP?
    Tcp,
    /// Does the server offer TLS?
    Tls,
    /// Would it also accept TLS 1.0 or 1.1?
    Legacy,
    /// Who vouches for the certificate?
    Chain,
    /// Does it name the host?
    Hostname,
    /// Is it valid now, and for how long?
    Expiry,
    /// Did login work?
    Auth,
    /// Does `SELECT version()` answer?
    Session,
    /// Would the server accept a session without TLS?
    Plaintext,
}

impl CheckId {
    /// All checks, in the order of every report.
    pub const ALL: [Self; 11] = [
        Self::Uri,
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Legacy,
        Self::Chain,
        Self::Hostname,
        Self::Expiry,
        Self::Auth,
        Self::Session,
        Self::Plaintext,
    ];

    /// The stable id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uri => "uri",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Legacy => "legacy",
            Self::Chain => "chain",
            Self::Hostname => "hostname",
            Self::Expiry => "expiry",
            Self::Auth => "auth",
            Self::Session => "session",
            Self::Plaintext => "plaintext",
        }
    }
}

/// One check: what it asks, what it builds on, what it can find, and how it judges.
pub struct Check {
    /// Its name.
    pub id: CheckId,
    /// The question, for people.
    pub asks: &'static str,
    /// The checks whose failure leaves this one without anything to judge.
    pub needs: &'static [CheckId],
    /// The findings it can make.
    pub codes: &'static [&'static Code],
    /// Judges. `None`: what it builds on was not observed.
    pub run: fn(&Input) -> Option<Outcome>,
}

/// All checks, in the order of every report.
pub static CHECKS: [Check; 11] = [
    uri::CHECK,
    dns::CHECK,
    tcp::CHECK,
    tls::CHECK,
    legacy::CHECK,
    chain::CHECK,
    hostname::CHECK,
    expiry::CHECK,
    auth::CHECK,
    session::CHECK,
    plaintext::CHECK,
];

/// What a check judges.
pub struct Input<'a> {
    /// What was to be checked.
    pub target: &'a Target,
    /// What is demanded.
    pub policy: &'a Policy,
    /// What was observed.
    pub facts: &'a Facts,
    /// The time that certificates are held against.
    pub now: SystemTime,
}

/// What a check says.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One line that sums it up. Lower case, no full stop.
    pub summary: String,
    /// Why it is not simply ok.
    pub findings: Vec<Finding>,
    /// How long the probes behind it took, where that says something.
    pub elapsed: Option<Duration>,
}

impl Outcome {
    /// A check that found nothing.
    pub fn ok(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            findings: Vec::new(),
            elapsed: None,
        }
    }

    /// A check with one finding.
    pub fn found(summary: impl Into<String>, finding: Finding) -> Self {
        Self {
            findings: vec![finding],
            ..Self::ok(summary)
        }
    }

    /// With the time that the probes took.
    pub fn elapsed(mut self, elapsed: Option<Duration>) -> Self {
        self.elapsed = elapsed;
        self
    }

    /// The worst severity decides.
    pub fn status(&self) -> Status {
        match self.findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Error) => Status::Fail,
            Some(Severity::Warning) => Status::Warn,
            Some(Severity::Note) | None => Status::Ok,
        }
    }
}

/// How a check ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing is wrong.
    Ok,
    /// Something is, but not against any demand.
    Warn,
    /// A demand is not met, or could not be shown to be met.
    Fail,
    /// It was not judged.
    Skip,
}

impl Status {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

/// One row of a report.
#[derive(Clone, Debug)]
pub struct Row {
    /// The check.
    pub check: CheckId,
    /// What became of it.
    pub judged: Judged,
}

/// A check's outcome, or why there is none.
#[derive(Clone, Debug)]
pub enum Judged {
    /// It was judged.
    Done(Outcome),
    /// It was not asked for.
    NotAsked,
    /// These failed, and it builds on them.
    Because(Vec<CheckId>),
}

impl Row {
    /// How the check ended.
    pub fn status(&self) -> Status {
        self.outcome().map_or(Status::Skip, Outcome::status)
    }

    /// What the check says, if it was judged.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.judged {
            Judged::Done(outcome) => Some(outcome),
            Judged::NotAsked | Judged::Because(_) => None,
        }
    }
}

/// What could not be judged although nothing that it builds on failed.
pub static UNDETERMINED: Code = Code {
    id: "undetermined",
    severity: Severity::Warning,
    cause: Cause::Insecure,
    title: "could not be determined",
    why: "what could not be determined is never reported as safe",
    explain: "A check ended without an observation to judge, although nothing that it builds \
              on failed. A longer --timeout may help; otherwise it is a bug worth reporting.",
};

/// Judges everything that was asked for. A check that was not asked for is judged all the
/// same where its failure is why another one could not be.
pub fn judge(input: &Input) -> Vec<Row> {
    let outcomes: Vec<Option<Outcome>> = CHECKS.iter().map(|check| (check.run)(input)).collect();
    let failed: Vec<CheckId> = CHECKS
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.as_ref().is_some_and(|o| o.status() == Status::Fail))
        .map(|(check, _)| check.id)
        .collect();
    let asked = |check: &Check| input.policy.runs(check.id);
    let causes_of_asked: Vec<CheckId> = CHECKS
        .iter()
        .zip(&outcomes)
        .filter(|(check, outcome)| asked(check) && outcome.is_none())
        .flat_map(|(check, _)| causes(check.id, &failed))
        .collect();
    CHECKS
        .iter()
        .zip(outcomes)
        .map(|(check, outcome)| Row {
            check: check.id,
            judged: match outcome {
                _ if !asked(check) && !causes_of_asked.contains(&check.id) => Judged::NotAsked,
                Some(outcome) => Judged::Done(outcome),
                None => unjudged(check.id, &failed),
            },
        })
        .collect()
}

/// Why a check has nothing to judge.
fn unjudged(check: CheckId, failed: &[CheckId]) -> Judged {
    let causes = causes(check, failed);
    if !causes.is_empty() {
        return Judged::Because(causes);
    }
    // Without a session the main question has no answer.
    let severity = match check {
        CheckId::Auth | CheckId::Session | CheckId::Plaintext => Severity::Error,
        _ => UNDETERMINED.severity,
    };
    let finding = Finding::new(&UNDETERMINED, "there was nothing to judge").severity(severity);
    Judged::Done(Outcome::found("could not be determined", finding))
}

/// The failed checks that this one builds on, directly or through others.
fn causes(check: CheckId, failed: &[CheckId]) -> Vec<CheckId> {
    let mut reached = vec![check];
    let mut next = 0;
    while let Some(id) = reached.get(next).copied() {
        for need in CHECKS.iter().filter(|c| c.id == id).flat_map(|c| c.needs) {
            if !reached.contains(need) {
                reached.push(*need);
            }
        }
        next += 1;
    }
    reached.retain(|id| *id != check && failed.contains(id));
    reached
}
