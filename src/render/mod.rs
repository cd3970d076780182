//! Reports as text, one form a file. Renderers only print what the report says, and each
//! escapes what is foreign in it: see [`text`].

mod github;
mod human;
mod json;
mod line;
pub mod look;
pub mod nagios;
mod openmetrics;
mod page;
mod phases;
mod style;
mod summary;
pub mod text;
pub mod uri;

use crate::report::Report;
use look::Look;
pub use summary::called;

/// A form of the report.
#[derive(Clone, Copy)]
pub struct Form {
    /// What is printed as soon as one report is finished.
    pub each: fn(&Report) -> String,
    /// What is printed when all are, in the order of the targets.
    pub all: fn(&[Report], Look) -> String,
}

/// For people.
pub const HUMAN: Form = whole(human::render);
/// One line per target.
pub const LINE: Form = whole(line::render);
/// Nothing: the exit code says it.
pub const NOTHING: Form = whole(|_, _| String::new());
/// One JSON object; an array for several targets.
pub const JSON: Form = whole(|reports, _| json::render(reports));
/// One JSON object a line, as each target is finished.
pub const JSONL: Form = Form {
    each: json::line,
    all: NOTHING.all,
};
/// One line, by the monitoring plugins' guidelines; see also [`nagios::exit_code`].
pub const NAGIOS: Form = whole(nagios::render);
/// OpenMetrics.
pub const OPENMETRICS: Form = whole(|reports, _| openmetrics::render(reports));
/// GitHub's workflow commands.
pub const GITHUB: Form = whole(|reports, _| github::render(reports));

/// A form that is printed at the end.
const fn whole(all: fn(&[Report], Look) -> String) -> Form {
    Form {
        each: |_| String::new(),
        all,
    }
}
