//! What came back, sorted into the kinds that the verdict table tells apart.

use super::known::{self, Meaning};
use crate::facts::{Answer, AuthRequest, Endpoint, Failure, PlaintextLeg, ServerError, Stage};
use crate::facts::{Negotiation, TlsLeg};

/// A kind of answer to a StartupMessage without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An authentication request.
    Authentication,
    /// An error that says that no session can be had now, or one without an SQLSTATE.
    NotNow,
    /// The refusal of PostgreSQL's pg_hba.conf.
    Hba,
    /// A known text that demands TLS.
    DemandsTls,
    /// PostgreSQL's word that a login method failed.
    LoginFailed,
    /// An error that is known to be about something else.
    OtherMatter,
    /// Words about pg_hba.conf that PostgreSQL itself did not send.
    Relayed,
    /// Any other error.
    OtherError,
    /// Closed or reset without a byte.
    Silence,
    /// A TLS alert.
    Alert,
    /// An HTTP response.
    Http,
    /// Other bytes.
    NotPostgres,
    /// Nothing in time, or no connection although TLS had one.
    NoAnswer,
    /// Two attempts with answers of different kinds.
    Differing,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 14] = [
        Self::Authentication,
        Self::NotNow,
        Self::Hba,
        Self::DemandsTls,
        Self::LoginFailed,
        Self::OtherMatter,
        Self::Relayed,
        Self::OtherError,
        Self::Silence,
        Self::Alert,
        Self::Http,
        Self::NotPostgres,
        Self::NoAnswer,
        Self::Differing,
    ];

    /// The kinds that are errors.
    pub const ERRORS: &'static [Self] = &[
        Self::Hba,
        Self::DemandsTls,
        Self::LoginFailed,
        Self::OtherMatter,
        Self::Relayed,
        Self::OtherError,
    ];

    fn of(stage: &Stage<Answer>) -> Self {
        match stage {
            Stage::Done(Answer::Authentication(_), _) => Self::Authentication,
            Stage::Done(Answer::Error(error), _) => Self::of_error(error),
            Stage::Done(Answer::Closed | Answer::Reset, _) => Self::Silence,
            Stage::Done(Answer::TlsAlert, _) => Self::Alert,
            Stage::Done(Answer::Http, _) => Self::Http,
            Stage::Done(Answer::Other(_), _) => Self::NotPostgres,
            Stage::Failed(..) | Stage::NotRun => Self::NoAnswer,
        }
    }

    /// Known texts first, because they are the most particular; then SQLSTATE, file and
    /// routine, which no locale changes.
    pub(super) fn of_error(error: &ServerError) -> Self {
        match known::recognise(error) {
            Some((_, Meaning::DemandsTls)) => return Self::DemandsTls,
            Some((_, Meaning::NotNow)) => return Self::NotNow,
            Some((_, Meaning::OtherMatter)) => return Self::OtherMatter,
            Some((_, Meaning::Unclear)) => return Self::OtherError,
            None => {}
        }
        let Some(sqlstate) = error.code() else {
            return Self::NotNow;
        };
        match (error.file(), error.routine()) {
            _ if is_not_now(sqlstate) => Self::NotNow,
            (Some("auth.c"), Some("ClientAuthentication")) if sqlstate == "28000" => Self::Hba,
            (_, Some("auth_failed")) => Self::LoginFailed,
            (Some(file), _) if file.ends_with(".c") => Self::OtherMatter,
            (None, None) if error.message().contains("pg_hba.conf") => Self::Relayed,
            _ => Self::OtherError,
        }
    }
}

/// Starting up, shutting down, out of connections or other resources, unable to reach
/// what stands behind (PostgreSQL manual, appendix "Error Codes").
fn is_not_now(sqlstate: &str) -> bool {
    matches!(sqlstate, "57P01" | "57P02" | "57P03" | "08006" | "58000")
        || sqlstate.starts_with("53")
}

/// What the connections with TLS to the same address got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Anything, or nothing.
    Any,
    /// The answer to SSLRequest was `N`.
    NoTls,
    /// An authentication request, each time that it was asked.
    WentOn,
    /// Likewise, and both connections were made twice, with the same answers.
    WentOnTwice,
    /// pg_hba.conf's demand for a client certificate.
    WantsCertificate,
    /// The error that came without TLS.
    SameAnswer,
    /// No error but one that says that no session can be had now.
    NotNow,
    /// pgcheck broke off before the StartupMessage: it did not trust the certificate.
    NotAsked,
}

/// All answers of one address.
#[derive(Debug)]
pub struct Case<'a> {
    /// The kind of what came without TLS.
    pub kind: Kind,
    /// The authentication request, where that is what came.
    pub request: Option<&'a AuthRequest>,
    /// The error, likewise.
    pub error: Option<&'a ServerError>,
    asked_twice: bool,
    controls: Vec<Heard<'a>>,
}

