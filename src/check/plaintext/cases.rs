//! The verdict, case by case: what each kind of server was seen or is known to answer.

use std::time::Duration;

use super::{Verdict, rules::Confidence, unsettled, verdict};
use crate::facts::{
    Answer, AuthRequest, Endpoint, Facts, Failure, Handshake, Negotiation, PlaintextLeg,
    ServerError, Stage, Tcp, TlsLeg,
};
use crate::tls::Refusal;

/// What one connection got.
#[derive(Clone)]
enum Got {
    /// An authentication request.
    R(AuthRequest),
    /// An error, its fields as `S=FATAL C=…`.
    E(ServerError),
    Closed,
    Reset,
    Alert,
    Http,
    Bytes,
    TimedOut,
    /// No TCP connection.
    NotReached,
    /// `N` to SSLRequest.
    NoTls,
    /// An error in answer to SSLRequest.
    SslRequestE(ServerError),
    /// pgcheck did not trust the certificate.
    Untrusted,
    /// pgcheck broke off after the handshake.
    BrokenOff,
}

use Got::{
    Alert, BrokenOff, Bytes, Closed, E, Http, NoTls, NotReached, R, Reset, SslRequestE, TimedOut,
    Untrusted,
};

const INSTANT: Duration = Duration::ZERO;

fn done<T>(value: T) -> Stage<T> {
    Stage::Done(value, INSTANT)
}

fn tcp() -> Stage<Tcp> {
    let local = std::net::SocketAddr::from(([10, 0, 0, 7], 40_000));
    done(Tcp { local })
}

impl Got {
    fn answer(self) -> Stage<Answer> {
        match self {
            R(request) => done(Answer::Authentication(request)),
            E(error) => done(Answer::Error(error)),
            Closed => done(Answer::Closed),
            Reset => done(Answer::Reset),
            Alert => done(Answer::TlsAlert),
            Http => done(Answer::Http),
            Bytes => done(Answer::Other(b"SSH-2.0".to_vec())),
            TimedOut => Stage::Failed(Failure::TimedOut, INSTANT),
            _ => Stage::NotRun,
        }
    }

    fn plaintext(self) -> PlaintextLeg {
        match self {
            NotReached => PlaintextLeg {
                tcp: Stage::Failed(Failure::TimedOut, INSTANT),
                answer: Stage::NotRun,
            },
            got => PlaintextLeg {
                tcp: tcp(),
                answer: got.answer(),
            },
        }
    }

    fn control(self) -> TlsLeg {
        let mut leg = TlsLeg {
            tcp: tcp(),
            negotiation: done(Negotiation::Accepted),
            ..TlsLeg::default()
        };
        match self {
            NotReached => leg.tcp = Stage::Failed(Failure::TimedOut, INSTANT),
            NoTls => leg.negotiation = done(Negotiation::Refused),
            SslRequestE(error) => {
                leg.negotiation = Stage::Failed(Failure::Server(error), INSTANT);
            }
            Untrusted => {
                let refusal = Refusal::HandshakeSignature;
                leg.handshake = Stage::Failed(Failure::Certificate(refusal), INSTANT);
            }
            got => {
                leg.handshake = done(handshake());
                leg.answer = got.answer();
            }
        }
        leg
    }
}

fn handshake() -> Handshake {
    Handshake {
        version: "1.3",
        cipher: String::new(),
        group: None,
        post_quantum: false,
        alpn: None,
        hello_retried: false,
        client_certificate: Default::default(),
    }
}

fn error(fields: &[(char, &str)]) -> ServerError {
    let fields = fields
        .iter()
        .map(|(kind, text)| (*kind, (*text).to_owned()));
    ServerError::new(fields.collect())
}

/// An error without file and routine, as poolers send them.
fn e(code: &str, message: &str) -> Got {
    E(error(&[('S', "FATAL"), ('C', code), ('M', message)]))
}

/// An error of PostgreSQL itself.
fn pg(code: &str, message: &str, file: &str, line: &str, routine: &str) -> Got {
    E(error(&[
        ('S', "FATAL"),
        ('V', "FATAL"),
        ('C', code),
        ('M', message),
        ('F', file),
        ('L', line),
        ('R', routine),
    ]))
}

