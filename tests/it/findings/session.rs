//! `session`.

use crate::support::{PASSWORD, Variant, check, fixture};

#[test]
fn a_query_that_is_refused_is_query_failed() {
    let server = Variant::of("enforced").start();
    let uri = server.uri().dbname("postgres");
    server.admin_sql("REVOKE EXECUTE ON FUNCTION version() FROM PUBLIC");
    let report = check(&uri, []);
    let saw = report.has("query-failed", "error")["saw"].to_string();
    assert!(saw.contains("42501"), "{saw}");
    assert_eq!(report.finished.code, Some(6));
    server.admin_sql("GRANT EXECUTE ON FUNCTION version() TO PUBLIC");
    check(&uri, []).lacks("query-failed");
}

#[test]
fn a_server_that_keeps_its_view_to_itself_is_no_server_view() {
    let server = Variant::of("enforced").start();
    let uri = server.uri().dbname("postgres");
    server.admin_sql("REVOKE SELECT ON pg_stat_ssl FROM PUBLIC");
    let report = check(&uri, []);
    report.has("no-server-view", "note");
    assert_eq!(report.status("session"), "ok");
    server.admin_sql("GRANT SELECT ON pg_stat_ssl TO PUBLIC");
    check(&uri, []).lacks("no-server-view");
}

#[test]
fn a_standby_where_a_primary_is_wanted_is_wrong_session_attrs() {
    let standby = Variant::of("enforced")
        .data_file("standby.signal", "")
        .start();
    let uri = standby.uri().param("target_session_attrs", "read-write");
    let report = check(&uri, []);
    let saw = report.has("wrong-session-attrs", "error")["saw"].to_string();
    assert!(saw.contains("a standby"), "{saw}");
    assert_eq!(report.finished.code, Some(6));
    check(uri.param("target_session_attrs", "standby"), []).lacks("wrong-session-attrs");
    // All hosts of the cluster, as the report says.
    let primary = fixture("enforced");
    let both = format!(
        "postgresql://app:{PASSWORD}@127.0.0.1:{},127.0.0.1:{}/shop?sslmode=verify-full\
         &sslrootcert={}&target_session_attrs=read-write",
        standby.port,
        primary.port,
        primary.ca.display()
    );
    check(both, []).lacks("wrong-session-attrs");
}

#[test]
fn a_plaintext_hop_behind_a_pooler_is_tls_ends_early() {
    let report = check(fixture("pooled").url(), []);
    report.has("tls-ends-early", "warning");
    assert_eq!(report.finished.code, Some(0));
    let summary = report.check("session")["summary"].to_string();
    assert!(summary.contains("no TLS"), "{summary}");
    check(fixture("enforced").url(), []).lacks("tls-ends-early");
}
