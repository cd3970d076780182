//! Client certificates and their keys, with psql as the oracle.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::pki::*;
use super::sessions::{Comparison, Stage};

const CERTIFICATE_DEMANDED: &str = "hostssl all all all trust clientcert=verify-ca";

fn openssl(arguments: &[&str], input: &str) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments);
    run(command, input.as_bytes())
}

struct Files {
    stage: Stage,
    root: Made,
    client: Made,
    certificate: String,
}

fn files() -> Files {
    let root = Recipe::ca("Root").self_signed();
    let stage = Stage::new("ssl_ca_file = 'ca.pem'", CERTIFICATE_DEMANDED);
    std::fs::write(stage.server.data().join("ca.pem"), root.pem()).unwrap();
    stage.present(&[Recipe::server(&["db.example"]).issued_by(&root)]);
    let client = Recipe::v3("app")
        .key(key_of("rsa2048", "client"))
        .issued_by(&root);
    let certificate = stage.file("client.pem", client.pem());
    Files {
        stage,
        root,
        client,
        certificate,
    }
}

impl Files {
    /// A key file of this mode.
    fn key(&self, name: &str, content: impl AsRef<[u8]>, mode: u32) -> String {
        let path = self.stage.file(name, content);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

#[test]
fn keys_are_read_as_psql_reads_them() {
    let files = files();
    let pem = &files.client.key.pem;
    let pkcs8 = |more: &[&str]| {
        let arguments = [&["pkcs8", "-topk8", "-passout", "pass:sesame"], more].concat();
        openssl(&arguments, pem)
    };
    let legacy = |cipher: &str| {
        let arguments = ["rsa", "-traditional", cipher, "-passout", "pass:sesame"];
        openssl(&arguments, pem)
    };
    let ec = key("an EC key");
    let sec1 = openssl(&["ec"], &ec.pem);
    let with_parameters = [
        openssl(&["ecparam", "-name", "prime256v1"], ""),
        sec1.clone(),
    ]
    .concat();
    let keys: Vec<(&str, Vec<u8>)> = vec![
        ("PKCS#8", pem.clone().into()),
        ("PKCS#1", openssl(&["rsa", "-traditional"], pem)),
        (
            "PKCS#8 DER",
            openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], pem),
        ),
        (
            "PKCS#1 DER",
            openssl(&["rsa", "-traditional", "-outform", "DER"], pem),
        ),
        (
            "text before the key",
            format!("Bag Attributes\n    x: 1\n{pem}").into(),
        ),
        (
            "the certificate before the key",
            format!("{}{pem}", files.client.pem()).into(),
        ),
        ("two keys", format!("{pem}{}", ec.pem).into()),
        ("AES-256", pkcs8(&["-v2", "aes-256-cbc"])),
        (
            "AES-128, SHA-1",
            pkcs8(&["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"]),
        ),
        (
            "AES-256, SHA-512",
            pkcs8(&["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"]),
        ),
        ("triple DES", pkcs8(&["-v2", "des3"])),
        ("scrypt", pkcs8(&["-scrypt", "-scrypt_N", "1024"])),
        ("PKCS#12's triple DES", pkcs8(&["-v1", "PBE-SHA1-3DES"])),
        ("encrypted DER", pkcs8(&["-outform", "DER"])),
        ("legacy AES-256", legacy("-aes256")),
        ("legacy AES-128", legacy("-aes128")),
        ("legacy triple DES", legacy("-des3")),
        ("a public key", openssl(&["pkey", "-pubout"], pem)),
        (
            "another key",
            key_of("rsa2048", "someone else").pem.clone().into(),
        ),
        ("a key of another kind", sec1),
        ("likewise, with its parameters", with_parameters),
        ("garbage", b"?".to_vec()),
        ("nothing", Vec::new()),
    ];
    let mut comparison = Comparison::default();
    for (name, content) in keys {
        let key = files.key(
            &format!("{}.key", name.replace([' ', '\''], "-")),
            content,
            0o600,
        );
        for (passphrase, given) in [
            ("", "no"),
            ("sslpassword=sesame", "the"),
            ("sslpassword=wrong", "a wrong"),
        ] {
            let parameters = format!(
                "sslmode=require sslcert={} sslkey={key} {passphrase}",
                files.certificate
            );
            comparison.connect(
                &files.stage,
                &format!("{name}, {given} passphrase"),
                &parameters,
            );
        }
    }
    comparison.finish(&[(
        "PKCS#12's triple DES, the",
        "the libraries leave PKCS#5 version 1 out",
    )]);
}

