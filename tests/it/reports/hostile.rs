//! A server, a certificate and a URI that try to take over whoever reads the report.

use pgcheck::facts::{Answer, Failure};
use pgcheck::render::look::Look;
use pgcheck::render::{self, Form};
use pgcheck::report::Report;
use proptest::prelude::*;

use super::situations::{Situation, error, login_fails, plaintext, presented};

/// Moves the cursor, clears the screen, retitles the window, turns text around, forges
/// lines of every form, and starts commands of GitHub Actions and Azure Pipelines.
const HOSTILE: &str = "x\x1b[2J\x1b]0;t\x07\u{9b}1A\r\n\nok: 11 checks in 1 ms\n\
     ::error title=forged::x\n::add-mask::x ##[error]x ##vso[task.complete]x\n\
     pgcheck_success{target=\"forged\"} 1\nPGCHECK OK - x|time=0s\u{2028}\u{202e}txt%0A::error::x\
     \", \\ ' | \u{0}\u{7f}\u{e0041} ::warning::wrapped ::stop-commands::x";

pub fn report() -> Report {
    hostile(HOSTILE)
}

fn hostile(text: &str) -> Report {
    let refused = error("28P01", text, [text, text]);
    let mut situation = Situation::good().with(|facts| {
        plaintext(
            facts,
            &Answer::Error(error(text, text, ["postmaster.c", text])),
        );
        login_fails(facts, Failure::Server(refused));
        let leg = &mut facts.endpoints[0].tls;
        leg.presented = Some(presented(text, "db.example.com"));
        facts.lookups[0].host = text.to_owned();
    });
    situation.target.name = Some(text.to_owned());
    situation.target.user = text.to_owned();
    situation.target.dbname = text.to_owned();
    situation.target.hosts[0].host = Some(text.to_owned());
    situation.report()
}

/// Every form, by its name, of several reports.
pub fn forms(reports: &[Report]) -> Vec<(&'static str, String)> {
    let forms = [
        ("human", render::HUMAN),
        ("line", render::LINE),
        ("json", render::JSON),
        ("jsonl", render::JSONL),
        ("nagios", render::NAGIOS),
        ("openmetrics", render::OPENMETRICS),
        ("github", render::GITHUB),
    ];
    let looks = [
        Look::default().verbose(true),
        Look::default().verbose(true).width(60),
        Look::default().unicode(false),
    ];
    let text = |Form { each, all }: Form, look| {
        let each: String = reports.iter().map(each).collect();
        each + &all(reports, look)
    };
    let named = |(name, form)| looks.map(|look| (name, text(form, look)));
    forms.into_iter().flat_map(named).collect()
}

/// What a terminal or a log viewer would obey.
fn acts(character: char) -> bool {
    let code = u32::from(character);
    code < 0x20 && character != '\n'
        || (0x7f..0xa0).contains(&code)
        || (0x200b..=0x200f).contains(&code)
        || (0x2028..=0x202e).contains(&code)
        || (0xe0000..=0xe007f).contains(&code)
}

/// Whether GitHub's runner takes a line for a command, by its source (`ActionCommand.cs`).
fn is_command(line: &str) -> bool {
    let command = line.trim_start().strip_prefix("::");
    command.is_some_and(|rest| rest.contains("::")) || line.contains("##[")
}

fn assert_harmless(report: Report) {
    let reports = [report];
    let ours = reports[0].findings().count();
    for (form, text) in forms(&reports) {
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(!text.chars().any(acts), "{form}: {text:?}");
        assert!(!text.contains("##vso["), "{form}: {text:?}");
        let commands = text.lines().filter(|line| is_command(line)).count();
        let expected = if form == "github" { ours } else { 0 };
        assert_eq!(commands, expected, "{form}: {text}");
        let lines = text.lines().count();
        match form {
            "line" | "jsonl" | "nagios" => assert_eq!(lines, 1, "{form}: {text}"),
            "github" => assert_eq!(lines, ours + 1, "{form}: {text}"),
            "openmetrics" => assert!(
                text.lines().all(|line| line.starts_with(['#', 'p']))
                    && !text.contains("\npgcheck_success{target=\"forged\"}"),
                "{text}"
            ),
            "human" => assert!(!text.contains("\nok:"), "{text}"),
            _ => {}
        }
    }
}

#[test]
fn hostile_text_moves_nothing_forges_nothing_and_commands_nothing() {
    assert_harmless(report());
}

#[test]
fn the_escapes_of_the_human_report_are_its_own_colours() {
    let text = (render::HUMAN.all)(&[report()], Look::default());
    for rest in text.split('\x1b').skip(1) {
        let parameters = rest.split_once('m').map_or("none", |(before, _)| before);
        let is_colour = parameters
            .strip_prefix('[')
            .is_some_and(|codes| codes.chars().all(|c| c.is_ascii_digit() || c == ';'));
        assert!(is_colour, "{parameters:?}");
    }
}

#[test]
fn endless_text_is_cut_in_every_form() {
    let reports = [hostile(&"x".repeat(1_000_000))];
    for (form, text) in forms(&reports) {
        assert!(text.len() < 100_000, "{form}: {}", text.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_a_server_says_is_harmless(text in "[\\x00-\\x1f\\x7f-\\u{9f}\\u{202a}-\\u{202e}:#\\[ a-e%|\"\\\\]{1,200}") {
        assert_harmless(hostile(&text));
    }
}