fn hba(message: &str, line: &str) -> Got {
    pg("28000", message, "auth.c", line, "ClientAuthentication")
}

/// Line 544 of PostgreSQL 15's auth.c: no entry.
fn no_entry() -> Got {
    hba(
        "no pg_hba.conf entry for host \"10.0.0.7\", user \"app\", database \"shop\", no encryption",
        "544",
    )
}

fn no_entry_with_tls() -> Got {
    hba(
        "no pg_hba.conf entry for host \"10.0.0.7\", user \"app\", database \"shop\", SSL encryption",
        "544",
    )
}

fn rejects() -> Got {
    hba(
        "pg_hba.conf rejects connection for host \"10.0.0.7\", user \"app\", database \"shop\", no encryption",
        "476",
    )
}

fn rejects_with_tls() -> Got {
    hba(
        "pg_hba.conf rejects connection for host \"10.0.0.7\", user \"app\", database \"shop\", SSL encryption",
        "476",
    )
}

fn wants_certificate() -> Got {
    hba("connection requires a valid client certificate", "400")
}

fn scram() -> Got {
    R(AuthRequest::Sasl(vec!["SCRAM-SHA-256".into()]))
}

fn starting() -> Got {
    pg(
        "57P03",
        "the database system is starting up",
        "postmaster.c",
        "2358",
        "ProcessStartupPacket",
    )
}

fn full() -> Got {
    pg(
        "53300",
        "sorry, too many clients already",
        "proc.c",
        "354",
        "InitProcess",
    )
}

fn endpoint(plaintext: &[Got], controls: &[Got]) -> Endpoint {
    let address = std::net::SocketAddr::from(([192, 0, 2, 1], 5432));
    let mut endpoint = Endpoint::new(None, address);
    endpoint.plaintext = plaintext.iter().cloned().map(Got::plaintext).collect();
    let mut controls = controls.iter().cloned().map(Got::control);
    endpoint.tls = controls.next().unwrap_or_default();
    endpoint.control = controls.next();
    endpoint
}

fn facts(endpoint: Endpoint) -> Facts {
    Facts {
        started_at: std::time::SystemTime::UNIX_EPOCH,
        lookups: Vec::new(),
        endpoints: vec![endpoint],
        session: None,
        demanded: crate::tls::Identity::Unverified,
    }
}

/// `accepted`, `high`, `medium`, `low`, `open`, or `ask again`.
fn judged(plaintext: &[Got], controls: &[Got]) -> &'static str {
    let endpoint = endpoint(plaintext, controls);
    let verdict = verdict(&endpoint).expect("a verdict");
    let again = !unsettled(&facts(endpoint)).is_empty();
    match verdict {
        Verdict::Accepted(_) => "accepted",
        Verdict::Refused { confidence, .. } => match confidence {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        },
        Verdict::Undetermined { .. } if again => "ask again",
        Verdict::Undetermined { .. } => "open",
    }
}

/// (what it is, what came without TLS, what came with TLS, the verdict).
type Example = (&'static str, Vec<Got>, Vec<Got>, &'static str);

