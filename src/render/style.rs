//! The colours of a report for people.

use anstyle::{AnsiColor, Style};

use crate::check::Status;
use crate::finding::Severity;

pub const HEAD: Style = Style::new().bold();
pub const TITLE: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const HELP: Style = AnsiColor::Cyan.on_default();

const OK: Style = AnsiColor::Green.on_default();
const WARN: Style = AnsiColor::Yellow.on_default();
const FAIL: Style = AnsiColor::Red.on_default().bold();

/// The colour of a status.
pub fn status(status: Status) -> Style {
    match status {
        Status::Ok => OK,
        Status::Warn => WARN,
        Status::Fail => FAIL,
        Status::Skip => DIM,
    }
}

/// The colour of a severity.
pub fn severity(severity: Severity) -> Style {
    match severity {
        Severity::Error => FAIL,
        Severity::Warning => WARN.bold(),
        Severity::Note => HELP,
    }
}
