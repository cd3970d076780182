//! The plaintext verdict on peers that replay, byte for byte, what poolers, proxies and hosted
//! servers answer. Over TLS, which is real, they answer what the case says.

use serde_json::Value;

use crate::support::{Finished, Peer, Step, Uri, pgcheck, ssl_request, startup_message};

/// Runs only the check, so that the exit code is its own.
fn check(uri: &Uri) -> (Finished, Value) {
    let arguments = ["--only", "plaintext", "--format", "json", "--timeout", "5s"];
    let finished = pgcheck(arguments)
        .env("DATABASE_URL", uri.to_string())
        .run();
    let report = serde_json::from_str(&finished.stdout).expect("JSON on standard output");
    (finished, report)
}

fn uri(peer: &Peer) -> Uri {
    Uri::to("127.0.0.1", peer.port()).param("sslmode", "require")
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a short body");
    [&[tag], &length.to_be_bytes()[..], body].concat()
}

/// An ErrorResponse with its fields in this order.
fn error(fields: &[(char, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, text) in fields {
        body.extend(kind.to_string().bytes().chain(text.bytes()).chain([0]));
    }
    body.push(0);
    message(b'E', &body)
}

fn authentication(code: u32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), rest].concat())
}

fn scram() -> Vec<u8> {
    authentication(10, b"SCRAM-SHA-256\0\0")
}