/// What one connection with TLS got.
#[derive(Debug)]
enum Heard<'a> {
    WentOn,
    Error(&'a ServerError),
    NoTls,
    NotAsked,
    Nothing,
}

impl<'a> Case<'a> {
    /// The answers of an endpoint; `None` if it was not asked, or not reached by TCP.
    pub fn of(endpoint: &'a Endpoint) -> Option<Self> {
        let mut connections =
            std::iter::once(&endpoint.tls.tcp).chain(endpoint.plaintext.iter().map(|leg| &leg.tcp));
        if endpoint.plaintext.is_empty() || connections.all(|tcp| tcp.value().is_none()) {
            return None;
        }
        let answers = settled(&endpoint.plaintext);
        let went_on = answers
            .iter()
            .find(|stage| Kind::of(stage) == Kind::Authentication);
        let decisive = went_on.or(answers.last())?;
        let kind = match went_on {
            None if !alike(&answers) => Kind::Differing,
            _ => Kind::of(decisive),
        };
        let legs = std::iter::once(&endpoint.tls).chain(&endpoint.control);
        let (request, error) = match decisive.value() {
            Some(Answer::Authentication(request)) => (Some(request), None),
            Some(Answer::Error(error)) => (None, Some(error)),
            _ => (None, None),
        };
        Some(Self {
            kind,
            request,
            error,
            asked_twice: answers.len() > 1,
            controls: legs.map(Heard::of).collect(),
        })
    }

    /// Whether the connections with TLS got this.
    pub(super) fn control_is(&self, control: Control) -> bool {
        let some = |test: fn(&Heard) -> bool| self.controls.iter().any(test);
        let errors = || {
            self.controls.iter().filter_map(|heard| match heard {
                Heard::Error(error) => Some(*error),
                _ => None,
            })
        };
        let in_the_way = errors().any(|error| Kind::of_error(error) != Kind::NotNow);
        let went_on = some(|heard| matches!(heard, Heard::WentOn)) && !in_the_way;
        match control {
            Control::Any => true,
            Control::NoTls => some(|heard| matches!(heard, Heard::NoTls)),
            Control::WentOn => went_on,
            Control::WentOnTwice => {
                let all = self.controls.iter().all(|h| matches!(h, Heard::WentOn));
                went_on && all && self.controls.len() > 1 && self.asked_twice
            }
            Control::WantsCertificate => errors().any(|error| {
                Kind::of_error(error) == Kind::Hba
                    && error.message() == "connection requires a valid client certificate"
            }),
            Control::SameAnswer => errors().any(|error| self.error.is_some_and(|e| same(e, error))),
            Control::NotNow => !in_the_way && errors().next().is_some(),
            Control::NotAsked => !in_the_way && some(|heard| matches!(heard, Heard::NotAsked)),
        }
    }
}

/// The answers without those that only say "not now", where there are others.
fn settled(legs: &[PlaintextLeg]) -> Vec<&Stage<Answer>> {
    let all = legs.iter().map(|leg| &leg.answer);
    let (passing, mut lasting): (Vec<_>, Vec<_>) =
        all.partition(|stage| Kind::of(stage) == Kind::NotNow);
    if lasting.is_empty() {
        lasting = passing;
    }
    lasting
}

fn alike(answers: &[&Stage<Answer>]) -> bool {
    answers.windows(2).all(|pair| match (pair[0], pair[1]) {
        (Stage::Done(Answer::Error(one), _), Stage::Done(Answer::Error(other), _)) => {
            same(one, other)
        }
        (one, other) => Kind::of(one) == Kind::of(other),
    })
}

/// Whether two errors say the same. Words with a digit do not count: they are the ids and
/// ports of one connection.
fn same(one: &ServerError, other: &ServerError) -> bool {
    fn words(error: &ServerError) -> impl Iterator<Item = &str> {
        let words = error.message().split_whitespace();
        words.filter(|word| !word.contains(|c: char| c.is_ascii_digit()))
    }
    let origin = |error: &ServerError| {
        let field = |text: Option<&str>| text.map(str::to_owned);
        [error.code(), error.file(), error.routine()].map(field)
    };
    origin(one) == origin(other) && words(one).eq(words(other))
}

impl<'a> Heard<'a> {
    fn of(leg: &'a TlsLeg) -> Self {
        if leg.negotiation.value() == Some(&Negotiation::Refused) {
            return Self::NoTls;
        }
        match (&leg.answer, leg.negotiation.failure(), &leg.handshake) {
            (Stage::Done(Answer::Authentication(_), _), ..) => Self::WentOn,
            (Stage::Done(Answer::Error(error), _), ..) | (_, Some(Failure::Server(error)), _) => {
                Self::Error(error)
            }
            (_, _, Stage::Failed(Failure::Certificate(_), _)) => Self::NotAsked,
            (Stage::NotRun, _, Stage::Done(..)) => Self::NotAsked,
            _ => Self::Nothing,
        }
    }
}
