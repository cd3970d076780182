//! Trust stores: the platform's and the bundled one.

use std::path::Path;

use assert_cmd::Command;
use pgcheck::tls::Roots;

use super::pki::*;
use super::sessions::{Stage, TRUST};

fn pgcheck(stage: &Stage, root: &str, store: &Path) -> (Option<i32>, String) {
    let port = stage.server.port;
    let target = format!(
        "host=db.example hostaddr=127.0.0.1 port={port} user=app dbname=shop sslrootcert={root}"
    );
    let output = Command::cargo_bin("pgcheck")
        .unwrap()
        .env_clear()
        .env("HOME", stage.home.path())
        .env("SSL_CERT_FILE", store)
        .env("SSL_CERT_DIR", stage.home.path().join("none"))
        .args(["--skip", "plaintext", &target])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn the_system_store_is_the_platforms_and_an_empty_one_is_an_error() {
    let stage = Stage::new("", TRUST);
    let root = Recipe::ca("Root").self_signed();
    stage.present(&[Recipe::server(&["db.example"]).issued_by(&root)]);
    let right = stage.file("right.pem", root.pem());
    let wrong = stage.file("wrong.pem", Recipe::ca("Other").self_signed().pem());
    let empty = stage.file("empty.pem", "");
    for (root, store, expected) in [
        ("system", &right, 0),
        ("system", &wrong, 5),
        ("mozilla", &right, 5),
    ] {
        let (code, text) = pgcheck(&stage, root, store.as_ref());
        assert_eq!(code, Some(expected), "{text}");
    }
    let (code, text) = pgcheck(&stage, "system", empty.as_ref());
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("the system has no trust store"), "{text}");
    assert!(text.contains("sslrootcert=mozilla"), "{text}");
}

#[test]
fn the_bundled_roots_are_all_readable() {
    let bundled = webpki_root_certs::TLS_SERVER_ROOT_CERTS.len();
    assert!(bundled > 100);
    assert_eq!(Roots::mozilla().len(), bundled);
}

/// Applications on rustls take webpki-roots: what `sslrootcert=mozilla` trusts, they trust.
/// The two packages are released apart, so that one may have dropped a root earlier.
#[test]
fn the_bundled_roots_are_among_those_of_webpki_roots() {
    let expected: Vec<&[u8]> = webpki_roots::TLS_SERVER_ROOTS
        .iter()
        .map(|anchor| anchor.subject_public_key_info.as_ref())
        .collect();
    for root in Roots::mozilla().certificates() {
        let anchor = webpki::anchor_from_trusted_cert(root).expect("an anchor");
        let key = anchor.subject_public_key_info;
        assert!(expected.contains(&key.as_ref()), "{:?}", anchor.subject);
    }
}
