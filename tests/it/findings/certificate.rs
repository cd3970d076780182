//! `chain`, `hostname` and `expiry`: one server whose certificate changes.

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use rcgen::{DnType, SanType, SerialNumber};
use tempfile::TempDir;

use crate::support::certificates::{
    Authority, Pair, days, issuer_at, openssl_self_signed, self_signed,
};
use crate::support::{Report, Server, Uri, Variant, check, pgcheck, report};

/// The server, an authority of its own, and a place for files.
struct Ground {
    server: Server,
    authority: Authority,
    files: TempDir,
}

impl Ground {
    /// Serves this certificate.
    fn serve(&self, pair: &Pair) -> &Self {
        self.server.set_certificate(&pair.chain, &pair.key);
        self
    }

    /// Serves a certificate of the authority.
    fn serve_issued(&self, names: &[&str]) -> &Self {
        self.serve(&self.authority.issue(names, |_| {}))
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, content).expect("the file is written");
        path
    }

    /// A URI that names the authority.
    fn uri(&self) -> Uri {
        self.uri_with_root(&self.authority.pem)
    }

    fn uri_with_root(&self, pem: &str) -> Uri {
        let root = self.file("root.pem", pem);
        let uri = self.server.uri();
        uri.param("sslrootcert", root.to_str().expect("UTF-8"))
    }

    fn verify_full(&self) -> Report {
        check(self.uri(), [])
    }

    fn require(&self) -> Report {
        check(
            self.uri()
                .param("sslmode", "require")
                .without("sslrootcert"),
            [],
        )
    }
}

/// The server is shared, one test at a time. It allows weak certificates.
fn ground() -> MutexGuard<'static, Ground> {
    static GROUND: LazyLock<Mutex<Ground>> = LazyLock::new(|| {
        let server = Variant::of("enforced")
            .openssl_configuration(super::tls::PERMISSIVE)
            .start();
        Mutex::new(Ground {
            server,
            authority: Authority::new("Example Root"),
            files: TempDir::with_prefix("pgcheck-files.").expect("a directory"),
        })
    });
    GROUND.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_good_certificate_is_told_in_three_rows() {
    let ground = ground();
    ground.serve_issued(&["127.0.0.1"]);
    let report = ground.verify_full();
    assert_eq!(
        report.codes(),
        Vec::<&str>::new(),
        "{}",
        report.finished.stdout
    );
    for id in ["chain", "hostname", "expiry"] {
        assert_eq!(report.status(id), "ok");
    }
    let summary = report.check("chain")["summary"].to_string();
    assert!(
        summary.contains("Example Root") && summary.contains("root.pem"),
        "{summary}"
    );
    let summary = report.check("expiry")["summary"].to_string();
    assert!(summary.contains("in 90 days"), "{summary}");
}

#[test]
fn a_chain_of_another_authority_is_untrusted_chain() {
    let ground = ground();
    ground.serve_issued(&["127.0.0.1"]);
    let other = Authority::new("Another Root");
    let report = check(ground.uri_with_root(&other.pem), []);
    report.has("untrusted-chain", "error");
    assert_eq!(report.finished.code, Some(5));
    assert_eq!(report.check("auth")["skipped_because"][0], "chain");
    assert_eq!(report.status("expiry"), "ok", "reported all the same");
    assert_eq!(report.status("hostname"), "ok");
    // What the report says: name the root of the server's own authority.
    ground.verify_full().lacks("untrusted-chain");
    // Without a demand it is a warning.
    let report = ground.require();
    report.has("untrusted-chain", "warning");
    assert_eq!(report.finished.code, Some(0));
}

#[test]
fn the_help_names_roots_that_were_tried_and_work() {
    let ground = ground();
    ground.serve_issued(&["127.0.0.1"]);
    let other = Authority::new("Another Root");
    let system = ground.file("system.pem", &ground.authority.pem);
    let url = ground.uri_with_root(&other.pem).to_string();
    let run = |url: String| {
        report(
            pgcheck::<&str>([])
                .env("DATABASE_URL", url)
                .env("SSL_CERT_FILE", &system),
        )
    };
    let help = run(url).help("untrusted-chain");
    assert!(
        help.contains("sslmode=verify-full&sslrootcert=system"),
        "{help}"
    );
    let report = run(ground.uri().param("sslrootcert", "system").to_string());
    assert_eq!(report.codes(), Vec::<&str>::new());
}

