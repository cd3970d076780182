//! What the answers of one address mean together.

use super::answer::Case;
use super::rules::{Confidence, RULES, Rule, Then};
use crate::facts::{AuthRequest, Endpoint, Facts};

/// Whether a server accepts a session without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It went on to authentication; with this request.
    Accepted(AuthRequest),
    /// It refused for the missing TLS.
    Refused {
        /// How sure that is.
        confidence: Confidence,
        /// What shows it.
        reason: &'static str,
    },
    /// The answers leave it open.
    Undetermined {
        /// Why.
        reason: &'static str,
        /// What would settle it.
        settle: &'static str,
    },
}

/// The verdict on one endpoint; `None` if it was not asked, or not reached by TCP.
pub fn verdict(endpoint: &Endpoint) -> Option<Verdict> {
    let case = Case::of(endpoint)?;
    Some(match (rule(&case).map(|rule| &rule.then), case.request) {
        (Some(Then::Accepted), Some(request)) => Verdict::Accepted(request.clone()),
        (Some(Then::Refused(confidence, reason)), _) => Verdict::Refused {
            confidence: *confidence,
            reason,
        },
        (Some(Then::Undetermined { reason, settle, .. }), _) => {
            Verdict::Undetermined { reason, settle }
        }
        (Some(Then::Accepted) | None, _) => Verdict::Undetermined {
            reason: "the answer is of a kind that the verdict table does not have",
            settle: "report it as a bug",
        },
    })
}

/// The endpoints, by their index, where asking once more may settle what is open.
pub fn unsettled(facts: &Facts) -> Vec<usize> {
    let open = |endpoint: &Endpoint| {
        let case = Case::of(endpoint)?;
        Some(matches!(
            rule(&case)?.then,
            Then::Undetermined {
                ask_again: true,
                ..
            }
        ))
    };
    let all = facts.endpoints.iter().enumerate();
    all.filter(|(_, endpoint)| open(endpoint) == Some(true))
        .map(|(index, _)| index)
        .collect()
}

/// The first rule that matches.
fn rule(case: &Case) -> Option<&'static Rule> {
    let matches = |rule: &&Rule| rule.answers.contains(&case.kind) && case.control_is(rule.control);
    RULES.iter().find(matches)
}
