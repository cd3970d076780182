//! A finding is why a check is not simply ok: data that any renderer can print.

use crate::exit::Cause;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the check is ok.
    Note,
    /// The check warns.
    Warning,
    /// The check fails.
    Error,
}

impl Severity {
    /// The word in reports and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A kind of finding. Each is defined once, in the file of the check that makes it, and
/// listed in [`crate::check::CHECKS`].
#[derive(Debug)]
pub struct Code {
    /// The stable, kebab-case name.
    pub id: &'static str,
    /// Its usual severity.
    pub severity: Severity,
    /// What it means for the exit code where it is an error.
    pub cause: Cause,
    /// What it says, in a few words, without the particulars of one case.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What `pgcheck explain` adds: how it comes about and how to mend it.
    pub explain: &'static str,
}

/// One finding about one target.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its kind.
    pub code: &'static Code,
    /// Its severity here.
    pub severity: Severity,
    /// What is wrong. Lower case, no full stop.
    pub title: String,
    /// What was observed.
    pub saw: String,
    /// Why it matters.
    pub why: String,
    /// What to do, each a step or an alternative.
    pub help: Vec<String>,
}

impl Finding {
    /// A finding of this kind, with its usual title, severity and reason.
    pub fn new(code: &'static Code, saw: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            title: code.title.to_owned(),
            saw: saw.into(),
            why: code.why.to_owned(),
            help: Vec::new(),
        }
    }

    /// With a title that names the particulars.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// With a reason that names the particulars.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// With one more thing to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// With another severity.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}