#[test]
fn a_providers_host_brings_its_providers_help() {
    let ground = ground();
    ground.serve(&self_signed(&[
        "shop.postgresql.a.osc-fr1.scalingo-dbs.com",
    ]));
    let uri = ground
        .uri()
        .host("shop.postgresql.a.osc-fr1.scalingo-dbs.com");
    let report = check(uri.param("hostaddr", "127.0.0.1"), []);
    let help = report.help("self-signed");
    assert!(
        help.contains("https://db-api.osc-fr1.scalingo.com/api/ca_certificate"),
        "{help}"
    );
}

#[test]
fn a_self_signed_certificate_is_self_signed() {
    let ground = ground();
    let pair = self_signed(&["127.0.0.1"]);
    ground.serve(&pair);
    let report = ground.verify_full();
    report.has("self-signed", "error");
    assert_eq!(report.finished.code, Some(5));
    ground.require().has("self-signed", "warning");
    // Named as its own root, as the report says.
    let report = check(ground.uri_with_root(&pair.chain), []);
    assert_eq!(report.codes(), Vec::<&str>::new());
}

#[test]
fn a_missing_intermediate_is_incomplete_chain() {
    let ground = ground();
    let intermediate = ground.authority.intermediate("Example Issuing CA", |_| {});
    let mut pair = intermediate.issue(&["127.0.0.1"], |params| {
        params
            .custom_extensions
            .push(issuer_at("http://ca.example/issuing.crt"));
    });
    ground.serve(&pair);
    let report = ground.verify_full();
    report.has("incomplete-chain", "error");
    let help = report.help("incomplete-chain");
    assert!(help.contains("http://ca.example/issuing.crt"), "{help}");
    pair.chain.push_str(&intermediate.pem);
    ground.serve(&pair);
    assert_eq!(ground.verify_full().codes(), Vec::<&str>::new());
}

#[test]
fn a_short_rsa_key_is_weak_key() {
    let ground = ground();
    let pair = openssl_self_signed(&[
        "-newkey",
        "rsa:1024",
        "-addext",
        "basicConstraints=CA:FALSE",
    ]);
    ground.serve(&pair);
    let report = check(ground.uri_with_root(&pair.chain), []);
    report.has("weak-key", "error");
    assert_eq!(report.finished.code, Some(5));
    ground.serve_issued(&["127.0.0.1"]);
    ground.verify_full().lacks("weak-key");
}

#[test]
fn a_key_too_short_to_connect_at_all_is_weak_key_without_any_demand() {
    let ground = ground();
    ground.serve(&openssl_self_signed(&["-newkey", "rsa:1024"]));
    let report = ground.require();
    report.has("weak-key", "error");
    assert_eq!(report.check("tls")["skipped_because"][0], "chain");
}

#[test]
fn a_signature_over_sha1_is_weak_signature() {
    let ground = ground();
    let pair = openssl_signed_with_sha1(&ground);
    ground.serve(&pair.0);
    let report = check(ground.uri_with_root(&pair.1), []);
    report.has("weak-signature", "error");
    ground.serve_issued(&["127.0.0.1"]);
    ground.verify_full().lacks("weak-signature");
}

