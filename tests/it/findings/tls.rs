//! `tls` and `legacy`.

use crate::support::certificates::Authority;
use crate::support::{Peer, Step, Uri, Variant, check, fixture};

/// OpenSSL as it was before it forbade weak keys and old protocol versions.
pub const PERMISSIVE: &str = "\
openssl_conf = settings
[settings]
ssl_conf = ssl
[ssl]
system_default = permissive
[permissive]
MinProtocol = TLSv1
CipherString = DEFAULT:@SECLEVEL=0
";

#[test]
fn an_old_floor_is_legacy_tls_accepted() {
    let server = Variant::of("enforced")
        .openssl_configuration(PERMISSIVE)
        .settings("ssl_min_protocol_version = 'TLSv1'")
        .start();
    let report = check(server.url(), []);
    let saw = report.has("legacy-tls-accepted", "warning")["saw"].to_string();
    assert!(saw.contains("TLS 1.0") && saw.contains("TLS 1.1"), "{saw}");
    assert_eq!(report.finished.code, Some(0));
    server.set("ssl_min_protocol_version", "TLSv1.1");
    let saw = check(server.url(), []).finding("legacy-tls-accepted")["saw"].to_string();
    assert!(!saw.contains("TLS 1.0") && saw.contains("TLS 1.1"), "{saw}");
    server.set("ssl_min_protocol_version", "TLSv1.2");
    assert_eq!(check(server.url(), []).status("legacy"), "ok");
}

#[test]
fn silence_after_an_old_hello_is_legacy_tls_undetermined() {
    let peer = Peer::playing([Step::Read, Step::Send(b"S".to_vec()), Step::Silence]);
    let uri = Uri::to("127.0.0.1", peer.port()).param("sslmode", "require");
    let report = check(uri, ["--only", "legacy", "--timeout", "500ms"]);
    report.has("legacy-tls-undetermined", "warning");
}

#[test]
fn a_ceiling_of_tls_1_2_is_told() {
    let server = Variant::of("enforced")
        .settings("ssl_max_protocol_version = 'TLSv1.2'")
        .start();
    let report = check(server.url(), []);
    report.has("tls-1.2", "warning");
    assert_eq!(report.finished.code, Some(0));
    report.lacks("tls-ends-early");
    report.lacks("no-server-view");
    let report = check(server.url(), ["--require", "tls1.3"]);
    report.has("tls-1.2", "error");
    assert_eq!(report.finished.code, Some(5));
    server.set("ssl_max_protocol_version", "TLSv1.3");
    assert_eq!(
        check(server.url(), ["--require", "tls1.3"]).finished.code,
        Some(0)
    );
}

#[test]
fn a_server_without_tls_is_tls_not_offered() {
    let server = Variant::of("enforced").settings("ssl = off").start();
    server.set_hba("host all all all scram-sha-256");
    let report = check(server.url(), []);
    report.has("tls-not-offered", "error");
    server.set_hba("hostssl all all all scram-sha-256");
    server.set("ssl", "on");
    assert_eq!(check(server.url(), []).codes(), Vec::<&str>::new());
}

#[test]
fn cipher_suites_that_the_driver_lacks_are_tls_handshake_failed() {
    let server = Variant::of("enforced")
        .settings("ssl_max_protocol_version = 'TLSv1.2'\nssl_ciphers = 'ECDHE-ECDSA-AES256-SHA384'")
        .start();
    let report = check(server.url(), []);
    let saw = report.has("tls-handshake-failed", "error")["saw"].to_string();
    assert!(saw.contains("no cipher suite"), "{saw}");
    assert_eq!(report.finished.code, Some(5));
    server.set("ssl_ciphers", "HIGH");
    check(server.url(), []).lacks("tls-handshake-failed");
}

fn answering(script: impl Into<Vec<Step>>) -> String {
    let peer = Peer::playing(script);
    let uri = Uri::to("127.0.0.1", peer.port()).param("sslmode", "require");
    uri.to_string()
}

