//! `auth`: one server whose pg_hba.conf and roles change.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use crate::support::certificates::{Authority, Pair};
use crate::support::{PASSWORD, Server, Uri, Variant, check, fixture, pgcheck, report};

struct Ground {
    server: Server,
    clients: Authority,
    files: TempDir,
}

/// The server is shared, one test at a time, and as it was at the start.
fn ground() -> MutexGuard<'static, Ground> {
    static GROUND: LazyLock<Mutex<Ground>> = LazyLock::new(|| {
        let clients = Authority::new("Clients of the tests");
        let server = Variant::of("enforced")
            .settings("ssl_ca_file = 'clients.pem'")
            .data_file("clients.pem", &clients.pem)
            .start();
        Mutex::new(Ground {
            server,
            clients,
            files: TempDir::with_prefix("pgcheck-files.").expect("a directory"),
        })
    });
    let ground = GROUND.lock().unwrap_or_else(PoisonError::into_inner);
    ground.server.set_hba("hostssl all all all scram-sha-256");
    ground
}

impl Ground {
    fn uri(&self) -> Uri {
        self.server.uri()
    }

    /// A URI with this client certificate.
    fn with_certificate(&self, pair: &Pair) -> Uri {
        let file = |name: &str, content: &str| {
            use std::os::unix::fs::PermissionsExt;
            let path = self.files.path().join(name);
            std::fs::write(&path, content).expect("the file is written");
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, mode).expect("its mode is set");
            path.to_str().expect("UTF-8").to_owned()
        };
        self.uri()
            .param("sslcert", &file("client.pem", &pair.chain))
            .param("sslkey", &file("client.key", &pair.key))
    }
}

/// A client's certificate with this common name.
fn client(authority: &Authority, name: &str) -> Pair {
    authority.issue(&[], |params| {
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    })
}

#[test]
fn a_wrong_password_is_told_with_its_origin() {
    let ground = ground();
    let run = |line: &str| {
        let url = ground.uri().no_password().to_string();
        report(
            pgcheck::<&str>([])
                .env("DATABASE_URL", url)
                .home_file(".pgpass", line),
        )
    };
    let wrong = run("# the tests\n*:*:*:app:wrong\n");
    let saw = wrong.has("password-rejected", "error")["saw"].to_string();
    assert!(
        saw.contains("28P01") && saw.contains("~/.pgpass line 2"),
        "{saw}"
    );
    assert_eq!(wrong.finished.code, Some(6));
    run(&format!("*:*:*:app:{PASSWORD}\n")).lacks("password-rejected");
}

#[test]
fn no_password_at_all_is_password_missing() {
    let ground = ground();
    check(ground.uri().no_password(), []).has("password-missing", "error");
    check(ground.uri(), []).lacks("password-missing");
}

#[test]
fn a_role_that_is_not_there_and_one_that_may_not_log_in_are_told_apart() {
    let ground = ground();
    ground.server.set_hba("hostssl all all all trust");
    let uri = ground.uri().user("reporting");
    check(&uri, []).has("role-missing", "error");
    ground.server.admin_sql("CREATE ROLE reporting");
    let report = check(&uri, []);
    report.has("role-not-permitted", "error");
    report.lacks("role-missing");
    ground.server.admin_sql("ALTER ROLE reporting LOGIN");
    check(&uri, []).lacks("role-not-permitted");
}

#[test]
fn a_role_without_connect_is_role_not_permitted() {
    let ground = ground();
    ground.server.admin_sql("CREATE DATABASE closed_to_app");
    ground
        .server
        .admin_sql("REVOKE CONNECT ON DATABASE closed_to_app FROM PUBLIC");
    let uri = ground.uri().dbname("closed_to_app");
    let report = check(&uri, []);
    report.has("role-not-permitted", "error");
    assert!(report.help("role-not-permitted").contains("GRANT CONNECT"));
    ground
        .server
        .admin_sql("GRANT CONNECT ON DATABASE closed_to_app TO app");
    check(&uri, []).lacks("role-not-permitted");
}

#[test]
fn a_database_that_is_not_there_is_database_missing() {
    let ground = ground();
    let uri = ground.uri().dbname("orders");
    check(&uri, []).has("database-missing", "error");
    ground.server.admin_sql("CREATE DATABASE orders");
    check(&uri, []).lacks("database-missing");
}

