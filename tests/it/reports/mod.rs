//! What a report looks like in every form, and what must never be in one. The reports are
//! those of the real checks, judged on facts put together by hand.

mod command_line;
mod forms;
mod hostile;
mod human;
mod secrets;
mod situations;

/// A report on a server where all is well.
pub fn good() -> pgcheck::report::Report {
    situations::Situation::good().report()
}
