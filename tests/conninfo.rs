//! Connection strings as libpq reads them: pgcheck's answers beside libpq's own, recorded
//! by `tests/conninfo/oracle.py` and, where that can run, asked again.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pgcheck::target::{Conninfo, Environment, ParameterValue, Request, Target, read, resolve};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde::Deserialize;

type Values = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Recorded {
    libpq: u32,
    /// libpq's own defaults, which are not among the values.
    defaults: Values,
    cases: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
struct Case {
    conninfo: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, TextFile>,
    /// What libpq makes of it; `None` where it refuses it.
    values: Option<Values>,
}

#[derive(Clone, Debug, Deserialize)]
struct TextFile {
    text: String,
    mode: Option<String>,
}

/// Where pgcheck refuses on purpose what libpq takes: the heading under which
/// docs/parameters.md gives the reason, and what the strings have in them.
const STRICTER: &[(&str, &[&str])] = &[
    ("An empty target", &[]),
    (
        "A URI as `dbname`",
        &["dbname=postgresql:", "dbname='postgresql:"],
    ),
    (
        "Pieces of a password",
        &[
            "app:pa@ss@",
            "app:p/w@",
            "app:1/w@",
            "postgresql://app:pw\"",
            "db:abc",
            "::1/shop",
        ],
    ),
    ("Unix-domain sockets", &["/tmp", "host=@abstract"]),
    ("`hostaddr`", &["hostaddr=127.1"]),
    (
        "Other kinds of connections",
        &["replication=true", "min_protocol_version=3.2"],
    ),
    ("A service in LDAP", &[]),
    ("TLS below 1.2", &["ssl_max_protocol_version=TLSv1.1"]),
];

#[test]
fn every_string_is_read_as_by_libpq() {
    let recorded = recorded("strings");
    compare(&recorded, parsed);
}

#[test]
fn every_string_with_its_surroundings_is_read_as_by_libpq() {
    let recorded = recorded("surroundings");
    compare(&recorded, |case| {
        let mut values = resolved(case)?;
        if values.get("passfile").is_some_and(String::is_empty) {
            values.remove("passfile"); // libpq has filled its default in
        }
        let default = |keyword: &str, value: &str| {
            recorded
                .defaults
                .get(keyword)
                .is_some_and(|default| default == value)
        };
        values.retain(|keyword, value| !default(keyword, value));
        Some(values)
    });
}

fn compare(recorded: &Recorded, answer: impl Fn(&Case) -> Option<Values>) {
    assert!(recorded.libpq >= 180_000 && recorded.cases.len() >= 200);
    let mut wrong = Vec::new();
    for case in &recorded.cases {
        let expected = match stricter(case) {
            true => None,
            false => case.values.clone(),
        };
        let ours = answer(case);
        if ours != expected {
            wrong.push(format!("{case:?}\n  pgcheck: {ours:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn stricter(case: &Case) -> bool {
    let text = serde_json::to_string(&case.conninfo).unwrap();
    let in_service = ["]\ndbname=postgresql:", "\nldap:"];
    let service = case
        .files
        .values()
        .any(|file| in_service.iter().any(|part| file.text.contains(part)));
    let listed = STRICTER.iter().flat_map(|(_, parts)| *parts);
    let empty = case.env.is_empty() && case.conninfo.trim().is_empty();
    empty || service || listed.into_iter().any(|part| text.contains(part))
}

#[test]
fn every_deliberate_difference_is_explained_in_the_documentation() {
    let text = include_str!("../docs/parameters.md");
    for (heading, _) in STRICTER {
        assert!(text.contains(&format!("### {heading}\n")), "{heading}");
    }
}

/// Asks libpq again where python3 has psycopg with libpq 18, or the interpreter in
/// PGCHECK_ORACLE has; elsewhere the recorded answers above are all there is.
#[test]
fn libpq_answers_as_recorded_and_as_pgcheck_on_strings_made_at_random() {
    let mut runner = TestRunner::deterministic();
    let mut made: Vec<String> = Vec::new();
    for _ in 0..3000 {
        made.push(any_string().new_tree(&mut runner).unwrap().current());
    }
    let recorded = recorded("strings");
    made.extend(recorded.cases.iter().map(|case| case.conninfo.clone()));
    let Some(answers) = ask_libpq(&made) else {
        return;
    };
    for case in &recorded.cases {
        let asked = answers
            .iter()
            .find(|answer| answer.conninfo == case.conninfo);
        assert_eq!(asked.unwrap().values, case.values, "{}", case.conninfo);
    }
    for answer in answers.iter().take(3000) {
        let libpq = answer.values.as_ref();
        match parsed(answer) {
            None => assert!(
                libpq.is_none_or(|v| may_be_refused(v, &answer.conninfo)),
                "{answer:?}"
            ),
            ours => assert!(
                ours.as_ref() == libpq && !must_be_refused(&answer.conninfo, &ours.unwrap()),
                "{answer:?}"
            ),
        }
    }
}

fn ask_libpq(strings: &[String]) -> Option<Vec<Case>> {
    let python = std::env::var("PGCHECK_ORACLE").unwrap_or_else(|_| "python3".to_owned());
    let mut oracle = Command::new(python)
        .arg(here().join("oracle.py"))
        .arg("strings")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let input = serde_json::to_vec(strings).unwrap();
    let written = oracle.stdin.take()?.write_all(&input);
    let output = oracle.wait_with_output().ok()?;
    if !output.status.success() {
        return None;
    }
    written.unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// What STRICTER refuses, as it looks in libpq's answer.
fn must_be_refused(text: &str, values: &Values) -> bool {
    let value = |keyword: &str| values.get(keyword).map_or("", String::as_str);
    let is_uri = |text: &str| text.starts_with("postgresql://") || text.starts_with("postgres://");
    let in_uri = is_uri(text) && value("host").contains('@');
    text.trim().is_empty() || in_uri || is_uri(value("dbname").trim())
}

/// The same, and what is refused in the one place of a URI and not in the other.
fn may_be_refused(values: &Values, text: &str) -> bool {
    let value = |keyword: &str| values.get(keyword).map_or("", String::as_str);
    let number = |port: &str| port.is_empty() || port.trim().parse::<i32>().is_ok();
    let misread_dbname = value("dbname").contains('@') && value("dbname").contains('/');
    // A port or a host may also have been overridden by the query.
    let misread_host = text.contains(':')
        && (!value("port").split(',').all(number)
            || text.contains("port=")
            || text.contains("host="));
    must_be_refused(text, values) || misread_dbname || misread_host
}

/// Strings in the neighbourhood of connection strings.
fn any_string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("postgresql://".to_owned()),
        Just("postgres://".to_owned()),
        prop::sample::select(vec![
            "@",
            ":",
            "/",
            "?",
            "=",
            "&",
            ",",
            "[",
            "]",
            "%",
            "%20",
            "%41",
            "%40",
            "%00",
            "%ff",
            "%zz",
            " ",
            "\n",
            "\u{b}",
            "'",
            "\\",
            "+",
            "#",
            "::1",
            "1",
            "pw",
            "user",
            "host",
            "password",
            "sslmode",
            "ssl=true",
            "requiressl",
            "dbname=",
            "port=",
            "user=",
            "é",
            "\u{a0}",
        ])
        .prop_map(str::to_owned),
    ];
    let start = prop::sample::select(vec![
        "postgresql://",
        "postgresql://h/",
        "postgresql://u:p@h/d?",
        "host=h ",
        "",
    ]);
    (start, prop::collection::vec(piece, 0..9))
        .prop_map(|(start, rest)| start.to_owned() + &rest.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_makes_it_panic(text in any::<String>(), near in any_string()) {
        for text in [text, near] {
            let environment = Environment::of([("DATABASE_URL", text.replace('\0', ""))]).with_user("ann");
            let _ = resolve(&Request::default(), &environment);
            let _ = resolve(&request(&text), &environment);
        }
    }

    /// The password is written as people write it, unescaped, in a URI and in keywords.
    #[test]
    fn no_error_and_no_debug_output_shows_a_piece_of_a_password(
        pieces in prop::collection::vec("SECRET[a-z0-9]{0,3}", 1..4),
        separators in prop::collection::vec("[@/:?#&=%, \\\\'\\[\\]]{1,2}", 3),
        rest in prop::sample::select(vec!["@db/shop", "@db:x/shop", "@db/shop?sslmod=x", "@db/shop?sslmode=x", "@db/shop?zz", "@", "", "@db:5432/shop?sslmode=verify-full", "@/tmp/x"]),
    ) {
        let mut password = String::new();
        for (i, piece) in pieces.iter().enumerate() {
            password += piece;
            if i + 1 < pieces.len() {
                password += &separators[i];
            }
        }
        // Then the end of the password is a host like any other.
        prop_assume!(!rest.is_empty() || !password.contains('@'));
        let targets = [
            format!("postgresql://app:{password}{rest}"),
            format!("postgres://app:{password}{rest}"),
            format!("POSTGRES://app:{password}{rest}"),
            format!("'postgresql://app:{password}{rest}'"),
            format!("host=db password={password} sslmode=nonsense"),
            format!("host=db password={password} zz=1"),
            format!("host=db sslmode=require password={password}"),
            format!("host=db sslpassword='{password}' port=x"),
        ];
        let environment = Environment::of([("PGPASSWORD", password.as_str())]).with_user("ann");
        for target in targets {
            if let Err(error) = resolve(&request(&target), &environment) {
                let shown = format!("{error} {error:?} {:?}", error.hint());
                prop_assert!(!shown.contains("SECRET"), "{target}: {shown}");
            }
        }
    }

    #[test]
    fn what_is_percent_encoded_or_quoted_comes_back(
        password in "[^\\x00]{1,20}", user in "[^\\x00]{1,20}", dbname in "[^\\x00]{1,20}",
    ) {
        prop_assume!(!dbname.trim().starts_with("postgres"));
        let encode = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect() };
        let quote = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let uri = format!("postgresql://{}:{}@db/{}", encode(&user), encode(&password), encode(&dbname));
        let words = format!("host=db user={} password={} dbname={}", quote(&user), quote(&password), quote(&dbname));
        for text in [uri, words] {
            let target = resolve(&request(&text), &Environment::default()).unwrap().remove(0);
            prop_assert_eq!(&target.user, &user);
            prop_assert_eq!(&target.dbname, &dbname);
            prop_assert_eq!(target.hosts[0].password.as_ref().unwrap().0.expose(), password.as_str());
        }
    }
}

fn recorded(kind: &str) -> Recorded {
    let text = fs::read_to_string(here().join(format!("{kind}.libpq.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conninfo")
}

fn request(conninfo: &str) -> Request<'static> {
    Request {
        targets: vec![conninfo.to_owned()],
        ..Request::default()
    }
}

fn given(conninfo: &Conninfo) -> Values {
    let shown = |value: &ParameterValue| match value {
        ParameterValue::Plain(text) => text.clone(),
        ParameterValue::Secret(secret) => secret.expose().to_owned(),
    };
    let pairs = conninfo.parameters();
    pairs
        .map(|p| (p.keyword.to_owned(), shown(&p.value)))
        .collect()
}

/// The parameters that the string alone gives.
fn parsed(case: &Case) -> Option<Values> {
    let services = here().join("empty_services.conf");
    let environment = Environment::of([("PGSERVICEFILE", services)]);
    let conninfo = read(&request(&case.conninfo), &environment).ok()?.remove(0);
    Some(given(&conninfo))
}

/// The parameters that the target has in the end, without those at their defaults.
fn resolved(case: &Case) -> Option<Values> {
    let home = tempfile::tempdir().unwrap();
    let home_path = home.path().to_str().unwrap();
    let place = |text: &str| text.replace("PORT", "54329").replace("HOME", home_path);
    for (name, file) in &case.files {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, place(&file.text)).unwrap();
        let mode = u32::from_str_radix(file.mode.as_deref().unwrap_or("600"), 8).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    variables.insert("HOME".to_owned(), home_path.to_owned());
    variables.insert("PGSYSCONFDIR".to_owned(), format!("{home_path}/sysconf"));
    variables.extend(
        case.env
            .iter()
            .map(|(name, value)| (name.clone(), place(value))),
    );
    let environment = Environment::of(variables).with_user("root");
    let mut request = request(&place(&case.conninfo));
    if case.conninfo.is_empty() {
        request.targets.clear(); // libpq's empty string is pgcheck's absent target
    }
    let conninfo = read(&request, &environment).ok()?.remove(0);
    let mut values = given(&conninfo);
    let target = resolve(&request, &environment).ok()?.remove(0);
    add_outcome(&mut values, &target);
    let back = |text: &str| text.replace("54329", "PORT").replace(home_path, "HOME");
    Some(
        values
            .into_iter()
            .map(|(keyword, value)| (keyword, back(&value)))
            .collect(),
    )
}

fn add_outcome(values: &mut Values, target: &Target) {
    let password = target.hosts[0].password.as_ref();
    let password = password.map_or(String::new(), |(secret, _)| secret.expose().to_owned());
    let sslmode = target.tls.sslmode.as_str().to_owned();
    values.insert("user".to_owned(), target.user.clone());
    values.insert("dbname".to_owned(), target.dbname.clone());
    values.insert("password".to_owned(), password);
    values.insert("sslmode".to_owned(), sslmode);
}