#[rustfmt::skip]
fn postgresql() -> Vec<Example> {
    let german = || hba("kein pg_hba.conf-Eintrag für Host »10.0.0.7«, Benutzer »app«, Datenbank »shop«, keine Verschlüsselung", "544");
    let latin1 = || hba("kein pg_hba.conf-Eintrag f\u{fffd}r Host, keine Verschl\u{fffd}sselung", "544");
    let ssl_off = || hba("no pg_hba.conf entry for host \"10.0.0.7\", user \"app\", database \"shop\", SSL off", "499");
    let ident = || pg("28000", "Ident authentication failed for user \"app\"", "auth.c", "337", "auth_failed");
    let password = || pg("28P01", "password authentication failed for user \"app\"", "auth.c", "337", "auth_failed");
    let no_role = || pg("28000", "role \"app\" does not exist", "miscinit.c", "711", "InitializeSessionUserId");
    let no_database = || pg("3D000", "database \"shop\" does not exist", "postinit.c", "895", "InitPostgres");
    let reserved = || pg("53300", "remaining connection slots are reserved for non-replication superuser connections", "postinit.c", "771", "InitPostgres");
    let empty_user = || pg("28000", "no PostgreSQL user name specified in startup packet", "backend_startup.c", "779", "ProcessStartupPacket");
    let version = || pg("0A000", "unsupported frontend protocol 3.1", "postmaster.c", "2133", "ProcessStartupPacket");
    let fork = || E(error(&[('M', "could not fork new process for connection: Cannot allocate memory")]));
    vec![
        ("trust", vec![R(AuthRequest::Ok)], vec![R(AuthRequest::Ok)], "accepted"),
        ("password", vec![R(AuthRequest::CleartextPassword)], vec![R(AuthRequest::CleartextPassword)], "accepted"),
        ("md5", vec![R(AuthRequest::Md5Password)], vec![scram()], "accepted"),
        ("scram", vec![scram()], vec![scram()], "accepted"),
        ("gss", vec![R(AuthRequest::Gss)], vec![R(AuthRequest::Gss)], "accepted"),
        ("sspi", vec![R(AuthRequest::Sspi)], vec![R(AuthRequest::Sspi)], "accepted"),
        ("krb5", vec![R(AuthRequest::KerberosV5)], vec![NotReached], "accepted"),
        ("a method of the future", vec![R(AuthRequest::Other(99))], vec![scram()], "accepted"),
        ("hostnossl lines only", vec![scram()], vec![no_entry_with_tls()], "accepted"),
        ("no TLS, and a password asked for", vec![scram()], vec![NoTls], "accepted"),
        ("an untrusted certificate, and plaintext too", vec![scram()], vec![Untrusted], "accepted"),
        ("accepted at the second try", vec![Closed, scram()], vec![scram(), scram()], "accepted"),
        ("accepted at the first try only", vec![scram(), no_entry()], vec![scram(), scram()], "accepted"),
        ("hostssl only", vec![no_entry()], vec![scram()], "high"),
        ("hostssl with trust", vec![no_entry()], vec![R(AuthRequest::Ok)], "high"),
        ("hostnossl reject", vec![rejects()], vec![scram()], "high"),
        ("hostssl only, 9.6 and RDS of its time", vec![ssl_off()], vec![scram()], "high"),
        ("hostssl only, in German", vec![german()], vec![scram()], "high"),
        ("hostssl only, in another encoding", vec![latin1()], vec![scram()], "high"),
        ("hostssl cert, and no certificate given", vec![no_entry()], vec![wants_certificate()], "medium"),
        ("host reject for this user", vec![rejects()], vec![rejects_with_tls()], "open"),
        ("no line for this user, database or address", vec![no_entry()], vec![no_entry_with_tls()], "open"),
        ("Aiven's own database: rejected with TLS, no entry without", vec![no_entry()], vec![rejects_with_tls()], "open"),
        ("hostgssenc lines only", vec![no_entry()], vec![no_entry_with_tls()], "open"),
        ("refused, and no TLS at all", vec![no_entry()], vec![NoTls], "open"),
        ("refused, and nothing heard with TLS", vec![no_entry()], vec![Closed], "open"),
        ("refused, and TLS timed out", vec![no_entry()], vec![TimedOut], "open"),
        ("refused, and TLS not reached", vec![no_entry()], vec![NotReached], "open"),
        ("refused, and the certificate is not trusted", vec![no_entry()], vec![Untrusted], "ask again"),
        ("… and asked again without trust", vec![no_entry(), no_entry()], vec![Untrusted, scram()], "high"),
        ("… and asked again in vain", vec![no_entry(), no_entry()], vec![Untrusted, no_entry_with_tls()], "open"),
        ("refused, and the session broke off", vec![no_entry()], vec![BrokenOff], "ask again"),
        ("refused, and full with TLS", vec![no_entry()], vec![full()], "ask again"),
        ("refused, and full before SSLRequest", vec![no_entry()], vec![SslRequestE(error(&[('C', "53300"), ('M', "too many")]))], "ask again"),
        ("refused, and refused with TLS for a limit, then let in", vec![no_entry(), no_entry()], vec![full(), scram()], "high"),
        ("refused, let in with TLS once and not again", vec![no_entry(), no_entry()], vec![scram(), no_entry_with_tls()], "open"),
        ("starting up", vec![starting()], vec![starting()], "open"),
        ("too many connections", vec![full()], vec![full()], "open"),
        ("the last connection went to the session", vec![full()], vec![scram()], "ask again"),
        ("… and was free again", vec![full(), no_entry()], vec![scram(), scram()], "high"),
        ("… and was free again, and lax", vec![full(), scram()], vec![scram(), scram()], "accepted"),
        ("reserved slots", vec![reserved()], vec![scram()], "ask again"),
        ("shutting down", vec![pg("57P01", "terminating connection due to administrator command", "postgres.c", "3204", "ProcessInterrupts")], vec![Closed], "open"),
        ("ident fails", vec![ident()], vec![scram()], "open"),
        ("ident fails on both", vec![ident()], vec![ident()], "open"),
        ("a password fails before it was asked for", vec![password()], vec![scram()], "open"),
        ("no such role, without R before it", vec![no_role(), no_role()], vec![scram(), scram()], "open"),
        ("no such database, without R before it", vec![no_database(), no_database()], vec![scram(), scram()], "open"),
        ("no user name", vec![empty_user(), empty_user()], vec![scram(), scram()], "open"),
        ("no such protocol", vec![version(), version()], vec![scram(), scram()], "open"),
        ("cannot fork, in the old form", vec![fork()], vec![scram()], "ask again"),
        ("cannot fork, twice", vec![fork(), fork()], vec![scram(), scram()], "ask again"),
        ("two nodes behind one address", vec![no_entry(), rejects()], vec![scram(), scram()], "open"),
    ]
}

