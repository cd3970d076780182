//! Where the time went, as bars: the phases of the session one after the other, and what
//! ran beside them.

use std::time::Duration;

use super::super::page::{Page, Paragraph, Span};
use super::super::phases::{Phase, phases};
use super::super::style;
use super::super::summary::milliseconds;
use super::rows::INDENT;
use crate::report::Report;

const TIME: usize = 10;

pub fn print(page: &mut Page, report: &Report) {
    let phases = phases(report);
    let Some(total) = phases.iter().map(|p| p.start + p.elapsed).max() else {
        return;
    };
    page.blank();
    for phase in &phases {
        let cells = page.look().columns() - INDENT - TIME;
        let bar = bar(phase, total, cells, page.look().bar());
        page.paragraph(&Paragraph {
            label: vec![
                Span::raw(" ".repeat(8)),
                Span::new(style::DIM, phase.name),
                Span::raw(" ".repeat(11 - phase.name.len())),
            ],
            indent: INDENT,
            text: Span::new(style::HELP, bar),
            right: Some((Span::new(style::DIM, milliseconds(phase.elapsed)), TIME)),
        });
    }
}

/// The bar, in half cells, at its place on the time line. Every phase gets at least a
/// half.
fn bar(phase: &Phase, total: Duration, cells: usize, [whole, half]: [char; 2]) -> String {
    let halves = |time: Duration| {
        let part = time.as_secs_f64() / total.as_secs_f64().max(f64::MIN_POSITIVE);
        // At most twice the columns of a terminal.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let halves = (part * 2.0 * cells as f64).round() as usize;
        halves.min(2 * cells)
    };
    let before = (halves(phase.start) / 2).min(cells - 1);
    let length = halves(phase.elapsed).clamp(1, 2 * (cells - before));
    let mut bar = " ".repeat(before);
    bar.extend(std::iter::repeat_n(whole, length / 2));
    bar.extend(std::iter::repeat_n(half, length % 2));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(start: u64, elapsed: u64) -> String {
        let (start, elapsed) = (Duration::from_millis(start), Duration::from_millis(elapsed));
        let phase = Phase {
            name: "tcp",
            start,
            elapsed,
        };
        bar(&phase, Duration::from_millis(100), 10, ['=', '-'])
    }

    #[test]
    fn a_bar_stands_where_its_time_was() {
        assert_eq!(drawn(0, 100), "==========");
        assert_eq!(drawn(50, 25), "     ==-");
        assert_eq!(drawn(0, 0), "-");
        assert_eq!(drawn(100, 0), "         -");
    }
}