/// A certificate signed over SHA-1 by an authority, and the authority's certificate.
fn openssl_signed_with_sha1(ground: &Ground) -> (Pair, String) {
    let authority = openssl_self_signed(&["-newkey", "rsa:2048"]);
    let leaf = openssl_self_signed(&["-newkey", "rsa:2048"]);
    let file = |name, content: &str| ground.file(name, content).display().to_string();
    let script = format!(
        "openssl req -new -key {key} -subj /CN=leaf | openssl x509 -req -sha1 -days 90 -CA {ca} \
         -CAkey {ca_key} -set_serial 7 -extfile {extensions}",
        key = file("leaf.key", &leaf.key),
        ca = file("ca.pem", &authority.chain),
        ca_key = file("ca.key", &authority.key),
        extensions = file(
            "extensions",
            "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1\n"
        ),
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .expect("sh");
    let chain = String::from_utf8(output.stdout).expect("PEM");
    assert!(
        chain.contains("BEGIN"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (
        Pair {
            chain,
            key: leaf.key,
        },
        authority.chain,
    )
}

#[test]
fn a_revoked_certificate_is_revoked() {
    let ground = ground();
    let with_serial = |serial: u64| {
        ground.authority.issue(&["127.0.0.1"], |params| {
            params.serial_number = Some(SerialNumber::from(serial));
        })
    };
    let list = ground.file("revoked.crl", &ground.authority.revoke(&[4711], 30));
    let uri = ground.uri().param("sslcrl", list.to_str().expect("UTF-8"));
    ground.serve(&with_serial(4711));
    check(&uri, []).has("revoked", "error");
    ground.serve(&with_serial(4712));
    assert_eq!(check(&uri, []).codes(), Vec::<&str>::new());
}

#[test]
fn an_expired_revocation_list_is_revocation_unknown() {
    let ground = ground();
    ground.serve_issued(&["127.0.0.1"]);
    let list = ground.file("old.crl", &ground.authority.revoke(&[], 2));
    let uri = ground.uri().param("sslcrl", list.to_str().expect("UTF-8"));
    check(&uri, []).has("revocation-unknown", "error");
    std::fs::write(list, ground.authority.revoke(&[], 30)).expect("the file is written");
    assert_eq!(check(&uri, []).codes(), Vec::<&str>::new());
}

#[test]
fn a_ca_certificate_as_the_servers_own_is_refused_by_strict_clients() {
    let ground = ground();
    let pair = openssl_self_signed(&["-newkey", "rsa:2048"]);
    ground.serve(&pair);
    let report = check(ground.uri_with_root(&pair.chain), []);
    report.has("strict-clients-refuse", "warning");
    assert_eq!(report.status("session"), "ok", "libpq accepts it");
    let better = openssl_self_signed(&[
        "-newkey",
        "rsa:2048",
        "-addext",
        "basicConstraints=CA:FALSE",
    ]);
    ground.serve(&better);
    check(ground.uri_with_root(&better.chain), []).lacks("strict-clients-refuse");
}

#[test]
fn another_name_is_hostname_mismatch() {
    let ground = ground();
    ground.serve_issued(&["db.example.com"]);
    let report = ground.verify_full();
    report.has("hostname-mismatch", "error");
    assert_eq!(report.finished.code, Some(5));
    assert_eq!(report.status("chain"), "ok");
    assert_eq!(report.check("tls")["skipped_because"][0], "hostname");
    let help = report.help("hostname-mismatch");
    assert!(
        help.contains("db.example.com") && help.contains("IP:127.0.0.1"),
        "{help}"
    );
    // By the name that the certificate has, as the report says.
    let uri = ground
        .uri()
        .host("db.example.com")
        .param("hostaddr", "127.0.0.1");
    assert_eq!(check(uri, []).codes(), Vec::<&str>::new());
    // verify-ca does not ask for the name.
    let report = check(ground.uri().param("sslmode", "verify-ca"), []);
    report.has("hostname-mismatch", "warning");
    assert_eq!(report.finished.code, Some(0));
}

#[test]
fn an_address_alone_is_no_host_name() {
    let ground = ground();
    ground.serve_issued(&["127.0.0.1"]);
    let server = &ground.server;
    let root = ground.file("root.pem", &ground.authority.pem);
    let words = format!(
        "hostaddr=127.0.0.1 port={} user=app password={} dbname=shop sslrootcert='{}' sslmode=",
        server.port,
        crate::support::PASSWORD,
        root.display()
    );
    let report = check(format!("{words}verify-full"), []);
    report.has("no-host-name", "error");
    check(format!("{words}verify-ca"), []).has("no-host-name", "warning");
    check(format!("{words}verify-full host=127.0.0.1"), []).lacks("no-host-name");
}

#[test]
fn a_name_in_the_common_name_alone_is_name_in_cn_only() {
    let ground = ground();
    let without_san = ground.authority.issue(&[], |params| {
        params
            .distinguished_name
            .push(DnType::CommonName, "localhost");
    });
    ground.serve(&without_san);
    let uri = ground.uri().host("localhost");
    let report = check(&uri, []);
    report.has("name-in-cn-only", "warning");
    assert_eq!(report.status("session"), "ok", "libpq accepts it");
    assert!(
        report
            .help("name-in-cn-only")
            .contains("subjectAltName=DNS:localhost")
    );
    ground.serve_issued(&["localhost"]);
    check(&uri, []).lacks("name-in-cn-only");
}

#[test]
fn an_address_written_as_a_dns_name_is_refused_by_strict_clients() {
    let ground = ground();
    let pair = ground.authority.issue(&[], |params| {
        let name = "127.0.0.1".try_into().expect("a name");
        params.subject_alt_names.push(SanType::DnsName(name));
    });
    ground.serve(&pair);
    let report = ground.verify_full();
    let finding = report.has("strict-clients-refuse", "warning");
    assert_eq!(finding["check"], "hostname");
    ground.serve_issued(&["127.0.0.1"]);
    ground.verify_full().lacks("strict-clients-refuse");
}

#[test]
fn an_expired_certificate_is_certificate_expired() {
    let ground = ground();
    ground.serve(&ground.authority.issue(&["127.0.0.1"], days(-30, -2)));
    let report = ground.verify_full();
    report.has("certificate-expired", "error");
    assert_eq!(
        report.codes(),
        ["certificate-expired"],
        "one cause, one finding"
    );
    assert_eq!(report.finished.code, Some(5));
    assert_eq!(report.status("chain"), "ok", "apart from its time");
    let report = check(ground.uri().param("sslmode", "prefer"), ["--skip", "uri"]);
    report.has("certificate-expired", "warning");
    assert_eq!(report.finished.code, Some(0));
    ground.serve_issued(&["127.0.0.1"]);
    ground.verify_full().lacks("certificate-expired");
}

#[test]
fn an_expired_authority_counts_as_the_leaf_does() {
    let ground = ground();
    let intermediate = ground
        .authority
        .intermediate("Example Issuing CA", days(-30, -2));
    let mut pair = intermediate.issue(&["127.0.0.1"], |_| {});
    pair.chain.push_str(&intermediate.pem);
    ground.serve(&pair);
    let report = ground.verify_full();
    let saw = report.has("certificate-expired", "error")["saw"].to_string();
    assert!(saw.contains("Example Issuing CA"), "{saw}");
}

#[test]
fn an_expired_root_in_the_targets_file_is_certificate_expired() {
    let ground = ground();
    let old = Authority::new_with("Old Root", days(-30, -2));
    ground.serve(&old.issue(&["127.0.0.1"], |_| {}));
    let report = check(ground.uri_with_root(&old.pem), []);
    let saw = report.has("certificate-expired", "error")["saw"].to_string();
    assert!(saw.contains("Old Root"), "{saw}");
}

#[test]
fn a_certificate_of_the_future_is_certificate_not_yet_valid() {
    let ground = ground();
    ground.serve(&ground.authority.issue(&["127.0.0.1"], days(2, 30)));
    ground
        .verify_full()
        .has("certificate-not-yet-valid", "error");
    ground.require().has("certificate-not-yet-valid", "warning");
    ground.serve_issued(&["127.0.0.1"]);
    ground.verify_full().lacks("certificate-not-yet-valid");
}

#[test]
fn a_certificate_that_ends_soon_is_certificate_expires_soon() {
    let ground = ground();
    ground.serve(&ground.authority.issue(&["127.0.0.1"], days(-30, 10)));
    let report = ground.verify_full();
    report.has("certificate-expires-soon", "warning");
    assert_eq!(report.finished.code, Some(0));
    let codes = |options: &[&str]| {
        let report = check(ground.uri(), options.iter().copied());
        (report.finished.code, report.codes().join(","))
    };
    assert_eq!(codes(&["--expires-within", "9d"]), (Some(0), String::new()));
    let soon = "certificate-expires-soon".to_owned();
    assert_eq!(codes(&["--expires-fail", "11d"]), (Some(5), soon.clone()));
    assert_eq!(codes(&["--strict"]), (Some(1), soon));
    let unverified = ground
        .uri()
        .param("sslmode", "require")
        .without("sslrootcert");
    let report = check(unverified, ["--expires-fail", "11d"]);
    report.has("certificate-expires-soon", "warning");
}

#[test]
fn an_authority_that_ends_soon_counts_as_the_leaf_does() {
    let ground = ground();
    let intermediate = ground
        .authority
        .intermediate("Example Issuing CA", days(-30, 5));
    let mut pair = intermediate.issue(&["127.0.0.1"], |_| {});
    pair.chain.push_str(&intermediate.pem);
    ground.serve(&pair);
    let report = ground.verify_full();
    let saw = report.has("certificate-expires-soon", "warning")["saw"].to_string();
    assert!(saw.contains("Example Issuing CA"), "{saw}");
}

#[test]
fn a_provider_that_accepts_plaintext_is_helped_by_its_own_switch() {
    let lax = crate::support::fixture("lax");
    let uri = lax.uri().host("db-7.abc.eu-west-1.rds.amazonaws.com");
    let uri = uri
        .param("hostaddr", "127.0.0.1")
        .param("sslmode", "verify-ca");
    let help = check(uri, []).help("plaintext-accepted");
    assert!(help.contains("rds.force_ssl"), "{help}");
    assert!(!help.contains("Azure"), "the provider's own alone: {help}");
}