#[rustfmt::skip]
fn poolers_and_proxies() -> Vec<Example> {
    let known = |code, message, confidence| vec![
        ("known, TLS goes on", vec![e(code, message)], vec![scram()], confidence),
        ("known, TLS says something else", vec![e(code, message)], vec![e("08P01", "no such user")], "medium"),
        ("known, nothing heard with TLS", vec![e(code, message)], vec![TimedOut], "medium"),
        ("known, the certificate is not trusted", vec![e(code, message)], vec![Untrusted], "medium"),
        ("known, TLS says the same", vec![e(code, message)], vec![e(code, message)], "open"),
        ("known, no TLS at all", vec![e(code, message)], vec![NoTls], "open"),
    ];
    let mut all: Vec<Example> = Vec::new();
    for (code, message) in [
        ("08P01", "SSL required"),
        ("08004", "only TLS connections are allowed"),
        ("08P01", "odyssey: c0f2a91b7d3e4: SSL is required"),
        ("08P01", "SSL is required"),
        ("28000", "odyssey: c0f2a91b7d3e4: TLS connection required"),
        ("XX000", "SSL connection is required"),
        ("XX000", "(ESSLREQUIRED) SSL connection is required for user: app"),
        ("XX000", "connection is insecure (try using `sslmode=require`)"),
        ("08P01", "node is running secure mode, SSL connection required"),
        ("08P01", "cleartext connections are not permitted"),
        ("08004", "server requires encryption"),
        ("08004", "TLS encryption is required"),
        ("28000", "connection denied by Envoy proxy: downstream ssl required."),
        ("28000", "SSL connection is required. Please specify SSL options and retry."),
        ("28000", "SSL/TLS required"),
        ("XX000", "This RDS Proxy requires TLS connections"),
        ("08004", "This RDS Proxy requires TLS connections"),
    ] {
        all.extend(known(code, message, "high"));
    }
    let relayed = || e("28000", "no pg_hba.conf entry for host \"10.0.0.2\", user \"app\", database \"shop\", no encryption");
    let relayed_old = || e("08P01", "no pg_hba.conf entry for host \"10.0.0.2\", user \"app\", database \"shop\", no encryption");
    let pgagroal = || e("53300", "connection refused");
    let pgpool = || E(error(&[('S', "FATAL"), ('C', "XX000"), ('M', "client authentication failed"),
        ('D', "no pool_hba.conf entry for host \"10.0.0.7\", user \"app\", database \"shop\", SSL off"), ('H', "see pgpool log for details")]));
    let odyssey_hba = |id: &str| e("28P01", &format!("odyssey: {id}: host based authentication rejected"));
    let questdb = || E(error(&[('C', "00000"), ('M', "bad request"), ('S', "ERROR")]));
    all.extend([
        ("the text of PgBouncer under another code", vec![e("28000", "SSL required")], vec![scram()], "ask again"),
        ("the text of PgBouncer within another", vec![e("08P01", "user \"SSL required\" unknown")], vec![scram()], "ask again"),
        ("PgBouncer passes its server's refusal on, 1.18", vec![relayed_old()], vec![TimedOut], "open"),
        ("… and goes on with TLS", vec![relayed_old()], vec![scram()], "open"),
        ("PgBouncer passes its server's refusal on, 1.20", vec![relayed(), relayed()], vec![scram(), scram()], "open"),
        ("PgBouncer is full", vec![e("08P01", "no more connections allowed (max_client_conn)")], vec![scram()], "ask again"),
        ("PgBouncer is full for good", vec![e("08P01", "no more connections allowed (max_client_conn)")], vec![e("08P01", "no more connections allowed (max_client_conn)")], "open"),
        ("PgBouncer's server is away", vec![e("08P01", "server login has been failing, try again later (server_login_retry)")], vec![TimedOut], "open"),
        ("PgBouncer knows no such user", vec![e("08P01", "no such user"); 2], vec![scram(), scram()], "open"),
        ("PgBouncer wants other parameters", vec![e("08P01", "unsupported startup parameter: extra_float_digits"); 2], vec![scram(), scram()], "open"),
        ("PgBouncer with hostssl rules, once", vec![e("08P01", "login rejected")], vec![scram()], "ask again"),
        ("PgBouncer with hostssl rules, twice", vec![e("08P01", "login rejected"); 2], vec![scram(), scram()], "low"),
        ("PgDog: wrong database", vec![e("28000", "password for user \"app\" and database \"shop\" is wrong, or the database does not exist"); 2], vec![scram(), scram()], "open"),
        ("Odyssey refuses by its rules, once", vec![odyssey_hba("c0f2a91b7d3e4")], vec![scram()], "ask again"),
        ("Odyssey refuses by its rules, twice", vec![odyssey_hba("c0f2a91b7d3e4"), odyssey_hba("c77e02aa19bd1")], vec![scram(), scram()], "low"),
        ("Odyssey refuses by its rules, TLS or not", vec![odyssey_hba("c0f2a91b7d3e4")], vec![odyssey_hba("c77e02aa19bd1")], "open"),
        ("Odyssey has no route", vec![e("3D000", "odyssey: c0f2a91b7d3e4: route for 'shop.app' is not found")], vec![scram()], "open"),
        ("Odyssey is full before SSLRequest", vec![e("53300", "odyssey: too many tcp connections")], vec![SslRequestE(error(&[('C', "53300"), ('M', "too many")]))], "open"),
        ("Supavisor knows no tenant: it took it from SNI", vec![e("XX000", "Tenant or user not found"); 2], vec![scram(), scram()], "open"),
        ("Supavisor knows no tenant, 2.9", vec![e("XX000", "(ENOIDENTIFIER) no tenant identifier provided"); 2], vec![scram(), scram()], "open"),
        ("Supavisor's circuit breaker", vec![e("XX000", "(ECIRCUITBREAKER) too many authentication errors")], vec![scram()], "ask again"),
        ("pgagroal, once", vec![pgagroal()], vec![scram()], "ask again"),
        ("pgagroal, twice", vec![pgagroal(), pgagroal()], vec![scram(), scram()], "low"),
        ("pgagroal refuses TLS as well", vec![pgagroal()], vec![pgagroal()], "open"),
        ("pgagroal, and TLS went away", vec![pgagroal(), pgagroal()], vec![scram(), pgagroal()], "open"),
        ("pgagroal is full", vec![e("53300", "connection pool is full")], vec![scram()], "ask again"),
        ("pgpool-II, once", vec![pgpool()], vec![scram()], "ask again"),
        ("pgpool-II, twice", vec![pgpool(), pgpool()], vec![scram(), scram()], "low"),
        ("CockroachDB drains", vec![e("57P01", "server is not accepting clients, try another node")], vec![scram()], "ask again"),
        ("Aurora DSQL denies access", vec![e("28000", "unable to accept connection, access denied")], vec![e("28000", "unable to accept connection, access denied")], "open"),
        ("the code 00000, twice", vec![questdb(), questdb()], vec![scram(), scram()], "low"),
        ("QuestDB asks for the password in cleartext", vec![R(AuthRequest::CleartextPassword)], vec![NoTls], "accepted"),
        ("stunnel and Teleport close, once", vec![Closed], vec![scram()], "ask again"),
        ("stunnel and Teleport close, twice", vec![Closed, Closed], vec![scram(), scram()], "low"),
        ("closed, then reset", vec![Closed, Reset], vec![scram(), scram()], "low"),
        ("closed, then an error", vec![Closed, e("08P01", "login rejected")], vec![scram(), scram()], "open"),
        ("closed twice, and TLS the second time too", vec![Closed, Closed], vec![scram(), Closed], "ask again"),
        ("closed, and TLS as well", vec![Closed], vec![Closed], "open"),
        ("closed, and no TLS at all", vec![Closed], vec![NoTls], "open"),
        ("a direct-TLS port resets", vec![Reset], vec![Reset], "open"),
        ("a direct-TLS port sends an alert", vec![Alert], vec![Closed], "open"),
        ("a TLS-ending proxy sends an alert", vec![Alert], vec![scram()], "open"),
        ("Traefik's HTTP 400", vec![Http], vec![scram()], "open"),
        ("an SSH banner", vec![Bytes], vec![Bytes], "open"),
        ("silence until the deadline", vec![TimedOut], vec![scram()], "open"),
        ("no second connection", vec![NotReached], vec![scram()], "open"),
        ("an error, then silence", vec![pgagroal(), TimedOut], vec![scram(), scram()], "open"),
        ("an error, and TLS not heard again", vec![pgagroal(), pgagroal()], vec![scram(), TimedOut], "ask again"),
    ]);
    all
}

