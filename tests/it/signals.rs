//! SIGINT and SIGTERM end pgcheck at once, whatever it is doing.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Peer, Step, Uri, closed_port};

/// pgcheck, started and not waited for; its standard input stays open.
fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgcheck"));
    command.args(arguments).env_clear().env("HOME", "/");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("pgcheck starts")
}

/// Sends the signal; the exit code, what was printed, and how long it took to end.
fn end(mut child: Child, signal: &str) -> (Option<i32>, String, Duration) {
    let start = Instant::now();
    let pid = child.id().to_string();
    let status = Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(status.expect("kill runs").success());
    let code = child.wait().expect("pgcheck ends").code();
    let elapsed = start.elapsed();
    let mut printed = String::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_string(&mut printed)
        .expect("UTF-8");
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut printed)
        .expect("UTF-8");
    (code, printed, elapsed)
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// On how many connections something was said.
fn heard(peer: &Peer) -> usize {
    let received = peer.received();
    received.iter().filter(|heard| !heard.is_empty()).count()
}

const SIGNALS: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];

#[test]
fn a_signal_ends_a_check_and_its_connections_at_once() {
    for (signal, code) in SIGNALS {
        let silent = Peer::playing([Step::Silence]);
        let url = Uri::to("127.0.0.1", silent.port()).to_string();
        let child = start(&["--format", "json", "--timeout", "60s", &url]);
        until("it is connected, and waits", || heard(&silent) >= 2);
        let (ended, printed, elapsed) = end(child, signal);
        assert_eq!((ended, printed.as_str()), (Some(code), ""));
        assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
        until("every connection is closed", || {
            silent.gone() == silent.received().len()
        });
    }
}

#[test]
fn a_signal_ends_the_waiting() {
    for (signal, code) in SIGNALS {
        let url = Uri::to("127.0.0.1", closed_port()).to_string();
        let child = start(&["-q", "--wait", "60s", &url]);
        thread::sleep(Duration::from_millis(500));
        let (ended, printed, elapsed) = end(child, signal);
        assert_eq!((ended, printed.as_str()), (Some(code), ""));
        assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
    }
}

/// Neither is the runtime up yet, nor may a handler merely note the signal.
#[test]
fn a_signal_ends_what_blocks() {
    for (signal, code) in SIGNALS {
        let child = start(&["-"]);
        thread::sleep(Duration::from_millis(300));
        let (ended, printed, _) = end(child, signal);
        assert_eq!((ended, printed.as_str()), (Some(code), ""));
    }
}
