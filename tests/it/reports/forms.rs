//! Each form, read by a parser that is not ours.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use jsonschema::Validator;
use pgcheck::render::look::Look;
use pgcheck::render::{self, Form};
use pgcheck::report::Report;
use serde_json::Value;

use super::situations::{Situation, all};
use crate::support::{fixture, pgcheck};

fn text(form: Form, reports: &[Report]) -> String {
    let each: String = reports.iter().map(form.each).collect();
    each + &(form.all)(reports, Look::default())
}

fn schema() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema.json");
    let text = std::fs::read_to_string(path).expect("docs/schema.json");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("a schema")
}

fn assert_valid(schema: &Validator, document: &Value) {
    let errors: Vec<String> = (schema.iter_errors(document))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[test]
fn json_of_every_situation_is_valid_by_the_schema() {
    let schema = schema();
    for (_, reports) in all() {
        let value: Value = serde_json::from_str(&text(render::JSON, &reports)).expect("JSON");
        match value {
            Value::Array(several) => several.iter().for_each(|one| assert_valid(&schema, one)),
            one => assert_valid(&schema, &one),
        }
    }
}

#[test]
fn the_schema_refuses_what_is_not_a_report() {
    let schema = schema();
    let json = text(render::JSON, &[Situation::good().report()]);
    let mut value: Value = serde_json::from_str(&json).expect("JSON");
    value["status"] = "fine".into();
    assert!(!schema.is_valid(&value));
    value["status"] = "ok".into();
    assert!(schema.is_valid(&value));
    value.as_object_mut().expect("an object").remove("checks");
    assert!(!schema.is_valid(&value));
}

#[test]
fn json_of_real_servers_is_valid_by_the_schema() {
    let schema = schema();
    for name in ["enforced", "lax", "plain", "pooled"] {
        let server = fixture(name);
        let finished = pgcheck(["--format", "json", "-v", &server.url()]).run();
        let value: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        assert_valid(&schema, &value);
        assert_eq!(value["exit_code"].as_i64(), finished.code.map(i64::from));
    }
}

#[test]
fn jsonl_is_one_valid_document_a_line() {
    let reports = vec![Situation::good().report(), super::hostile::report()];
    let text = text(render::JSONL, &reports);
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        assert_valid(&schema(), &serde_json::from_str(line).expect("JSON"));
    }
}

#[test]
fn json_keeps_foreign_text_as_it_came() {
    let json = text(render::JSON, &[super::hostile::report()]);
    let value: Value = serde_json::from_str(&json).expect("JSON");
    let message = value["facts"]["plaintext"][0]["message"]
        .as_str()
        .expect("a message");
    assert!(message.contains("\x1b[2J") && message.contains("##[error]x"));
    assert_eq!(value["target"]["user"].as_str(), Some(message));
}

/// `PGCHECK OK - text|'label'=value[UOM];[warn];[crit];[min];[max]`, by the guidelines:
/// the text and the data, as (label, value, unit, warn, crit).
fn nagios(line: &str) -> (&str, Vec<[String; 5]>) {
    let (text, data) = line.trim_end().split_once('|').expect("performance data");
    let data = data.split(' ').map(|datum| {
        let (label, rest) = datum.rsplit_once('=').expect("a label");
        let label = label.trim_matches('\'');
        assert!(!label.contains(['\'', '=', '|', ' ']), "{label}");
        let mut fields = rest.split(';').map(str::to_owned);
        let value = fields.next().expect("a value");
        let end = value
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(value.len());
        let (value, unit) = value.split_at(end);
        value.parse::<f64>().expect("a number");
        let mut field = || fields.next().unwrap_or_default();
        [
            label.to_owned(),
            value.to_owned(),
            unit.to_owned(),
            field(),
            field(),
        ]
    });
    (text, data.collect())
}