#[test]
fn every_known_situation_has_the_verdict_of_the_table() {
    let examples = [postgresql(), poolers_and_proxies()].concat();
    assert!(examples.len() >= 50);
    let wrong: Vec<String> = (examples.iter())
        .map(|(name, plaintext, controls, expected)| {
            (name, judged(plaintext, controls), expected, plaintext)
        })
        .filter(|(_, judged, expected, _)| judged != *expected)
        .map(|(name, judged, expected, plaintext)| {
            let first = match &plaintext[0] {
                E(error) => error.to_string(),
                _ => String::new(),
            };
            format!("{name} ({first}): {judged}, not {expected}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same table read the other way: without a control that went on, or without a known
/// text, nothing is ever taken for a refusal.
#[test]
fn nothing_is_refused_that_is_not() {
    let answers: Vec<Got> = [postgresql(), poolers_and_proxies()]
        .concat()
        .into_iter()
        .flat_map(|(_, plaintext, ..)| plaintext)
        .filter(|answer| !matches!(answer, NotReached))
        .collect();
    for answer in &answers {
        for silent in [Closed, TimedOut, NotReached, NoTls] {
            let judged = judged(
                &[answer.clone(), answer.clone()],
                &[silent.clone(), silent.clone()],
            );
            let may_be = match answer {
                R(_) => ["accepted"].as_slice(),
                E(_) => &["open", "medium", "ask again"],
                _ => &["open"],
            };
            assert!(may_be.contains(&judged), "{judged}");
        }
        for request in [scram(), R(AuthRequest::Ok)] {
            let accepted = judged(&[answer.clone(), request.clone()], &[scram(), scram()]);
            assert_eq!(accepted, "accepted", "one acceptance outweighs everything");
        }
    }
}

#[test]
fn what_was_not_reached_or_not_asked_has_no_verdict() {
    assert_eq!(verdict(&endpoint(&[], &[scram()])), None);
    let unreached = endpoint(&[NotReached], &[NotReached]);
    assert_eq!(verdict(&unreached), None);
    assert!(unsettled(&facts(unreached)).is_empty());
}

#[test]
fn every_kind_of_answer_has_a_rule_for_any_control() {
    use super::{Control, Kind, rules::RULES};
    for kind in Kind::ALL {
        let covered = |rule: &&super::rules::Rule| {
            rule.control == Control::Any && rule.answers.contains(&kind)
        };
        assert!(RULES.iter().any(|rule| covered(&rule)), "{kind:?}");
    }
}
