//! `--wait`: what passes by itself is waited for, and nothing else is tried twice.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{
    Finished, PASSWORD, Peer, Proxy, Server, Step, Uri, Variant, closed_port, fixture, pgcheck,
};

/// Runs pgcheck with `--wait 30s --verbose` beside `meanwhile`, which starts when pgcheck has
/// had time for an attempt or two.
fn wait_while<T>(url: String, meanwhile: impl FnOnce() -> T) -> (Finished, T) {
    let waiting = thread::spawn(move || {
        pgcheck(["--wait", "30s", "--verbose"])
            .env("DATABASE_URL", url)
            .run()
    });
    thread::sleep(Duration::from_millis(600));
    let result = meanwhile();
    (waiting.join().expect("pgcheck ran"), result)
}

/// It succeeded, after at least one attempt that failed with `code`.
#[track_caller]
fn assert_waited_for(code: &str, finished: &Finished) {
    let retry = format!(" {code}, trying again in ");
    assert!(
        finished.code == Some(0) && finished.stderr.contains(&retry),
        "{}{}",
        finished.stdout,
        finished.stderr
    );
    assert!(!finished.stderr.contains(PASSWORD));
}

fn attempts(finished: &Finished) -> usize {
    finished.stderr.matches("trying again").count() + 1
}

fn free_port() -> u16 {
    // Outside the range that outgoing connections take theirs from, as fixtures/serve does.
    let mut ports = (0..100).map(|_| 20_000 + closed_port() % 12_000);
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.find(free).expect("a free port")
}

#[test]
fn a_server_that_is_started_late_is_waited_for() {
    let port = free_port();
    let url = fixture("enforced").uri().host("127.0.0.1").port(port);
    let (finished, _server) = wait_while(url.to_string(), || {
        Variant::of("enforced").port(port).start()
    });
    assert_waited_for("tcp-refused", &finished);
}

/// As behind a load balancer, or Docker's own proxy: the port is open before the server is.
#[test]
fn a_server_that_is_reached_late_through_a_proxy_is_waited_for() {
    let port = free_port();
    let proxy = Proxy::to(([127, 0, 0, 1], port).into());
    let url = fixture("enforced")
        .uri()
        .host("127.0.0.1")
        .port(proxy.port());
    let (finished, _server) = wait_while(url.to_string(), || {
        Variant::of("enforced").port(port).start()
    });
    assert_waited_for("closed-before-tls, plaintext-undetermined", &finished);
}

fn in_recovery() -> Server {
    Variant::of("enforced")
        .settings("hot_standby = off")
        .data_file("standby.signal", "")
        .early()
        .start()
}

#[test]
fn a_server_in_recovery_is_waited_for() {
    let server = in_recovery();
    let (finished, ()) = wait_while(server.url(), || promote(&server));
    assert_waited_for("server-starting, plaintext-undetermined", &finished);
}

/// The host that is down is tried last, and must not hide what the first one said.
#[test]
fn a_server_in_recovery_is_waited_for_although_the_next_host_is_down() {
    let server = in_recovery();
    let both = format!("127.0.0.1:{},127.0.0.1", server.port);
    let url = server.uri().host(&both).port(closed_port()).to_string();
    let finished = pgcheck(["--skip", "plaintext"])
        .env("DATABASE_URL", &url)
        .run();
    assert_eq!(finished.code, Some(6), "{}", finished.stdout);
    let (finished, ()) = wait_while(url, || promote(&server));
    let retry = " server-starting, plaintext-undetermined, trying again in ";
    assert!(finished.stderr.contains(retry), "{}", finished.stderr);
    assert!(
        finished.stdout.contains("session    PostgreSQL"),
        "{}",
        finished.stdout
    );
}

/// What `pg_ctl promote` does, without the need to be the server's user.
fn promote(server: &Server) {
    let pid = std::fs::read_to_string(server.data().join("postmaster.pid")).expect("a pid file");
    std::fs::write(server.data().join("promote"), "").expect("a file");
    let pid = pid.lines().next().expect("a pid");
    let status = Command::new("kill").args(["-USR1", pid]).status();
    assert!(status.expect("kill runs").success());
}