#[test]
fn a_database_that_takes_nobody_is_database_closed() {
    let ground = ground();
    ground
        .server
        .admin_sql("CREATE DATABASE shut ALLOW_CONNECTIONS false");
    let uri = ground.uri().dbname("shut");
    check(&uri, []).has("database-closed", "error");
    ground
        .server
        .admin_sql("ALTER DATABASE shut ALLOW_CONNECTIONS true");
    check(&uri, []).lacks("database-closed");
}

#[test]
fn a_user_without_a_line_is_not_in_pg_hba() {
    let ground = ground();
    ground
        .server
        .set_hba("hostssl all somebody_else all scram-sha-256");
    let report = check(ground.uri(), []);
    report.has("not-in-pg-hba", "error");
    assert_eq!(report.finished.code, Some(6));
    ground.server.set_hba("hostssl all app all scram-sha-256");
    check(ground.uri(), []).lacks("not-in-pg-hba");
}

#[test]
fn a_connection_limit_is_too_many_connections() {
    let ground = ground();
    ground.server.admin_sql("ALTER ROLE app CONNECTION LIMIT 0");
    check(ground.uri(), []).has("too-many-connections", "error");
    ground
        .server
        .admin_sql("ALTER ROLE app CONNECTION LIMIT -1");
    check(ground.uri(), []).lacks("too-many-connections");
}

#[test]
fn a_standby_that_takes_no_sessions_is_server_starting() {
    let server = Variant::of("enforced")
        .settings("hot_standby = off")
        .data_file("standby.signal", "")
        .early()
        .start();
    check(server.url(), []).has("server-starting", "error");
    server.promote();
    check(server.url(), []).lacks("server-starting");
}

#[test]
fn a_setting_that_the_server_does_not_know_is_startup_parameter_refused() {
    let ground = ground();
    let uri = ground.uri().param("options", "-c no_such_setting=1");
    check(&uri, []).has("startup-parameter-refused", "error");
    check(uri.without("options"), []).lacks("startup-parameter-refused");
}

#[test]
fn a_demanded_client_certificate_is_client_certificate_required() {
    let ground = ground();
    ground
        .server
        .set_hba("hostssl all all all scram-sha-256 clientcert=verify-ca");
    check(ground.uri(), []).has("client-certificate-required", "error");
    let report = check(ground.with_certificate(&client(&ground.clients, "app")), []);
    report.lacks("client-certificate-required");
    assert_eq!(report.status("auth"), "ok");
}

#[test]
fn a_client_certificate_of_another_authority_is_client_certificate_rejected() {
    let ground = ground();
    let stranger = Authority::new("Nobody that the server knows");
    let uri = ground.with_certificate(&client(&stranger, "app"));
    let report = check(&uri, []);
    assert_eq!(
        report.has("client-certificate-rejected", "error")["check"],
        "auth"
    );
    let older = uri.param("ssl_max_protocol_version", "TLSv1.2");
    let report = check(older, []);
    assert_eq!(
        report.has("client-certificate-rejected", "error")["check"],
        "tls"
    );
    let known = ground.with_certificate(&client(&ground.clients, "app"));
    check(known, []).lacks("client-certificate-rejected");
}

#[test]
fn a_client_certificate_with_another_name_is_client_certificate_rejected() {
    let ground = ground();
    ground.server.set_hba("hostssl all all all cert");
    let uri = ground.with_certificate(&client(&ground.clients, "somebody else"));
    check(uri, []).has("client-certificate-rejected", "error");
    let report = check(ground.with_certificate(&client(&ground.clients, "app")), []);
    report.lacks("client-certificate-rejected");
    let summary = report.check("auth")["summary"].to_string();
    assert!(summary.contains("client certificate"), "{summary}");
}

#[test]
fn sslcertmode_require_is_client_certificate_not_asked_for() {
    let server = fixture("enforced");
    let uri = server.uri().param("sslcertmode", "require");
    check(&uri, []).has("client-certificate-not-asked-for", "error");
    check(uri.without("sslcertmode"), []).lacks("client-certificate-not-asked-for");
}

#[test]
fn an_authentication_service_that_says_no_is_login_failed() {
    let ground = ground();
    ground.server.set_hba("hostssl all all all ident");
    check(ground.uri(), []).has("login-failed", "error");
    ground.server.set_hba("hostssl all all all scram-sha-256");
    check(ground.uri(), []).lacks("login-failed");
}

