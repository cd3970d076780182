//! A line on standard error that says what is being waited for. On a terminal it erases
//! itself; elsewhere it is asked for, and there each finished target leaves a line.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use pgcheck::cli::When;
use pgcheck::render::text;

use crate::terminal;

/// Shorter waits need no explanation.
const SILENCE: Duration = Duration::from_secs(1);
/// The cursor to the start of the line, and everything from there erased
/// (ECMA-48, CR and ED).
const ERASE: &str = "\r\x1b[J";

/// The targets of a run and how many of them are finished.
pub struct Progress {
    way: Way,
    start: Instant,
    timeout: Duration,
    waiting: Vec<Option<String>>,
    shown: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Silent,
    /// On a terminal of so many columns.
    Erasing(usize),
    Lines,
}

impl Progress {
    /// Starts the clock. The names are those of the targets, in their order.
    pub fn new(when: When, names: Vec<String>, timeout: Duration) -> Self {
        let way = match (when, terminal::erasable()) {
            (When::Never, _) | (When::Auto, None) => Way::Silent,
            (When::Auto | When::Always, Some(columns)) => Way::Erasing(columns),
            (When::Always, None) => Way::Lines,
        };
        Self {
            way,
            start: Instant::now(),
            timeout,
            waiting: names.into_iter().map(Some).collect(),
            shown: false,
        }
    }

    /// A target is finished.
    pub fn finished(&mut self, index: usize) {
        let name = self.waiting.get_mut(index).and_then(Option::take);
        if let (Way::Lines, Some(name)) = (self.way, name) {
            let (done, all) = (self.done(), self.waiting.len());
            let line = format!("pgcheck: {done} of {all} finished: {name}");
            tell(&text::ascii(&line), "\n");
        }
    }

    /// Shows the line, or shows it anew, once the silence has been long enough.
    pub fn tick(&mut self) {
        let Way::Erasing(columns) = self.way else {
            return;
        };
        if self.start.elapsed() >= SILENCE {
            // A line that fills the last column could wrap, and then not be erased.
            let line = text::ascii(&self.line());
            tell(
                ERASE,
                line.get(..columns.saturating_sub(1)).unwrap_or(&line),
            );
            self.shown = true;
        }
    }

    /// Takes the line away, before something else is printed.
    pub fn erase(&mut self) {
        if self.shown {
            tell(ERASE, "");
            self.shown = false;
        }
    }

    fn done(&self) -> usize {
        self.waiting.iter().filter(|name| name.is_none()).count()
    }

    fn line(&self) -> String {
        let waiting: Vec<&str> = self.waiting.iter().flatten().map(String::as_str).collect();
        let whom = match waiting.as_slice() {
            [] => return "pgcheck: finishing".to_owned(),
            [only] => (*only).to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let finished = match (self.done(), self.waiting.len()) {
            (_, 1) => String::new(),
            (done, all) => format!("{done} of {all} finished, "),
        };
        let (elapsed, timeout) = (self.start.elapsed().as_secs(), self.timeout.as_secs_f64());
        format!("pgcheck: {finished}waiting for {whom}, {elapsed} s of at most {timeout} s")
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.erase();
    }
}

fn tell(first: &str, second: &str) {
    let mut stderr = io::stderr().lock();
    // Without a standard error there is nobody to tell.
    let _ = write!(stderr, "{first}{second}").and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(names: &[&str]) -> Progress {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Progress::new(When::Never, names, Duration::from_secs(10))
    }

    #[test]
    fn says_what_is_being_waited_for() {
        let one = progress(&["a:5432"]);
        assert_eq!(
            one.line(),
            "pgcheck: waiting for a:5432, 0 s of at most 10 s"
        );
        let mut three = progress(&["a:5432", "b:5432", "c:5432"]);
        three.finished(0);
        assert_eq!(
            three.line(),
            "pgcheck: 1 of 3 finished, waiting for b:5432 and 1 more, 0 s of at most 10 s"
        );
    }
}
