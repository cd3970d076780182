//! docs/parameters.md lists the parameters as the code's own table has them.
//!
//! With UPDATE_DOCS=1 the lists are written anew.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use pgcheck::target::parameters::{Known, TABLE, Treatment};

const BEGIN: &str = "<!-- begin: made from the table in src/target/parameters.rs -->\n";
const END: &str = "<!-- end -->\n";

#[test]
fn the_documented_lists_are_the_table_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/parameters.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let expected = format!("{before}{BEGIN}{}{END}{after}", lists());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
        return;
    }
    assert!(text == expected, "run this test with UPDATE_DOCS=1");
}

#[test]
fn the_table_has_every_parameter_of_libpq_18_and_no_other() {
    let recorded = include_str!("conninfo/strings.libpq.json");
    let recorded: serde_json::Value = serde_json::from_str(recorded).unwrap();
    let libpq: Vec<(&str, Option<&str>)> = recorded["parameters"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(keyword, variable)| (keyword.as_str(), variable.as_str()))
        .collect();
    let mut ours: Vec<_> = TABLE
        .iter()
        .map(|known| (known.keyword, known.variable))
        .collect();
    ours.sort_unstable();
    assert_eq!(ours, libpq);
}

fn lists() -> String {
    let list = |title: &str, treatment| {
        let entries: Vec<&Known> = TABLE.iter().filter(|k| k.treatment == treatment).collect();
        let mut text = format!("\n## {title} ({})\n\n", entries.len());
        text += "| parameter | variable | |\n| --- | --- | --- |\n";
        for known in entries {
            let variable = known
                .variable
                .map_or(String::new(), |name| format!("`{name}`"));
            let secret = if known.secret { "secret; " } else { "" };
            let (keyword, remark) = (known.keyword, known.remark);
            writeln!(text, "| `{keyword}` | {variable} | {secret}{remark} |").unwrap();
        }
        text
    };
    [
        list("Honoured", Treatment::Honoured),
        list("Accepted, with no effect", Treatment::NoEffect),
        list("Refused", Treatment::Refused),
        "\n".to_owned(),
    ]
    .concat()
}
