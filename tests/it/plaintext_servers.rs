//! The plaintext verdict on real servers: PostgreSQL under every kind of pg_hba.conf line, and
//! PgBouncer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

use crate::support::{
    PASSWORD, Proxy, Server, Uri, Variant, fixture, locale, pgcheck, ssl_request, startup_message,
};

const SCRAM_WITH_TLS: &str = "hostssl all all all scram-sha-256";

/// What the whole run said, and what it said of plaintext.
struct Said {
    exit: i32,
    codes: Vec<String>,
    facts: Value,
    summary: String,
    report: Value,
}

fn run(uri: &Uri, options: &[&str]) -> Said {
    let arguments = [&["--format", "json"][..], options].concat();
    let finished = pgcheck(arguments)
        .env("DATABASE_URL", uri.to_string())
        .run();
    let report: Value = serde_json::from_str(&finished.stdout).expect("JSON on standard output");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("findings");
    Said {
        exit: finished.code.expect("an exit code"),
        codes: findings
            .iter()
            .map(|finding| text(&finding["code"]))
            .collect(),
        facts: report["facts"]["plaintext"][0].clone(),
        summary: text(&report["checks"][10]["summary"]),
        report,
    }
}

impl Said {
    /// `refused high`, `accepted scram-sha-256`, `undetermined`.
    fn verdict(&self) -> String {
        let outcome = self.facts["outcome"].as_str().expect("an outcome");
        let how = [&self.facts["confidence"], &self.facts["method"]];
        let how = how.iter().find_map(|value| value.as_str());
        how.map_or_else(|| outcome.to_owned(), |how| format!("{outcome} {how}"))
    }

    /// The exit code and the verdict are these.
    #[track_caller]
    fn ends(&self, exit: i32, verdict: &str) {
        assert_eq!(
            (self.exit, self.verdict().as_str()),
            (exit, verdict),
            "{}",
            self.report
        );
    }
}

/// One server whose pg_hba.conf is changed from case to case.
fn server() -> MutexGuard<'static, Server> {
    static SERVER: LazyLock<Mutex<Server>> = LazyLock::new(|| {
        let roles = [
            format!("CREATE ROLE app LOGIN REPLICATION PASSWORD '{PASSWORD}';"),
            "SET password_encryption = 'md5';".to_owned(),
            format!("CREATE ROLE old LOGIN PASSWORD '{PASSWORD}';"),
            "CREATE DATABASE shop;".to_owned(),
        ];
        let variant = Variant::of("lax").settings("ssl_ca_file = 'ca.pem'");
        Mutex::new(variant.roles(&roles.join("\n\n")).start())
    });
    // A case that failed leaves the server as good as before.
    SERVER
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// (pg_hba.conf, user, database, exit code, verdict on plaintext).
type Case = (&'static str, &'static str, &'static str, i32, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("hostssl all all all scram-sha-256", "app", "shop", 0, "refused high"),
    ("hostnossl all all all reject\nhost all all all scram-sha-256", "app", "shop", 0, "refused high"),
    ("hostssl all all all trust", "app", "shop", 0, "refused high"),
    ("host all app all reject\nhost all all all scram-sha-256", "app", "shop", 6, "undetermined"),
    ("hostssl all all 192.0.2.0/24 scram-sha-256", "app", "shop", 6, "undetermined"),
    ("hostssl other all all scram-sha-256", "app", "shop", 6, "undetermined"),
    ("hostssl all other all scram-sha-256", "app", "shop", 6, "undetermined"),
    ("hostssl all all all scram-sha-256", "nobody", "shop", 6, "refused high"),
    ("hostssl all all all scram-sha-256", "app", "nothing", 6, "refused high"),
    ("host all all all trust", "nobody", "shop", 1, "accepted none"),
    ("host all all all trust", "app", "nothing", 1, "accepted none"),
    ("hostssl all all all scram-sha-256 clientcert=verify-ca", "app", "shop", 6, "refused medium"),
    ("hostssl all all all cert", "app", "shop", 6, "refused medium"),
    ("host all all all ident", "app", "shop", 6, "undetermined"),
    ("hostssl all all all scram-sha-256\nhost all all all ident", "app", "shop", 1, "undetermined"),
    ("host all all all trust", "app", "shop", 1, "accepted none"),
    ("host all all all scram-sha-256", "app", "shop", 1, "accepted scram-sha-256"),
    ("host all all all md5", "old", "shop", 1, "accepted md5"),
    ("host all all all password", "app", "shop", 1, "accepted password"),
    ("hostssl all all all scram-sha-256\nhostnossl shop app all scram-sha-256", "app", "shop", 1, "accepted scram-sha-256"),
    ("hostnossl all all all scram-sha-256", "app", "shop", 1, "accepted scram-sha-256"),
];