#[test]
fn nagios_output_is_by_the_guidelines() {
    for (name, reports) in all() {
        let text = text(render::NAGIOS, &reports);
        assert_eq!(text.matches('\n').count(), 1, "{name}: {text}");
        assert_eq!(text.matches('|').count(), 1, "{name}: {text}");
        let (words, data) = nagios(&text);
        let code = usize::from(render::nagios::exit_code(&reports));
        let word = ["OK", "WARNING", "CRITICAL"][code];
        assert!(
            words.starts_with(&format!("PGCHECK {word} - ")),
            "{name}: {words}"
        );
        assert!(words.chars().count() < 80, "{name}: {words}");
        let labels: BTreeSet<&str> = data.iter().map(|datum| datum[0].as_str()).collect();
        assert_eq!(labels.len(), data.len(), "{name}: {text}");
    }
}

#[test]
fn nagios_thresholds_alert_below() {
    let line = text(render::NAGIOS, &[Situation::good().report()]);
    let (_, data) = nagios(&line);
    assert_eq!(data[0], ["time", "0.057", "s", "", ""].map(str::to_owned));
    assert_eq!(
        data[1],
        ["cert_days", "196", "d", "21:", "3:"].map(str::to_owned)
    );
}

/// Reads OpenMetrics strictly: families declared once and in one piece, samples of
/// declared families only, no series twice, the end at the end.
fn openmetrics(text: &str) -> Vec<(String, String, f64)> {
    let body = text.strip_suffix("# EOF\n").expect("the end");
    let mut declared = BTreeSet::new();
    let mut series = BTreeSet::new();
    let mut current = "";
    let mut samples = Vec::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type");
            assert!(kind == "gauge" && declared.insert(name), "{line}");
            current = name;
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').expect("a unit");
            assert!(name == current && name.ends_with(unit), "{line}");
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            assert!(rest.starts_with(current), "{line}");
        } else {
            let (name, rest) = line.split_once('{').expect("labels");
            let (labels, value) = rest.rsplit_once("} ").expect("a value");
            assert_eq!(name, current, "{line}");
            assert_labels(labels);
            assert!(series.insert((name, labels)), "twice: {line}");
            let value = value.parse().expect("a number");
            samples.push((name.to_owned(), labels.to_owned(), value));
        }
    }
    samples
}

fn assert_labels(labels: &str) {
    let mut rest = labels;
    loop {
        let (name, value) = rest.split_once("=\"").expect("a label");
        assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{labels}");
        let mut escaped = false;
        let end = value.find(|c| match (escaped, c) {
            (false, '"') => true,
            (before, c) => {
                assert!(!before || matches!(c, '\\' | '"' | 'n'), "{labels}");
                escaped = !before && c == '\\';
                false
            }
        });
        rest = &value[end.expect("the end of a value") + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return assert_eq!(rest, "", "{labels}"),
        }
    }
}

#[test]
fn openmetrics_of_every_situation_is_well_formed() {
    for (_, reports) in all() {
        openmetrics(&text(render::OPENMETRICS, &reports));
    }
}

#[test]
fn what_was_not_observed_has_no_sample() {
    let (_, reports) = all()
        .into_iter()
        .find(|(name, _)| *name == "tcp-timeout")
        .expect("it");
    let samples = openmetrics(&text(render::OPENMETRICS, &reports));
    let names: BTreeSet<&str> = samples.iter().map(|(name, ..)| name.as_str()).collect();
    assert!(!names.contains("pgcheck_tls_info"));
    assert!(!names.contains("pgcheck_certificate_not_after_timestamp_seconds"));
    assert!(
        !samples
            .iter()
            .any(|(_, labels, _)| labels.contains("check=\"auth\""))
    );
    let success = samples.iter().find(|(name, ..)| name == "pgcheck_success");
    assert_eq!(success.expect("a verdict").2, 0.0);
}

#[test]
fn targets_that_are_called_alike_are_told_apart() {
    let reports = [Situation::good().report(), Situation::good().report()];
    let text = text(render::OPENMETRICS, &reports);
    openmetrics(&text);
    assert!(text.contains("pgcheck_success{target=\"db.example.com:5432/orders (2)\"} 1"));
}