#[test]
fn key_permissions_are_judged_as_psql_judges_them() {
    let files = files();
    let mut comparison = Comparison::default();
    for mode in [
        0o600, 0o400, 0o640, 0o440, 0o644, 0o660, 0o650, 0o604, 0o777,
    ] {
        let key = files.key("mode.key", &files.client.key.pem, mode);
        let parameters = format!("sslmode=require sslcert={} sslkey={key}", files.certificate);
        comparison.connect(&files.stage, &format!("mode {mode:o}"), &parameters);
    }
    comparison.finish(&[]);
}

#[test]
fn client_certificates_are_sent_as_psql_sends_them() {
    let files = files();
    let Files { stage, root, .. } = &files;
    let middle = Recipe::ca("Middle").issued_by(root);
    let client = || Recipe::v3("app").key(key("client"));
    let old = Recipe::v1("app").key(key("client")).issued_by(root);
    let chains: Vec<(&str, Vec<Made>)> = vec![
        ("usual", vec![client().issued_by(root)]),
        ("v1", vec![old]),
        (
            "below an intermediate",
            vec![client().issued_by(&middle), middle.clone()],
        ),
        (
            "the intermediate left out",
            vec![client().issued_by(&middle)],
        ),
        (
            "the intermediate first",
            vec![middle.clone(), client().issued_by(&middle)],
        ),
        ("expired", vec![client().days(-20, -1).issued_by(root)]),
        (
            "only for servers",
            vec![
                client()
                    .with(extended_key_usage(&[SERVER_AUTH]))
                    .issued_by(root),
            ],
        ),
        (
            "of another CA",
            vec![client().issued_by(&Recipe::ca("Other").self_signed())],
        ),
        ("self-signed", vec![client().self_signed()]),
        (
            "signed with SHA-1",
            vec![client().hash("sha1").issued_by(root)],
        ),
        (
            "self-signed with SHA-1",
            vec![client().hash("sha1").self_signed()],
        ),
        (
            "CA:TRUE",
            vec![client().with(basic_constraints(true, None)).issued_by(root)],
        ),
        (
            "P-384",
            vec![client().key(key_of("p384", "client")).issued_by(root)],
        ),
        (
            "P-521",
            vec![client().key(key_of("p521", "client")).issued_by(root)],
        ),
        (
            "Ed25519",
            vec![client().key(key_of("ed25519", "client")).issued_by(root)],
        ),
        (
            "RSA 1024",
            vec![client().key(key_of("rsa1024", "client")).issued_by(root)],
        ),
    ];
    let mut comparison = Comparison::default();
    for (name, chain) in chains {
        let certificate = stage.file("chain.pem", pem_chain(&chain));
        let key = files.key("chain.key", &chain[0].key.pem, 0o600);
        let parameters = format!("sslmode=require sslcert={certificate} sslkey={key}");
        comparison.connect(stage, name, &parameters);
    }
    let key = files.key("good.key", &files.client.key.pem, 0o600);
    let certificate = &files.certificate;
    let garbage = stage.file("garbage.pem", "?");
    for (name, parameters) in [
        ("none", String::new()),
        (
            "a certificate that is not there",
            format!("sslcert=/nowhere sslkey={key}"),
        ),
        (
            "a key that is not there",
            format!("sslcert={certificate} sslkey=/nowhere"),
        ),
        ("a key without a certificate", format!("sslkey={key}")),
        (
            "a certificate without a key",
            format!("sslcert={certificate}"),
        ),
        (
            "a garbage certificate",
            format!("sslcert={garbage} sslkey={key}"),
        ),
        (
            "a directory as key",
            format!("sslcert={certificate} sslkey=/"),
        ),
        (
            "an engine's key",
            format!("sslcert={certificate} sslkey=pkcs11:token"),
        ),
        (
            "TLS 1.2",
            format!("sslcert={certificate} sslkey={key} ssl_max_protocol_version=TLSv1.2"),
        ),
        ("TLS 1.2, none", "ssl_max_protocol_version=TLSv1.2".into()),
    ] {
        comparison.connect(stage, name, &format!("sslmode=require {parameters}"));
    }
    comparison.finish(&[]);
}

#[test]
fn the_recording_says_whether_the_server_asked_for_a_certificate() {
    let files = files();
    let key = files.key("good.key", &files.client.key.pem, 0o600);
    let parameters = format!("sslmode=require sslcert={} sslkey={key}", files.certificate);
    let (_, recording) = files.stage.pgcheck(&parameters);
    let seen = recording.client_certificate();
    assert!(seen.requested && seen.sent, "{seen:?}");
    assert_eq!(seen.authorities, ["CN=Root"]);
    let (_, recording) = files
        .stage
        .pgcheck(&format!("{parameters} sslcertmode=disable"));
    let seen = recording.client_certificate();
    assert!(seen.requested && !seen.sent, "{seen:?}");
}