#[test]
fn postgresql_is_judged_right_under_every_kind_of_line() {
    let server = server();
    for (hba, user, dbname, exit, verdict) in CASES {
        server.set_hba(hba);
        let said = run(&server.uri().user(user).dbname(dbname), &[]);
        let case = format!("{hba:?} for {user}@{dbname}: {}", said.report["findings"]);
        assert_eq!(
            (said.exit, said.verdict().as_str()),
            (*exit, *verdict),
            "{case}"
        );
        let open = said.codes.contains(&"plaintext-undetermined".to_owned());
        assert_eq!(open, *verdict == "undetermined", "{case}");
    }
}

#[test]
fn a_verdict_does_not_depend_on_the_servers_language() {
    let Some(locales) = locale("de_DE") else {
        skipped("the system has no localedef, or no source of the locale de_DE");
        return;
    };
    let server = Variant::of("enforced")
        .locales(locales.path())
        .settings("lc_messages = 'de_DE.UTF-8'")
        .start();
    let said = run(&server.uri(), &[]);
    said.ends(0, "refused high");
    let message = said.facts["message"].as_str().expect("a message");
    if message.contains("no pg_hba.conf entry") {
        skipped("this PostgreSQL has no German messages");
    } else {
        assert!(message.contains("kein pg_hba.conf-Eintrag"), "{message}");
    }
}

#[expect(clippy::print_stderr)]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

#[test]
fn another_database_or_replication_alone_is_a_finding_of_its_own() {
    let server = server();
    let shop = "hostssl shop all all scram-sha-256";
    for (line, scope) in [
        ("host postgres all all scram-sha-256", "database postgres"),
        ("host replication all all scram-sha-256", "replication"),
    ] {
        server.set_hba(&format!("{shop}\n{line}"));
        let quiet = run(&server.uri(), &[]);
        assert_eq!(
            (quiet.exit, quiet.codes.len()),
            (0, 0),
            "not asked for: {:?}",
            quiet.codes
        );
        let said = run(&server.uri(), &["--verbose"]);
        assert_eq!(
            (said.exit, &said.codes[..]),
            (0, &["plaintext-accepted-elsewhere".to_owned()][..])
        );
        assert_eq!(said.verdict(), "refused high");
        let saw = said.report["findings"][0]["saw"]
            .as_str()
            .expect("what was seen");
        assert!(saw.contains(scope), "{saw}");
        assert_eq!(
            run(&server.uri(), &["--only", "plaintext", "--strict"]).exit,
            1
        );
    }
    server.set_hba(&format!("host all all all scram-sha-256\n{shop}"));
    let said = run(&server.uri(), &["--verbose"]);
    assert_eq!(
        said.codes,
        ["plaintext-accepted"],
        "its own database is open: one finding"
    );
}

#[test]
fn a_server_that_starts_up_is_undetermined() {
    let server = Variant::of("enforced")
        .settings("hot_standby = off")
        .data_file("standby.signal", "")
        .early()
        .start();
    let said = run(&server.uri(), &[]);
    said.ends(6, "undetermined");
    assert_eq!(said.facts["sqlstate"], "57P03");
}