#[test]
fn a_full_server_is_waited_for() {
    let server = Variant::of("enforced")
        .settings("max_connections = 5\nsuperuser_reserved_connections = 3\nmax_wal_senders = 0")
        .start();
    let mut sessions = fill(&server, 2);
    let (finished, ()) = wait_while(server.url(), || {
        for session in &mut sessions {
            session.kill().expect("psql ends");
            session.wait().expect("psql ended");
        }
        server.admin_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND query LIKE '%pg_sleep%'");
    });
    assert_waited_for("too-many-connections", &finished);
}

/// Takes all the slots there are for sessions. Where the one that found the server ready still
/// has a slot, a session is refused and started anew.
fn fill(server: &Server, slots: usize) -> Vec<Child> {
    let mut sessions: Vec<Child> = Vec::new();
    for _ in 0..500 {
        sessions.retain_mut(|session| session.try_wait().expect("its state").is_none());
        while sessions.len() < slots {
            sessions.push(sleeping_session(server));
        }
        let asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
        if server.admin_sql(asleep) == slots.to_string() {
            return sessions;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the server does not fill up: {}", server.log());
}

fn sleeping_session(server: &Server) -> Child {
    let mut psql = Command::new("psql");
    psql.args(["-XAtqc", "SELECT pg_sleep(60)", &server.url()]);
    psql.stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    psql.spawn().expect("psql starts")
}

/// Repeated, a wrong password locks accounts. The server's own log counts.
#[test]
fn a_wrong_password_is_tried_exactly_once() {
    let server = Variant::of("enforced").start();
    let url = server.uri().password("wrong").to_string();
    let finished = pgcheck(["--wait", "20s", "-v"])
        .env("DATABASE_URL", url)
        .run();
    assert_eq!((finished.code, attempts(&finished)), (Some(6), 1));
    assert!(
        finished.elapsed < Duration::from_secs(10),
        "{:?}",
        finished.elapsed
    );
    let refusals = server
        .log()
        .matches("password authentication failed")
        .count();
    assert_eq!(refusals, 1, "{}", server.log());
}

#[test]
fn what_does_not_get_better_is_tried_once() {
    let other_name = fixture("enforced")
        .uri()
        .host("another-name")
        .param("hostaddr", "127.0.0.1");
    for (target, url) in [
        ("accepts plaintext", fixture("lax").uri()),
        ("has no TLS", fixture("plain").uri()),
        (
            "has no such database",
            fixture("enforced").uri().dbname("missing"),
        ),
        ("has another name", other_name),
        (
            "is told not to use TLS",
            Uri::to("127.0.0.1", closed_port()).param("sslmode", "disable"),
        ),
    ] {
        let finished = pgcheck(["--wait", "20s", "-v", &url.to_string()]).run();
        assert_ne!(finished.code, Some(0), "{target}");
        assert_eq!(attempts(&finished), 1, "{target}: {}", finished.stderr);
    }
}

/// `slack` is for a busy machine; it is less than one more pause or timeout would take.
#[track_caller]
fn assert_ends_between(finished: &Finished, least: f64, most: f64) {
    let (slack, took) = (1.0, finished.elapsed.as_secs_f64());
    assert!(
        took >= least && took <= most + slack,
        "{took} s: {}",
        finished.stderr
    );
}

#[test]
fn waiting_ends_when_its_time_is_over() {
    let url = Uri::to("127.0.0.1", closed_port())
        .param("sslmode", "require")
        .to_string();
    let finished = pgcheck(["--wait", "2s", "-v", &url]).run();
    assert_eq!(finished.code, Some(4));
    assert_ends_between(&finished, 2.0, 2.0);
    assert!(
        (4..=9).contains(&attempts(&finished)),
        "{}",
        finished.stderr
    );
    let silent = Peer::playing([Step::Silence]);
    let url = Uri::to("127.0.0.1", silent.port())
        .param("sslmode", "require")
        .to_string();
    let finished = pgcheck(["--wait", "1s", "--timeout", "2s", &url]).run();
    assert_eq!(finished.code, Some(4));
    assert_ends_between(&finished, 2.0, 3.0);
    assert_eq!(
        finished.stderr.matches("trying again").count(),
        0,
        "only --verbose tells"
    );
}

#[test]
fn without_wait_there_is_one_attempt() {
    let url = Uri::to("127.0.0.1", closed_port())
        .param("sslmode", "require")
        .to_string();
    let finished = pgcheck(["-v", &url]).run();
    assert_eq!((finished.code, attempts(&finished)), (Some(4), 1));
}
