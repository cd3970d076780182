use serde_json::Value;

use super::{Finished, Pgcheck, pgcheck};

/// A run with `--format json`, its report read.
pub struct Report {
    pub finished: Finished,
    pub json: Value,
}

/// Checks what this target says, in `DATABASE_URL`, with these further options.
pub fn check<'a>(url: impl ToString, options: impl IntoIterator<Item = &'a str>) -> Report {
    report(pgcheck(options).env("DATABASE_URL", url.to_string()))
}

/// Runs it with `--format json`.
pub fn report(command: Pgcheck) -> Report {
    let finished = command.arg("--format").arg("json").run();
    let json = serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {finished:?}"));
    Report { finished, json }
}

impl Report {
    pub fn codes(&self) -> Vec<&str> {
        let findings = self.json["findings"].as_array().expect("findings");
        findings
            .iter()
            .map(|finding| finding["code"].as_str().expect("a code"))
            .collect()
    }

    /// The finding of this code, which the report must have.
    pub fn finding(&self, code: &str) -> &Value {
        let findings = self.json["findings"].as_array().expect("findings");
        findings
            .iter()
            .find(|finding| finding["code"] == code)
            .unwrap_or_else(|| panic!("no {code} in {}", self.finished.stdout))
    }

    /// The finding of this code; its severity must be this.
    pub fn has(&self, code: &str, severity: &str) -> &Value {
        let finding = self.finding(code);
        assert_eq!(finding["severity"], severity, "{finding}");
        assert!(!finding["saw"].as_str().expect("words").is_empty());
        finding
    }

    pub fn lacks(&self, code: &str) {
        assert!(!self.codes().contains(&code), "{}", self.finished.stdout);
    }

    pub fn status(&self, check: &str) -> &str {
        self.check(check)["status"].as_str().expect("a status")
    }

    pub fn check(&self, id: &str) -> &Value {
        let checks = self.json["checks"].as_array().expect("checks");
        let found = checks.iter().find(|check| check["id"] == id);
        found.expect("the check")
    }

    /// All helps of a finding in one text.
    pub fn help(&self, code: &str) -> String {
        let helps = self.finding(code)["help"].as_array().expect("a list");
        let helps: Vec<_> = helps.iter().filter_map(Value::as_str).collect();
        helps.join("\n")
    }
}