/// Sessions that stay open; `keeper` gets in without a password.
fn occupy(server: &Server, count: usize) -> Vec<TcpStream> {
    (0..count).map(|_| occupy_one(server)).collect()
}

/// The session that found the server ready may still have its slot for a moment.
fn occupy_one(server: &Server) -> TcpStream {
    for _ in 0..500 {
        let mut stream = TcpStream::connect(server.address()).expect("the server accepts TCP");
        stream
            .write_all(&startup_message("keeper", "shop"))
            .expect("the server reads");
        let mut first = [0; 1];
        stream.read_exact(&mut first).expect("the server answers");
        if &first == b"R" {
            return stream;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no slot became free: {}", server.log());
}

fn small(settings: &str) -> Server {
    Variant::of("enforced")
        .hba("hostnossl all keeper all trust\nhostssl all app all scram-sha-256")
        .roles(&format!(
            "CREATE ROLE app LOGIN PASSWORD '{PASSWORD}';\n\nCREATE ROLE keeper LOGIN;\n\nCREATE DATABASE shop;"
        ))
        .settings(settings)
        .start()
}

#[test]
fn a_server_without_a_free_connection_is_undetermined() {
    let server = small("max_connections = 3\nsuperuser_reserved_connections = 0");
    let sessions = occupy(&server, 3);
    let said = run(&server.uri(), &[]);
    said.ends(6, "undetermined");
    assert_eq!(said.facts["sqlstate"], "53300");
    drop(sessions);
}

/// Reserved connections are refused after authentication only, so plaintext shows all the same.
#[test]
fn a_server_with_reserved_connections_left_is_judged() {
    let server = small("max_connections = 6\nsuperuser_reserved_connections = 4");
    let sessions = occupy(&server, 2);
    let said = run(&server.uri(), &[]);
    said.ends(6, "refused high");
    drop(sessions);
}

#[test]
fn a_certificate_that_is_not_trusted_does_not_hide_the_verdict() {
    for (name, verdict) in [
        ("enforced", "refused high"),
        ("lax", "accepted scram-sha-256"),
    ] {
        let said = run(&fixture(name).uri().param("sslrootcert", "mozilla"), &[]);
        assert_eq!(said.verdict(), verdict, "{}", said.report);
    }
}

#[test]
fn each_address_is_asked_and_causes_are_counted() {
    if TcpListener::bind("[::1]:0").is_err() {
        skipped("no IPv6 here");
        return;
    }
    let server = server();
    let both = server
        .uri()
        .host(&format!("127.0.0.1:{},[::1]", server.port));
    server
        .set_hba("host all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256");
    let said = run(&both, &[]);
    assert_eq!(said.exit, 1);
    assert_eq!(said.codes, ["plaintext-accepted"]);
    assert!(
        said.summary.ends_with("at 1 of 2 addresses"),
        "{}",
        said.summary
    );
    assert_eq!(said.report["facts"]["plaintext"][1]["outcome"], "refused");

    server.set_hba("host all all all scram-sha-256");
    let said = run(&both, &[]);
    assert_eq!(said.codes, ["plaintext-accepted"], "one cause, one finding");
    let saw = said.report["findings"][0]["saw"]
        .as_str()
        .expect("what was seen");
    assert!(
        saw.contains("127.0.0.1:") && saw.contains("[::1]:"),
        "{saw}"
    );

    server.set_hba(SCRAM_WITH_TLS);
    let said = run(&both, &[]);
    assert_eq!((said.exit, said.codes.len()), (0, 0));
    assert!(
        said.summary
            .starts_with("refused without TLS at both addresses"),
        "{}",
        said.summary
    );
}

#[test]
fn a_verdict_says_for_whom_and_from_where_it_holds() {
    let lax = run(&fixture("lax").uri(), &[]);
    let saw = lax.report["findings"][0]["saw"]
        .as_str()
        .expect("what was seen");
    let whom = "the server carried on to authentication without TLS, for user \"app\", database \"shop\", from 127.0.0.1";
    assert!(saw.contains(whom), "{saw}");
    assert!(
        saw.contains("no password was sent") && saw.contains("loopback"),
        "{saw}"
    );
    let enforced = run(&fixture("enforced").uri(), &[]);
    assert!(
        enforced.summary.contains("asked over loopback"),
        "{}",
        enforced.summary
    );
}

#[test]
fn the_probe_sends_a_startup_message_and_nothing_else_and_only_once() {
    for name in ["enforced", "lax", "trusting", "pooled"] {
        let server = fixture(name);
        let proxy = Proxy::to(server.address());
        run(&server.uri().port(proxy.port()), &["--skip", "legacy"]);
        let recordings = proxy.recordings();
        let (with, without): (Vec<_>, Vec<_>) = recordings.iter().partition(|r| r.is_tls());
        assert_eq!(
            (with.len(), without.len()),
            (1, 1),
            "{name}: the session and the probe"
        );
        assert_eq!(without[0].sent, startup_message("app", "shop"), "{name}");
        assert!(with[0].sent.starts_with(&ssl_request()), "{name}");
    }
}

#[test]
fn the_probe_leaves_one_line_in_the_log_of_a_server_that_refuses() {
    let server = Variant::of("enforced").start();
    run(&server.uri(), &["--only", "plaintext"]);
    run(&server.uri(), &[]);
    let log = server.log();
    let fatal: Vec<&str> = log.lines().filter(|line| line.contains("FATAL")).collect();
    let entries = fatal
        .iter()
        .filter(|line| line.contains("no pg_hba.conf entry"));
    assert_eq!(entries.count(), fatal.len(), "{fatal:#?}");
    assert_eq!(
        fatal.len(),
        3 + 1,
        "own, postgres and replication; then own: {fatal:#?}"
    );
}

#[test]
fn pgbouncer_is_judged_by_its_own_setting() {
    let required = run(&fixture("pooled").uri(), &[]);
    assert_eq!(
        (required.exit, required.verdict().as_str()),
        (0, "refused high"),
        "{}",
        required.report
    );
    assert!(
        required.summary.contains("by PgBouncer"),
        "{}",
        required.summary
    );
    let allowed = Variant::of("pooled")
        .pooler_settings("client_tls_sslmode = allow")
        .start();
    let allowed = run(&allowed.uri(), &[]);
    assert_eq!(
        (allowed.exit, allowed.verdict().as_str()),
        (1, "accepted scram-sha-256")
    );
}

/// The pooler takes plaintext, and passes on that its own server does not.
#[test]
fn a_pooler_that_relays_its_servers_refusal_is_not_taken_for_one_that_refuses() {
    let behind = fixture("enforced");
    let pooler = Variant::of("pooled")
        .pooler_databases(&format!("shop = host=127.0.0.1 port={}", behind.port))
        .pooler_settings("client_tls_sslmode = allow\nauth_type = trust")
        .start();
    let said = run(&pooler.uri(), &["--timeout", "2s"]);
    assert_eq!(said.verdict(), "undetermined", "{}", said.report);
    assert_ne!(said.exit, 0);
    let only = run(&pooler.uri(), &["--only", "plaintext", "--timeout", "2s"]);
    assert_eq!(
        (only.exit, only.verdict().as_str()),
        (1, "undetermined"),
        "{}",
        only.report
    );
}

#[test]
fn a_pooler_without_a_free_place_is_undetermined() {
    let pooler = Variant::of("pooled")
        .pooler_settings("client_tls_sslmode = allow\nmax_client_conn = 1")
        .start();
    let mut held = TcpStream::connect(pooler.address()).expect("the pooler accepts TCP");
    held.write_all(&startup_message("app", "shop"))
        .expect("the pooler reads");
    held.read_exact(&mut [0; 1]).expect("the pooler answers");
    let said = run(&pooler.uri(), &["--only", "plaintext"]);
    said.ends(1, "undetermined");
    drop(held);
}
