use std::fmt::Write;

use regex::Regex;
use serde_json::Value;

/// What differs from run to run and from machine to machine, and what stands for it.
const VARYING: [(&str, &str); 17] = [
    (r"(?:<1|\d+) ms", "N ms"),
    (r#"_ms": ?[0-9.]+"#, r#"_ms": N"#),
    (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"PostgreSQL \d[^,\x22]*", "PostgreSQL V"),
    (r", compiled by .*?-bit", ""),
    (r"[━╸]+", "BAR"),
    (
        r" the server asked for a second hello: one more round trip",
        "",
    ),
    (
        r#"(days_left": |certificate |in |cert_days=)-?\d+"#,
        "${1}N",
    ),
    (r"time=[0-9.]+s", "time=N"),
    (r"(_seconds\{[^}]*\}) [0-9.e+-]+", "$1 N"),
    (r"secp256r1|X25519MLKEM768|x25519|X25519", "GROUP"),
    (
        r#"(post_quantum|hello_retried)": (true|false)"#,
        r#"$1": B"#,
    ),
    (r", post-quantum", ""),
    (r"(192\.0\.2\.7:)\d+", "${1}P"),
    (r"(rustls|aws-lc-rs|pgcheck) \d+\.\d+\.\d+", "$1 V"),
];

/// The words of a text without what varies. Where lines are wrapped and how far apart
/// words stand follows from it, and is not compared either.
pub fn of(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut text = words.join(" ");
    for (pattern, replacement) in VARYING {
        let pattern = Regex::new(pattern).expect("a pattern");
        text = pattern.replace_all(&text, replacement).into_owned();
    }
    text.split_whitespace().map(str::to_owned).collect()
}

/// The fields of the JSON report, one row each, with the paths that jq takes.
pub fn fields(schema: &Value) -> String {
    let mut rows = String::from("| field | type | meaning |\n| --- | --- | --- |\n");
    object(&mut rows, schema, schema, "");
    rows
}

fn object(rows: &mut String, schema: &Value, object: &Value, path: &str) {
    // serde_json keeps the properties by name; the schema names them in their order too.
    let properties = object["properties"].as_object().expect("properties");
    for (name, field) in properties {
        let path = format!("{path}.{name}");
        let (kind, inner, is_list, optional) = resolved(schema, field);
        let optional = if optional { " or null" } else { "" };
        let list = if is_list { "list of " } else { "" };
        let description = field["description"]
            .as_str()
            .or(inner["description"].as_str());
        let description = description.unwrap_or_default().replace('\n', " ");
        let _ = writeln!(
            rows,
            "| `{path}` | {list}{kind}{optional} | {description} |"
        );
        if inner["properties"].is_object() {
            let path = if is_list { format!("{path}[]") } else { path };
            self::object(rows, schema, inner, &path);
        }
    }
}

/// What a field is: its type in words, its own schema, whether it is a list of those, and
/// whether it can be null.
fn resolved<'a>(schema: &'a Value, field: &'a Value) -> (String, &'a Value, bool, bool) {
    if let Some(reference) = field["$ref"].as_str() {
        let name = reference.trim_start_matches("#/$defs/");
        return resolved(schema, &schema["$defs"][name]);
    }
    if let Some([first, ..]) = field["anyOf"].as_array().map(Vec::as_slice) {
        let (kind, inner, is_list, _) = resolved(schema, first);
        return (kind, inner, is_list, true);
    }
    let kinds: Vec<&str> = match &field["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let optional = kinds.contains(&"null");
    match kinds[0] {
        "array" => {
            let (kind, inner, ..) = resolved(schema, &field["items"]);
            (format!("{kind}s"), inner, true, optional)
        }
        kind => {
            let values = field["enum"].as_array().map_or(Vec::new(), |values| {
                let shown = values.iter().filter(|value| !value.is_null());
                shown
                    .map(|value| format!("`{}`", value.to_string().trim_matches('"')))
                    .collect()
            });
            let kind = if values.is_empty() {
                kind.to_owned()
            } else {
                values.join(", ")
            };
            (kind, field, false, optional)
        }
    }
}