/// (the peer, its answer without TLS, its answer with TLS).
type Replay = (&'static str, Vec<u8>, Vec<u8>);

/// Field orders and severities are each product's own.
#[rustfmt::skip]
fn known_refusals() -> Vec<Replay> {
    vec![
        ("PgBouncer", error(&[('S', "FATAL"), ('C', "08P01"), ('M', "SSL required")]), scram()),
        ("PgBouncer 1.7", error(&[('S', "ERROR"), ('C', "08P01"), ('M', "SSL required")]), authentication(5, b"salt")),
        ("PgDog", error(&[('S', "FATAL"), ('V', "FATAL"), ('C', "08004"), ('M', "only TLS connections are allowed")]), scram()),
        ("Materialize", error(&[('S', "FATAL"), ('C', "08004"), ('M', "TLS encryption is required")]), authentication(3, b"")),
        ("CockroachDB", error(&[('S', "ERROR"), ('C', "08P01"), ('M', "node is running secure mode, SSL connection required")]), scram()),
        ("CockroachDB Cloud", error(&[('S', "FATAL"), ('C', "08004"), ('M', "server requires encryption")]), scram()),
        ("Supavisor", error(&[('S', "FATAL"), ('V', "FATAL"), ('C', "XX000"), ('M', "SSL connection is required")]), scram()),
        ("Supavisor", error(&[('S', "FATAL"), ('V', "FATAL"), ('C', "XX000"), ('M', "(ESSLREQUIRED) SSL connection is required for user: app")]), scram()),
        ("Neon", error(&[('S', "ERROR"), ('C', "XX000"), ('M', "connection is insecure (try using `sslmode=require`)")]), authentication(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")),
        ("Odyssey", error(&[('S', "ERROR"), ('C', "08P01"), ('M', "odyssey: c0f2a91b7d3e4: SSL is required")]), scram()),
        ("Odyssey", error(&[('S', "ERROR"), ('C', "28000"), ('M', "odyssey: c0f2a91b7d3e4: TLS connection required")]), authentication(0, b"")),
        ("Envoy", error(&[('S', "FATAL"), ('M', "connection denied by Envoy proxy: downstream ssl required."), ('C', "28000")]), scram()),
        ("Azure", error(&[('S', "FATAL"), ('C', "28000"), ('M', "SSL connection is required. Please specify SSL options and retry.")]), authentication(5, b"salt")),
        ("Render", error(&[('S', "FATAL"), ('C', "28000"), ('M', "SSL/TLS required")]), scram()),
        ("RDS Proxy", error(&[('S', "FATAL"), ('C', "08004"), ('M', "This RDS Proxy requires TLS connections")]), scram()),
    ]
}

fn answering(plaintext: &[u8], over_tls: Vec<u8>) -> Peer {
    Peer::with_tls(over_tls, vec![Step::Send(plaintext.to_vec())])
}

#[test]
fn known_demands_for_tls_count_as_refused() {
    for (product, plaintext, over_tls) in known_refusals() {
        let (finished, report) = check(&uri(&answering(&plaintext, over_tls)));
        let facts = &report["facts"]["plaintext"][0];
        assert_eq!(finished.code, Some(0), "{product}: {}", finished.stdout);
        assert_eq!(
            (&facts["outcome"], &facts["confidence"]),
            (&"refused".into(), &"high".into()),
            "{product}"
        );
        assert_eq!(report["findings"], Value::Array(Vec::new()), "{product}");
        let summary = report["checks"][10]["summary"].as_str().expect("a summary");
        assert!(
            summary.contains(product.split(" 1.7").next().unwrap()),
            "{summary}"
        );
        assert_eq!(facts["attempts"], 1, "{product}: once is enough");
    }
}

#[test]
fn the_same_demand_over_tls_leaves_it_open() {
    for (product, plaintext, _) in known_refusals() {
        let (finished, report) = check(&uri(&answering(&plaintext, plaintext.clone())));
        assert_eq!(finished.code, Some(1), "{product}: {}", finished.stdout);
        assert_eq!(
            report["facts"]["plaintext"][0]["outcome"], "undetermined",
            "{product}"
        );
        assert_eq!(
            report["findings"][0]["code"], "plaintext-undetermined",
            "{product}"
        );
    }
}

#[rustfmt::skip]
#[test]
fn refusals_that_do_not_speak_of_tls_are_asked_for_twice() {
    let pgagroal = error(&[('S', "FATAL"), ('V', "FATAL"), ('C', "53300"), ('M', "connection refused")]);
    let pgpool = error(&[('S', "FATAL"), ('C', "XX000"), ('M', "client authentication failed"),
        ('D', "no pool_hba.conf entry for host \"127.0.0.1\", user \"app\", database \"shop\", SSL off"),
        ('H', "see pgpool log for details"), ('F', "pool_hba.c"), ('L', "252")]);
    let odyssey = error(&[('S', "ERROR"), ('C', "28P01"), ('M', "odyssey: c0f2a91b7d3e4: host based authentication rejected")]);
    let silent = vec![];
    for (product, plaintext) in [("pgagroal", pgagroal), ("pgpool-II", pgpool), ("Odyssey", odyssey), ("stunnel and Teleport", silent)] {
        let peer = answering(&plaintext, scram());
        let (finished, report) = check(&uri(&peer));
        let facts = &report["facts"]["plaintext"][0];
        assert_eq!(finished.code, Some(0), "{product}: {}", finished.stdout);
        assert_eq!((&facts["outcome"], &facts["confidence"]), (&"refused".into(), &"low".into()), "{product}");
        assert_eq!(report["findings"][0]["code"], "plaintext-refusal-inferred", "{product}");
        let heard = peer.received();
        let times = |bytes: &[u8]| heard.iter().filter(|first| first.as_slice() == bytes).count();
        assert_eq!(times(&startup_message("app", "shop")), 2, "{product}: without TLS");
        assert_eq!(times(&ssl_request()), 2, "{product}: with TLS");

        let (finished, report) = check(&uri(&answering(&plaintext, plaintext.clone())));
        assert_eq!(finished.code, Some(1), "{product}: the same with TLS: {}", finished.stdout);
        assert_eq!(report["facts"]["plaintext"][0]["outcome"], "undetermined", "{product}");
    }
}

#[rustfmt::skip]
#[test]
fn what_is_not_about_tls_is_never_a_refusal() {
    let replays = [
        ("relayed by PgBouncer 1.20", error(&[('S', "FATAL"), ('C', "28000"), ('M', "no pg_hba.conf entry for host \"10.0.0.2\", user \"app\", database \"shop\", no encryption")])),
        ("relayed by PgBouncer 1.18", error(&[('S', "FATAL"), ('C', "08P01"), ('M', "no pg_hba.conf entry for host \"10.0.0.2\", user \"app\", database \"shop\", no encryption")])),
        ("PgDog, wrong database", error(&[('S', "FATAL"), ('V', "FATAL"), ('C', "28000"), ('M', "password for user \"app\" and database \"shop\" is wrong, or the database does not exist")])),
        ("Supavisor, no tenant", error(&[('S', "FATAL"), ('V', "FATAL"), ('C', "XX000"), ('M', "Tenant or user not found")])),
        ("PgBouncer is full", error(&[('S', "FATAL"), ('C', "08P01"), ('M', "no more connections allowed (max_client_conn)")])),
        ("PostgreSQL cannot fork", b"Ecould not fork new process for connection: Cannot allocate memory\n\0".to_vec()),
        ("ident", error(&[('S', "FATAL"), ('V', "FATAL"), ('C', "28000"), ('M', "Ident authentication failed for user \"app\""), ('F', "auth.c"), ('L', "337"), ('R', "auth_failed")])),
        ("Traefik", b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n400 Bad Request".to_vec()),
        ("SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()),
        ("direct TLS only", vec![0x15, 3, 1, 0, 2, 2, 0x46]),
        ("an error that breaks off", error(&[('S', "FATAL"), ('C', "08P01"), ('M', "SSL required")])[..20].to_vec()),
    ];
    for (product, plaintext) in replays {
        let (finished, report) = check(&uri(&answering(&plaintext, scram())));
        assert_eq!(finished.code, Some(1), "{product}: {}", finished.stdout);
        assert_eq!(report["facts"]["plaintext"][0]["outcome"], "undetermined", "{product}");
        assert_eq!(report["findings"][0]["code"], "plaintext-undetermined", "{product}");
        assert!(report["findings"][0]["help"][0].is_string(), "{product}: what would settle it");
    }
}

#[test]
fn a_port_that_takes_direct_tls_only_says_so() {
    let alert = vec![0x15, 3, 1, 0, 2, 2, 0x46];
    let peer = answering(&alert, scram());
    let (_, report) = check(&uri(&peer).param("sslnegotiation", "direct"));
    let saw = report["findings"][0]["saw"]
        .as_str()
        .expect("what was seen");
    assert!(saw.contains("TLS from the first byte"), "{saw}");

    let silent = Peer::playing([Step::Read, Step::Send(alert)]);
    let (finished, report) = check(&uri(&silent));
    assert_eq!(finished.code, Some(1));
    assert_eq!(report["facts"]["plaintext"][0]["outcome"], "undetermined");
}

#[test]
fn authentication_requests_of_every_kind_are_acceptance() {
    let notice = message(b'N', b"SNOTICE\0C00000\0Mhello\0\0");
    let negotiate = message(b'v', &[0, 3, 0, 0, 0, 0, 0, 0]);
    let no_role = error(&[('C', "28000"), ('M', "role \"app\" does not exist")]);
    let replays = [
        ("QuestDB", authentication(3, b""), "password"),
        ("MD5", authentication(5, b"salt"), "md5"),
        ("GSSAPI", authentication(7, b""), "gss"),
        ("SCRAM", scram(), "scram-sha-256"),
        (
            "a notice first",
            [notice, scram()].concat(),
            "scram-sha-256",
        ),
        (
            "NegotiateProtocolVersion first",
            [negotiate, scram()].concat(),
            "scram-sha-256",
        ),
        (
            "an error behind it",
            [authentication(0, b""), no_role].concat(),
            "none",
        ),
    ];
    for (product, plaintext, method) in replays {
        let (finished, report) = check(&uri(&answering(&plaintext, scram())));
        let facts = &report["facts"]["plaintext"][0];
        assert_eq!(finished.code, Some(1), "{product}: {}", finished.stdout);
        assert_eq!(
            (&facts["outcome"], &facts["method"]),
            (&"accepted".into(), &method.into()),
            "{product}"
        );
        let code = if method == "none" {
            "plaintext-no-password"
        } else {
            "plaintext-accepted"
        };
        assert_eq!(report["findings"][0]["code"], code, "{product}");
    }
}

#[test]
fn the_error_is_kept_verbatim_and_shown_escaped() {
    let hostile = error(&[('S', "FATAL"), ('C', "08P01"), ('M', "\x1b[2Jok\r\u{202e}")]);
    let peer = answering(&hostile, scram());
    let (_, report) = check(&uri(&peer));
    let fields = &report["facts"]["plaintext"][0]["error_fields"];
    assert_eq!(fields["M"], "\x1b[2Jok\r\u{202e}");
    assert_eq!(fields["S"], "FATAL");
    let human = pgcheck(["--only", "plaintext"])
        .env("DATABASE_URL", uri(&peer).to_string())
        .run();
    assert!(
        !human.stdout.contains(['\x1b', '\r', '\u{202e}']),
        "{:?}",
        human.stdout
    );
}

#[test]
fn an_endless_answer_ends_as_undetermined() {
    let notices = message(b'N', b"SNOTICE\0C00000\0Mhello\0\0").repeat(100);
    let peer = Peer::with_tls(scram(), vec![Step::Flood(notices)]);
    let (finished, report) = check(&uri(&peer));
    assert_eq!(finished.code, Some(1));
    assert_eq!(report["facts"]["plaintext"][0]["outcome"], "undetermined");
    assert!(
        finished.elapsed < std::time::Duration::from_secs(4),
        "{:?}",
        finished.elapsed
    );
}

#[test]
fn silence_is_undetermined_by_the_deadline() {
    let peer = Peer::with_tls(scram(), vec![Step::Silence]);
    let arguments = [
        "--only",
        "plaintext",
        "--format",
        "json",
        "--timeout",
        "500ms",
    ];
    let finished = pgcheck(arguments)
        .env("DATABASE_URL", uri(&peer).to_string())
        .run();
    assert_eq!(finished.code, Some(1), "{}", finished.stdout);
    assert!(finished.stdout.contains("plaintext-undetermined"));
    assert!(finished.elapsed < std::time::Duration::from_secs(3));
}