/// A Python with the reference client, which is installed into `target/` when it is not
/// there yet. The reason, where that does not work.
fn python() -> Result<PathBuf, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python");
    let python = directory.join("bin/python");
    let works = || {
        let mut import = Command::new(&python);
        let import = import
            .args(["-c", "import prometheus_client.openmetrics.parser"])
            .output();
        import.is_ok_and(|output| output.status.success())
    };
    if works() {
        return Ok(python);
    }
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "prometheus_client"]))?;
    Ok(python)
}

#[expect(clippy::print_stderr)]
fn skipped(reason: &str) {
    eprintln!("skipped, the reference client cannot be had: {reason}");
}

#[test]
fn the_reference_parsers_accept_the_metrics() {
    const SCRIPT: &str = "import sys\n\
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as new\n\
        from prometheus_client.parser import text_string_to_metric_families as old\n\
        text = open(sys.argv[1]).read()\n\
        for parser in (new, old):\n    \
            print(sum(len(family.samples) for family in parser(text)))\n";
    let python = match python() {
        Ok(python) => python,
        Err(reason) => return skipped(&reason),
    };
    let directory = tempfile::tempdir().expect("a directory");
    for (name, reports) in all() {
        let text = text(render::OPENMETRICS, &reports);
        let path = directory.path().join(name);
        std::fs::write(&path, &text).expect("a file");
        let run = Command::new(&python)
            .args(["-c", SCRIPT])
            .arg(&path)
            .output();
        let run = run.expect("python runs");
        let errors = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{name}: {errors}\n{text}");
        let count = openmetrics(&text).len();
        let counts = String::from_utf8_lossy(&run.stdout);
        assert_eq!(counts, format!("{count}\n{count}\n"), "{name}");
    }
}

/// Reads a workflow command as the runner does (`ActionCommand.cs`): the command, its
/// title, its message.
fn workflow_command(line: &str) -> Option<[String; 3]> {
    let unescaped = |text: &str| {
        let text = text.replace("%0A", "\n").replace("%0D", "\r");
        text.replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%25", "%")
    };
    let (info, message) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (command, properties) = info.split_once(' ').unwrap_or((info, ""));
    let title = properties.strip_prefix("title=").unwrap_or_default();
    assert!(!title.contains(','), "{line}");
    Some([command.to_owned(), unescaped(title), unescaped(message)])
}

#[test]
fn github_annotations_say_what_the_findings_say() {
    for (name, reports) in all() {
        let text = text(render::GITHUB, &reports);
        let commands: Vec<[String; 3]> = text.lines().filter_map(workflow_command).collect();
        let findings: Vec<_> = reports.iter().flat_map(Report::findings).collect();
        assert_eq!(commands.len(), findings.len(), "{name}: {text}");
        for ([command, title, message], (_, finding)) in commands.iter().zip(findings) {
            let expected = finding.severity.as_str().replace("note", "notice");
            assert_eq!(*command, expected, "{name}");
            assert_eq!(*title, format!("pgcheck {}", finding.code.id), "{name}");
            let lines = 3 + finding.help.len();
            assert_eq!(message.lines().count(), lines, "{name}: {message}");
        }
        let log: Vec<&str> = text.lines().filter(|l| l.starts_with("pgcheck ")).collect();
        assert_eq!(log.len(), reports.len(), "{name}: {text}");
    }
}

#[test]
fn a_line_fits_a_healthcheck() {
    for (name, reports) in all() {
        let text = text(render::LINE, &reports);
        assert_eq!(text.lines().count(), reports.len(), "{name}: {text}");
        assert!(text.lines().all(|line| line.len() < 4096), "{name}: {text}");
    }
    let good = text(render::LINE, &[Situation::good().report()]);
    assert_eq!(
        good,
        "pgcheck ok: db.example.com:5432 TLS 1.3, certificate 196 days, 57 ms\n"
    );
}
