//! The verdict table: with the catalogue in [`super::known`], **all that decides**.
//!
//! The first rule that matches decides ([`super::verdict`]). `docs/plaintext.md` is made
//! from these two.

use super::answer::{Control, Kind};

/// How sure a refusal for the missing TLS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// The answer can mean nothing else.
    High,
    /// It says so, or TLS got further, and one other reading remains.
    Medium,
    /// Nothing but the transport differed, and nothing was said about it.
    Low,
}

impl Confidence {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// One row of the verdict table.
#[derive(Debug)]
pub struct Rule {
    /// The answers without TLS that it is about.
    pub answers: &'static [Kind],
    /// What came with TLS, from the same address.
    pub control: Control,
    /// What follows.
    pub then: Then,
}

/// What a rule concludes. Reasons and ways out are clauses, without a full stop.
#[derive(Debug)]
pub enum Then {
    /// The server accepts plaintext.
    Accepted,
    /// The server refused for the missing TLS.
    Refused(Confidence, &'static str),
    /// It is open.
    Undetermined {
        /// Why.
        reason: &'static str,
        /// What would settle it.
        settle: &'static str,
        /// Whether asking both once more may settle it.
        ask_again: bool,
    },
}

const fn open(reason: &'static str, settle: &'static str) -> Then {
    Then::Undetermined {
        reason,
        settle,
        ask_again: false,
    }
}

const fn ask_again(reason: &'static str, settle: &'static str) -> Then {
    Then::Undetermined {
        reason,
        settle,
        ask_again: true,
    }
}

const fn refused(confidence: Confidence, reason: &'static str) -> Then {
    Then::Refused(confidence, reason)
}

const RUN_AGAIN: &str = "run pgcheck again";
const WHEN_READY: &str = "run pgcheck again when the server takes sessions; --wait waits for that";
const AFTER_AUTH: &str =
    "mend what the check auth reports, so that this user gets in with TLS, and run pgcheck again";

const IN_FRONT: &str =
    "see what stands in front of the server: a proxy, a firewall, another program on this port";

/// The verdict table. The first rule that matches decides.
pub static RULES: [Rule; 22] = [
    Rule {
        answers: &[Kind::Authentication],
        control: Control::Any,
        then: Then::Accepted,
    },
    Rule {
        answers: &[Kind::Differing],
        control: Control::Any,
        then: open("two attempts were answered differently", RUN_AGAIN),
    },
    Rule {
        answers: &[Kind::NotNow],
        control: Control::WentOn,
        then: ask_again(
            "the server could take no session at that moment, which it decides before it looks at TLS",
            WHEN_READY,
        ),
    },
    Rule {
        answers: &[Kind::NotNow],
        control: Control::Any,
        then: open(
            "the server can take no session now, which it decides before it looks at TLS",
            WHEN_READY,
        ),
    },
    Rule {
        answers: Kind::ERRORS,
        control: Control::NoTls,
        then: open(
            "the server has no TLS at all, so the refusal cannot be about TLS",
            "turn TLS on at the server first",
        ),
    },
    Rule {
        answers: &[Kind::Hba],
        control: Control::WentOn,
        then: refused(
            Confidence::High,
            "pg_hba.conf lets this user in with TLS only",
        ),
    },
    Rule {
        answers: &[Kind::Hba],
        control: Control::WantsCertificate,
        then: refused(
            Confidence::Medium,
            "with TLS the line asks for a client certificate, which only a hostssl line can",
        ),
    },
    Rule {
        answers: &[Kind::Hba],
        control: Control::NotNow,
        then: ask_again(
            "with TLS the server could take no session at that moment, so there is nothing to compare",
            WHEN_READY,
        ),
    },
    Rule {
        answers: &[Kind::Hba],
        control: Control::NotAsked,
        then: ask_again(
            "pgcheck itself broke the connection with TLS off, so there is nothing to compare",
            "mend what the other checks report",
        ),
    },
    Rule {
        answers: &[Kind::Hba],
        control: Control::Any,
        then: open(
            "with TLS the server does not go on to authentication either, so this may be about the user, the database or the client's address",
            AFTER_AUTH,
        ),
    },
    Rule {
        answers: &[Kind::DemandsTls],
        control: Control::SameAnswer,
        then: open(
            "the answer demands TLS, and came over TLS as well: it may be about a hop behind this server",
            "look at what stands between this server and its database",
        ),
    },
    Rule {
        answers: &[Kind::DemandsTls],
        control: Control::WentOn,
        then: refused(Confidence::High, "the answer demands TLS"),
    },
    Rule {
        answers: &[Kind::DemandsTls],
        control: Control::Any,
        then: refused(Confidence::Medium, "the answer demands TLS"),
    },
    Rule {
        answers: &[Kind::LoginFailed],
        control: Control::Any,
        then: open(
            "a pg_hba.conf line let the connection without TLS through, and its method turned this user away: that leans towards plaintext being accepted",
            "turn that line into hostssl",
        ),
    },
    Rule {
        answers: &[Kind::OtherMatter],
        control: Control::Any,
        then: open(
            "that is about the user, the database or the request, and not about TLS",
            AFTER_AUTH,
        ),
    },
    Rule {
        answers: &[Kind::Relayed],
        control: Control::Any,
        then: open(
            "PostgreSQL signs such an answer with file and routine, and this one is not signed: a pooler that takes plaintext may have passed on what its own server told it",
            "ask the pooler's settings, or mend its way to its server and run pgcheck again",
        ),
    },
    Rule {
        answers: &[Kind::OtherError, Kind::Silence],
        control: Control::WentOnTwice,
        then: refused(
            Confidence::Low,
            "without TLS it ends here twice, with TLS it goes on twice, and nothing else differed",
        ),
    },
    Rule {
        answers: &[Kind::OtherError, Kind::Silence],
        control: Control::WentOn,
        then: ask_again(
            "it happened once, and could not be seen a second time",
            RUN_AGAIN,
        ),
    },
    Rule {
        answers: &[Kind::OtherError, Kind::Silence],
        control: Control::Any,
        then: open("with TLS it does not go on either", AFTER_AUTH),
    },
    Rule {
        answers: &[Kind::Alert],
        control: Control::Any,
        then: open(
            "a TLS alert says that the port expects TLS from the first byte, not that PostgreSQL refuses",
            "where a proxy ends TLS on that port, add sslnegotiation=direct to the URI; where that works already, see that nothing else forwards to this server",
        ),
    },
    Rule {
        answers: &[Kind::Http, Kind::NotPostgres],
        control: Control::Any,
        then: open("that is no answer of a PostgreSQL server", IN_FRONT),
    },
    Rule {
        answers: &[Kind::NoAnswer],
        control: Control::Any,
        then: open("there is no answer to judge", IN_FRONT),
    },
];
