//! Revocation lists, with `openssl verify -crl_check_all` and psql as the oracles.

use std::process::Command;

use pgcheck::tls::{ChainTrial, Crls, Roots};

use super::chains::{now, verify};
use super::der::{sequence, tlv};
use super::pki::*;
use super::sessions::{Comparison, Stage, TRUST};

/// A name, the presented chain, and the lists.
type Case = (&'static str, Vec<Made>, Vec<String>);

struct Pki {
    root: Made,
    middle: Made,
    leaf: Made,
    below: Made,
    old: Made,
}

fn pki() -> Pki {
    let root = Recipe::ca("Root")
        .with(subject_key_id(b"root"))
        .self_signed();
    let middle = Recipe::ca("Middle").issued_by(&root);
    let server = || Recipe::server(&["db.example"]);
    Pki {
        leaf: server().issued_by(&root),
        below: server().serial(&[9, 9]).issued_by(&middle),
        old: Recipe::v1("server").serial(&[8, 8]).issued_by(&root),
        middle,
        root,
    }
}

fn cases(pki: &Pki) -> Vec<Case> {
    let Pki {
        root,
        middle,
        leaf,
        below,
        old,
    } = pki;
    let stranger = Recipe::ca("Stranger").self_signed();
    let signer_only = |list: List| list.signed_by(root);
    let alone = |name, list: List| (name, vec![leaf.clone()], vec![signer_only(list)]);
    let chain = || vec![below.clone(), middle.clone()];
    let critical_unknown = || critical(unknown_extension());
    let point = |content: Vec<u8>| critical(extension("2.5.29.28", sequence([content])));
    let mut cases = vec![
        alone("nothing revoked", List::new()),
        alone("another revoked", List::new().revokes(below)),
        alone("revoked", List::new().revokes(leaf)),
        alone("the root revoked", List::new().revokes(root)),
        alone("expired", List::new().days(-20, Some(-1))),
        alone(
            "expired, revoked",
            List::new().days(-20, Some(-1)).revokes(leaf),
        ),
        alone("not yet valid", List::new().days(1, Some(20))),
        alone("without an end", List::new().days(-1, None)),
        alone("v1", List::new().version(1)),
        alone("v1, revoked", List::new().version(1).revokes(leaf)),
        alone(
            "another spelling of the issuer",
            List::new().names_issuer(&[("CN/P", "ROOT")]),
        ),
        alone(
            "another spelling, revoked",
            List::new().names_issuer(&[("CN/P", "ROOT")]).revokes(leaf),
        ),
        alone(
            "another issuer's name",
            List::new().names_issuer(&[("CN", "Stranger")]),
        ),
        alone(
            "a number",
            List::new().with(extension("2.5.29.20", vec![2, 1, 7])),
        ),
        alone(
            "a fitting key identifier",
            List::new().with(authority_key_id(b"root")),
        ),
        alone(
            "another key identifier",
            List::new().with(authority_key_id(b"else")),
        ),
        alone("unknown extension", List::new().with(unknown_extension())),
        alone(
            "unknown critical extension",
            List::new().with(critical_unknown()),
        ),
        alone(
            "a delta",
            List::new().with(critical(extension("2.5.29.27", vec![2, 1, 1]))),
        ),
        alone("only for users", List::new().with(point(tlv(0x81, [0xff])))),
        alone("only for CAs", List::new().with(point(tlv(0x82, [0xff])))),
        alone("indirect", List::new().with(point(tlv(0x84, [0xff])))),
        alone(
            "of a distribution point",
            List::new().with(point(tlv(0xa0, tlv(0xa0, tlv(0x86, "http://x"))))),
        ),
        alone(
            "revoked for a reason",
            List::new()
                .revokes(leaf)
                .entries_with(extension("2.5.29.21", vec![10, 1, 1])),
        ),
        alone(
            "on hold",
            List::new()
                .revokes(leaf)
                .entries_with(extension("2.5.29.21", vec![10, 1, 6])),
        ),
        alone(
            "removed from the list",
            List::new()
                .revokes(leaf)
                .entries_with(extension("2.5.29.21", vec![10, 1, 8])),
        ),
        alone(
            "critical entry extension, another revoked",
            List::new().revokes(below).entries_with(critical_unknown()),
        ),
        alone(
            "critical entry extension, revoked",
            List::new().revokes(leaf).entries_with(critical_unknown()),
        ),
        alone("signed with SHA-1", List::new().hash("sha1")),
        alone("signed with SHA-384", List::new().hash("sha384")),
        (
            "signed by a stranger",
            vec![leaf.clone()],
            vec![
                List::new()
                    .names_issuer(&[("CN", "Root")])
                    .signed_by(&stranger),
            ],
        ),
        (
            "a stranger's list",
            vec![leaf.clone()],
            vec![List::new().signed_by(&stranger)],
        ),
        (
            "an expired one and a current one",
            vec![leaf.clone()],
            vec![
                signer_only(List::new().days(-20, Some(-1))),
                signer_only(List::new()),
            ],
        ),
        (
            "an old one without, a new one that revokes",
            vec![leaf.clone()],
            vec![
                signer_only(List::new().days(-9, Some(9))),
                signer_only(List::new().days(-1, Some(9)).revokes(leaf)),
            ],
        ),
        (
            "a new one without, an old one that revokes",
            vec![leaf.clone()],
            vec![
                signer_only(List::new().days(-1, Some(9))),
                signer_only(List::new().days(-9, Some(9)).revokes(leaf)),
            ],
        ),
        (
            "only the root's list",
            chain(),
            vec![signer_only(List::new())],
        ),
        (
            "only the intermediate's list",
            chain(),
            vec![List::new().signed_by(middle)],
        ),
        (
            "both lists",
            chain(),
            vec![signer_only(List::new()), List::new().signed_by(middle)],
        ),
        (
            "the intermediate revoked",
            chain(),
            vec![
                signer_only(List::new().revokes(middle)),
                List::new().signed_by(middle),
            ],
        ),
        (
            "the leaf below revoked",
            chain(),
            vec![
                signer_only(List::new()),
                List::new().revokes(below).signed_by(middle),
            ],
        ),
        (
            "a v1 certificate",
            vec![old.clone()],
            vec![signer_only(List::new())],
        ),
        (
            "a v1 certificate revoked",
            vec![old.clone()],
            vec![signer_only(List::new().revokes(old))],
        ),
        (
            "a v1 certificate, expired list",
            vec![old.clone()],
            vec![signer_only(List::new().days(-9, Some(-1)))],
        ),
    ];
    cases.extend(["no usage", "no cRLSign"].map(|name| {
        let bits = if name == "no usage" {
            DIGITAL_SIGNATURE
        } else {
            KEY_CERT_SIGN
        };
        let weak = Recipe::ca("Weak").with(key_usage(bits)).issued_by(root);
        let leaf = Recipe::server(&["db.example"]).issued_by(&weak);
        let lists = vec![signer_only(List::new()), List::new().signed_by(&weak)];
        (name, vec![leaf, weak], lists)
    }));
    let nothing = critical(extension("2.5.29.28", sequence([])));
    cases.push(alone(
        "a point that limits nothing",
        List::new().with(nothing),
    ));
    cases
}

/// Why pgcheck refuses what OpenSSL takes.
const REFUSED_ALONE: [(&str, &str); 4] = [
    ("signed with SHA-1", "the TLS library verifies no SHA-1"),
    (
        "removed from the list",
        "only a delta may have such an entry",
    ),
    ("a delta", "a list that is not whole proves nothing"),
    (
        "a point that limits nothing",
        "a list that may not be whole",
    ),
];

#[test]
fn no_chain_passes_a_list_that_openssl_would_stop_at() {
    let pki = pki();
    let directory = tempfile::tempdir().unwrap();
    let roots = Roots::from_certificates([pki.root.der.clone()]);
    let (mut accepted, mut wrong, mut alone) = (0, Vec::new(), Vec::new());
    let cases = cases(&pki);
    for (name, presented, lists) in &cases {
        let file = directory.path().join("lists.pem");
        std::fs::write(&file, lists.concat()).unwrap();
        let chain: Vec<_> = presented.iter().map(|made| made.der.clone()).collect();
        let ours = Crls::from_file(&file)
            .map_err(|error| error.to_string())
            .and_then(|crls| {
                ChainTrial::new(&chain, &roots, Some(&crls), now())
                    .libpq
                    .map_err(|error| error.to_string())
            });
        let file = file.to_str().unwrap();
        let options = ["-crl_check_all", "-CRLfile", file];
        let theirs = verify(
            std::slice::from_ref(&pki.root),
            presented,
            directory.path(),
            &options,
        );
        match (ours, theirs) {
            (Ok(()), Ok(())) => accepted += 1,
            (Ok(()), Err(why)) => wrong.push(format!("{name}: {why}")),
            (Err(why), Ok(())) => alone.push((*name, why)),
            (Err(_), Err(_)) => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(accepted > 10, "{accepted}");
    let unknown: Vec<_> = alone
        .iter()
        .filter(|(name, _)| !REFUSED_ALONE.iter().any(|(known, _)| known == name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert_eq!(alone.len(), REFUSED_ALONE.len(), "{alone:#?}");
}

#[test]
fn lists_are_found_and_used_as_psql_finds_and_uses_them() {
    let pki = pki();
    let stage = Stage::new("", TRUST);
    stage.present(std::slice::from_ref(&pki.leaf));
    let roots = stage.file("roots.pem", pki.root.pem());
    let good = List::new().signed_by(&pki.root);
    let bad = List::new().revokes(&pki.leaf).signed_by(&pki.root);
    let mut comparison = Comparison::default();
    let mut connect = |name: &str, more: String| {
        let parameters = format!("host=db.example sslmode=verify-full sslrootcert={roots} {more}");
        comparison.connect(&stage, name, &parameters);
    };
    for (name, list) in [("good", &good), ("bad", &bad), ("garbage", &"?".to_owned())] {
        let file = stage.file(&format!("{name}.pem"), list);
        connect(&format!("a {name} list"), format!("sslcrl={file}"));
    }
    connect("no such list", "sslcrl=/nowhere".into());
    for (name, list, rehashed, as_hash) in [
        ("good", &good, true, None),
        ("bad", &bad, true, None),
        ("unhashed", &good, false, None),
        ("wrongly hashed", &good, false, Some("01234567.r0")),
    ] {
        let directory = stage.home.path().join(name.replace(' ', "-"));
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join(as_hash.unwrap_or("list.pem")), list).unwrap();
        if rehashed {
            let done = Command::new("openssl")
                .arg("rehash")
                .arg(&directory)
                .output()
                .unwrap();
            assert!(done.status.success());
        }
        connect(
            &format!("a directory, {name}"),
            format!("sslcrldir={}", directory.display()),
        );
    }
    connect(
        "an empty directory",
        format!("sslcrldir={}", stage.home.path().display()),
    );
    comparison.finish(&[
        (
            "a garbage list",
            "libpq ignores it, and then checks nothing",
        ),
        ("no such list", "libpq ignores it, and then checks nothing"),
    ]);
}