#[test]
fn a_login_that_does_not_end_is_login_timeout() {
    let ground = ground();
    ground.server.set("post_auth_delay", "1");
    let report = check(ground.uri(), ["--timeout", "900ms"]);
    ground.server.set("post_auth_delay", "0");
    report.has("login-timeout", "error");
    assert_eq!(report.finished.code, Some(4));
    check(ground.uri(), []).lacks("login-timeout");
}

#[test]
fn a_cleartext_password_is_withheld_from_a_server_that_nobody_knows() {
    let ground = ground();
    ground.server.set_hba("hostssl all all all password");
    let careless = ground.uri().without("sslmode").without("sslrootcert");
    let report = check(&careless, []);
    report.has("password-withheld", "error");
    report.lacks("cleartext-password");
    // Both ways out that the report names.
    let report = check(careless.clone().param("sslmode", "require"), []);
    report.lacks("password-withheld");
    report.has("cleartext-password", "warning");
    let report = check(ground.uri(), []);
    report.lacks("password-withheld");
    report.has("cleartext-password", "warning");
    // And require_auth, which says that the method may be used.
    check(careless.param("require_auth", "password"), []).lacks("password-withheld");
    ground.server.set_hba("hostssl all all all scram-sha-256");
    check(ground.uri(), []).lacks("cleartext-password");
}

#[test]
fn a_method_that_require_auth_rules_out_is_method_not_allowed() {
    let ground = ground();
    ground.server.set_hba("hostssl all all all password");
    let uri = ground.uri().param("require_auth", "scram-sha-256");
    check(&uri, []).has("method-not-allowed", "error");
    ground.server.set_hba("hostssl all all all scram-sha-256");
    check(&uri, []).lacks("method-not-allowed");
}

#[test]
fn a_gssapi_only_server_is_method_not_supported() {
    let ground = ground();
    ground.server.set_hba("hostssl all all all gss");
    let saw = check(ground.uri(), []).has("method-not-supported", "error")["saw"].to_string();
    assert!(saw.contains("GSSAPI"), "{saw}");
    ground.server.set_hba("hostssl all all all scram-sha-256");
    check(ground.uri(), []).lacks("method-not-supported");
}

#[test]
fn more_iterations_than_the_driver_computes_are_scram_iterations() {
    let ground = ground();
    let key = "A".repeat(43) + "=";
    let many = format!("SCRAM-SHA-256$200000:c2FsdHNhbHRzYWx0c2FsdA==${key}:{key}");
    ground
        .server
        .admin_sql(&format!("ALTER ROLE app PASSWORD '{many}'"));
    let report = check(ground.uri(), []);
    ground
        .server
        .admin_sql(&format!("ALTER ROLE app PASSWORD '{PASSWORD}'"));
    let saw = report.has("scram-iterations", "error")["saw"].to_string();
    assert!(saw.contains("200000"), "{saw}");
    report.lacks("password-rejected");
    check(ground.uri(), []).lacks("scram-iterations");
}

#[test]
fn an_md5_line_is_md5_password() {
    let ground = ground();
    ground.server.set_hba("hostssl all all all md5");
    let hashed = format!("SET password_encryption = 'md5'; ALTER ROLE app PASSWORD '{PASSWORD}'");
    ground.server.admin_sql(&hashed);
    let report = check(ground.uri(), []);
    // What the report says, in its order.
    ground
        .server
        .admin_sql(&format!("ALTER ROLE app PASSWORD '{PASSWORD}'"));
    report.has("md5-password", "warning");
    assert_eq!(report.finished.code, Some(0));
    ground.server.set_hba("hostssl all all all scram-sha-256");
    check(ground.uri(), []).lacks("md5-password");
}

#[test]
fn a_pooler_that_ends_tls_is_no_channel_binding() {
    let pooled = fixture("pooled");
    let report = check(pooled.url(), []);
    report.has("no-channel-binding", "warning");
    assert_eq!(report.finished.code, Some(0));
    for report in [
        check(pooled.url(), ["--require", "channel-binding"]),
        check(pooled.uri().param("channel_binding", "require"), []),
    ] {
        report.has("no-channel-binding", "error");
        assert_eq!(report.finished.code, Some(6));
    }
    check(pooled.uri().param("channel_binding", "disable"), []).lacks("no-channel-binding");
    // The server itself, as the report says.
    let report = check(fixture("enforced").url(), ["--require", "channel-binding"]);
    assert_eq!(report.finished.code, Some(0));
}
