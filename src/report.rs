//! A finished report: the target, what was observed, and what the checks say of it.

use std::time::Duration;

use crate::check::{CheckId, Row, Status};
use crate::exit::{Cause, Exit};
use crate::facts::Facts;
use crate::finding::{Finding, Severity};
use crate::policy::Policy;
use crate::target::Target;

/// What the renderers print.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was checked.
    pub target: Target,
    /// What was demanded.
    pub policy: Policy,
    /// What was observed.
    pub facts: Facts,
    /// One row per check, in the order of [`CheckId::ALL`].
    pub rows: Vec<Row>,
    /// The wall time of the whole.
    pub duration: Duration,
}

impl Report {
    /// All findings with the check that made them, in the order of the rows.
    pub fn findings(&self) -> impl Iterator<Item = (CheckId, &Finding)> {
        self.rows.iter().flat_map(|row| {
            let findings = row.outcome().map_or(&[][..], |outcome| &outcome.findings);
            findings.iter().map(|finding| (row.check, finding))
        })
    }

    /// The worst status of any check; a warning is a failure where the policy is strict.
    pub fn status(&self) -> Status {
        let has = |status| self.rows.iter().any(|row| row.status() == status);
        if has(Status::Fail) || (self.policy.strict && has(Status::Warn)) {
            Status::Fail
        } else if has(Status::Warn) {
            Status::Warn
        } else {
            Status::Ok
        }
    }

    /// The exit code: that of the first cause, in the order of [`Cause`].
    pub fn exit(&self) -> Exit {
        if self.status() != Status::Fail {
            return Exit::Ok;
        }
        self.findings()
            .filter(|(_, finding)| finding.severity == Severity::Error)
            .map(|(_, finding)| finding.code.cause)
            .min()
            .unwrap_or(Cause::Insecure)
            .exit()
    }
}
