//! The output of `pgcheck uri`: the parameters of a target, split for a driver.

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::text::plain;
use crate::target::{Conninfo, Parameter, ParameterValue};

/// The forms of `pgcheck uri`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Keyword, value, and where the value came from.
    #[default]
    Table,
    /// One JSON object: libpq's keywords with their values.
    Json,
}

/// What stands for a secret.
const MASK: &str = "********";

/// All targets in one of the forms; in JSON an object for one, an array for more.
pub fn render(conninfos: &[Conninfo], form: Form, show_passwords: bool) -> String {
    match form {
        Form::Table => {
            let tables: Vec<String> = conninfos
                .iter()
                .map(|conninfo| table(conninfo, show_passwords))
                .collect();
            tables.join("\n")
        }
        Form::Json => {
            let mut objects: Vec<Value> = conninfos
                .iter()
                .map(|conninfo| json(conninfo, show_passwords))
                .collect();
            let value = match objects.len() {
                1 => objects.remove(0),
                _ => Value::Array(objects),
            };
            super::json::write::pretty(&value)
        }
    }
}

/// A table of keyword, value and source, one line for each parameter that was given.
pub fn table(conninfo: &Conninfo, show_passwords: bool) -> String {
    let rows: Vec<[String; 3]> = conninfo
        .parameters()
        .map(|p| row(p, show_passwords))
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].width())
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1)];
    let line = |[keyword, value, origin]: &[String; 3]| {
        let gap = |text: &str, width: usize| " ".repeat(width - text.width() + 2);
        let (first, second) = (gap(keyword, widths[0]), gap(value, widths[1]));
        format!("{keyword}{first}{value}{second}{origin}\n")
    };
    rows.iter().map(line).collect()
}

fn row(parameter: &Parameter, show_passwords: bool) -> [String; 3] {
    [
        parameter.keyword.to_owned(),
        printable(&value(parameter, show_passwords)),
        printable(&parameter.origin.to_string()),
    ]
}

/// One object: libpq's keywords with their values, all of them strings.
pub fn json(conninfo: &Conninfo, show_passwords: bool) -> Value {
    let pairs = conninfo.parameters();
    let pairs = pairs.map(|p| (p.keyword.to_owned(), value(p, show_passwords).into()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn value(parameter: &Parameter, show_passwords: bool) -> String {
    match &parameter.value {
        ParameterValue::Plain(text) => text.clone(),
        ParameterValue::Secret(secret) if show_passwords => secret.expose().to_owned(),
        ParameterValue::Secret(_) => MASK.to_owned(),
    }
}

/// The text made safe; between quotes if it is empty or has blanks around it, so that a
/// value is seen as what it is.
fn printable(text: &str) -> String {
    let safe = plain(text);
    match text.is_empty() || text.trim() != text {
        true => format!("\"{safe}\""),
        false => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Environment, Request, read};

    fn conninfo(text: &str) -> Conninfo {
        let request = Request {
            targets: vec![text.to_owned()],
            ..Request::default()
        };
        let environment = Environment::of([("PGAPPNAME", "web")]);
        read(&request, &environment).unwrap().remove(0)
    }

    #[test]
    fn the_table_names_every_parameter_with_its_source_and_no_password() {
        let conninfo = conninfo("postgresql://app:sesame@db/shop?options=%0a");
        assert_eq!(
            table(&conninfo, false),
            "host              db        argument\n\
             dbname            shop      argument\n\
             user              app       argument\n\
             password          ********  argument\n\
             application_name  web       PGAPPNAME\n\
             options           \"\\u{a}\"   argument\n"
        );
    }

    #[test]
    fn json_has_strings_under_keywords_and_passwords_only_when_asked() {
        let conninfo = conninfo("host=db port=5433 password=sesame sslpassword=open");
        let expected = r#"{"application_name":"web","host":"db","password":"********","port":"5433","sslpassword":"********"}"#;
        assert_eq!(
            json(&conninfo, false),
            serde_json::from_str::<Value>(expected).unwrap()
        );
        assert_eq!(json(&conninfo, true)["password"], "sesame");
    }
}
