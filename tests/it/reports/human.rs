use pgcheck::render::look::Look;
use pgcheck::render::{Form, HUMAN};
use pgcheck::report::Report;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};
use textwrap::core::display_width;

use super::situations::{Situation, all};

fn human(reports: &[Report], look: Look) -> String {
    let Form { all, .. } = HUMAN;
    all(reports, look)
}

fn stripped(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Compares with a file beside this one; `SNAPSHOTS=overwrite` writes it anew.
fn compare(name: &str, text: String, format: DataFormat) {
    let path = format!(
        "{}/tests/it/reports/snapshots/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let expected = Data::read_from(path.as_ref(), Some(format));
    Assert::new()
        .action_env("SNAPSHOTS")
        .normalize_paths(false)
        .eq(Data::from(text).is(format), expected);
}

#[test]
fn each_situation_reads_as_its_snapshot_says() {
    for (name, reports) in all() {
        for width in [88, 60] {
            let text = human(&reports, Look::default().width(width));
            compare(
                &format!("{name}.{width}.txt"),
                stripped(&text),
                DataFormat::Text,
            );
            compare(
                &format!("{name}.{width}.term.svg"),
                text,
                DataFormat::TermSvg,
            );
        }
    }
}

#[test]
fn verbose_shows_every_check_with_its_facts() {
    for width in [88, 60] {
        let look = Look::default().width(width).verbose(true);
        let text = stripped(&human(&[Situation::good().report()], look));
        let text = without_digests(&text);
        compare(&format!("verbose.{width}.txt"), text, DataFormat::Text);
    }
}

/// Without the digests, which differ with each made key.
fn without_digests(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let is_hex = word.trim_end().chars().all(|c| c.is_ascii_hexdigit());
        let long = word.trim_end().len() >= 16;
        if is_hex && long {
            word.replace(|c: char| c.is_ascii_hexdigit(), "0")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}

#[test]
fn no_line_is_wider_than_the_page_or_ends_with_a_space() {
    for (name, reports) in all() {
        for width in [88, 72, 60, 40] {
            for look in [Look::default(), Look::default().verbose(true)] {
                let text = stripped(&human(&reports, look.width(width)));
                for line in text.lines() {
                    assert!(display_width(line) <= width, "{name} at {width}: {line}");
                    assert_eq!(line, line.trim_end(), "{name} at {width}");
                }
            }
        }
    }
}

#[test]
fn without_unicode_every_report_is_ascii() {
    for (name, reports) in all() {
        let text = human(&reports, Look::default().unicode(false).verbose(true));
        assert!(stripped(&text).is_ascii(), "{name}");
    }
}

#[test]
fn the_verdict_is_in_the_last_line() {
    for (name, reports) in all() {
        let text = stripped(&human(&reports, Look::default()));
        let last = text.lines().last().expect("a line");
        let failed = reports.iter().any(|report| report.exit().code() != 0);
        let word = if failed { "failed" } else { "ok" };
        assert!(last.starts_with(word), "{name}: {last}");
    }
}