#[test]
fn an_http_server_is_not_postgres() {
    let http = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec();
    let report = check(answering([Step::Read, Step::Send(http)]), []);
    report.has("not-postgres", "error");
    report.lacks("legacy-tls-undetermined");
    assert_eq!(report.finished.code, Some(5));
}

#[test]
fn silence_is_tls_timeout() {
    let report = check(answering([Step::Silence]), ["--timeout", "400ms"]);
    report.has("tls-timeout", "error");
    report.lacks("legacy-tls-undetermined");
    assert_eq!(report.finished.code, Some(4));
}

#[test]
fn a_connection_that_ends_at_once_is_closed_before_tls() {
    let report = check(answering([Step::Read]), []);
    report.has("closed-before-tls", "error");
    report.lacks("legacy-tls-undetermined");
    assert_eq!(report.finished.code, Some(4));
}

#[test]
fn an_error_instead_of_an_answer_is_error_before_tls() {
    let mut error = b"SFATAL\0C53300\0Msorry, too many clients already\0\0".to_vec();
    let length = u32::try_from(error.len() + 4).expect("short").to_be_bytes();
    error.splice(0..0, length);
    error.insert(0, b'E');
    let report = check(answering([Step::Read, Step::Send(error)]), []);
    let saw = report.has("error-before-tls", "error")["saw"].to_string();
    assert!(saw.contains("53300") && saw.contains("unverified"), "{saw}");
    report.lacks("legacy-tls-undetermined");
}

#[test]
fn an_error_in_the_old_form_is_error_before_tls_and_other_text_is_not() {
    let old = b"Ecould not fork new process for connection\n\0".to_vec();
    let report = check(answering([Step::Read, Step::Send(old)]), []);
    let saw = report.has("error-before-tls", "error")["saw"].to_string();
    assert!(saw.contains("could not fork"), "{saw}");
    assert_eq!(report.finished.code, Some(6));
    for other in [&b"ERROR\r\n"[..], b"E\x7f\xff\xff\xffSFATAL\0"] {
        let steps = [Step::Read, Step::Send(other.to_vec()), Step::Silence];
        check(answering(steps), ["--only", "tls"]).has("not-postgres", "error");
    }
}

/// A URI with two hosts, each with its port.
fn two_hosts(first: u16, second: u16, ca: &std::path::Path) -> String {
    format!(
        "postgresql://app:{}@127.0.0.1:{first},127.0.0.1:{second}/shop?sslmode=verify-full&sslrootcert={}",
        crate::support::PASSWORD,
        ca.display()
    )
}

#[test]
fn a_second_host_without_tls_is_some_addresses_without_tls() {
    let good = fixture("enforced");
    let other = Variant::of("plain").start();
    let url = two_hosts(good.port, other.port, &good.ca);
    let report = check(&url, ["--skip", "plaintext"]);
    let saw = report.has("some-addresses-without-tls", "warning")["saw"].to_string();
    assert!(saw.contains(&other.port.to_string()), "{saw}");
    assert_eq!(report.finished.code, Some(0));
    other.set("ssl", "on");
    check(&url, ["--skip", "plaintext"]).lacks("some-addresses-without-tls");
}

#[test]
fn a_second_hosts_certificate_is_judged_too() {
    let good = fixture("enforced");
    let authority = Authority::new("Another Root");
    let pair = authority.issue(&["127.0.0.1"], |_| {});
    let other = Variant::of("enforced")
        .certificate(&pair.chain, &pair.key)
        .start();
    let report = check(
        two_hosts(good.port, other.port, &good.ca),
        ["--skip", "plaintext"],
    );
    let saw = report.has("untrusted-chain", "warning")["saw"].to_string();
    assert!(saw.contains(&other.port.to_string()), "{saw}");
    assert_eq!(report.status("session"), "ok");
}
