//! Certificates with bytes changed: nothing panics, and no signature covers them.

use pgcheck::tls::{ChainTrial, Crls, NameTrial, Roots, channel_binding, describe};
use proptest::prelude::*;
use rustls::pki_types::CertificateDer;

use super::chains::now;
use super::pki::*;

struct Victims {
    root: Made,
    leaves: Vec<Made>,
}

/// One of each form that takes another way through the verifier.
fn victims() -> &'static Victims {
    static VICTIMS: std::sync::LazyLock<Victims> = std::sync::LazyLock::new(|| {
        let root = Recipe::ca("Root")
            .with(subject_key_id(b"root"))
            .with(name_constraints(
                &["example", "dn:server", "IP:127.0.0.0/255.0.0.0"],
                &["x"],
            ))
            .self_signed();
        let server = || {
            Recipe::server(&["db.example", "*.db.example", "IP:127.0.0.1", "IP:::1"])
                .without("2.5.29.17")
                .with(alternative_names(&[
                    "db.example",
                    "*.db.example",
                    "IP:127.0.0.1",
                ]))
                .with(key_usage(DIGITAL_SIGNATURE))
                .with(extended_key_usage(&[SERVER_AUTH]))
                .with(netscape_type(0x40))
                .with(authority_key_id(b"root"))
        };
        let leaves = vec![
            server().issued_by(&root),
            server()
                .with(basic_constraints(true, Some(1)))
                .issued_by(&root),
            Recipe::v1("server").issued_by(&root),
            server().names_issuer(&[("CN/P", "ROOT")]).issued_by(&root),
        ];
        for leaf in &leaves {
            assert_eq!(trial(&[&leaf.der], &root.der).libpq, Ok(()));
        }
        Victims { root, leaves }
    });
    &VICTIMS
}

fn trial(presented: &[&CertificateDer<'static>], root: &CertificateDer<'static>) -> ChainTrial {
    let presented: Vec<_> = presented.iter().map(|&der| der.clone()).collect();
    let roots = Roots::from_certificates([root.clone()]);
    ChainTrial::new(&presented, &roots, None, now())
}

/// What may happen to some bytes.
#[derive(Clone, Debug)]
enum Change {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Insert(prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        4 => (at(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => at().prop_map(Change::Remove),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        1 => at().prop_map(Change::Cut),
    ]
}

fn apply(changes: &[Change], der: &[u8]) -> Vec<u8> {
    let mut der = der.to_vec();
    for change in changes {
        let length = der.len().max(1);
        der.push(0);
        match change {
            Change::Set(at, byte) => der[at.index(length)] = *byte,
            Change::Flip(at, bit) => der[at.index(length)] ^= 1 << bit,
            Change::Remove(at) => drop(der.remove(at.index(length))),
            Change::Insert(at, byte) => der.insert(at.index(length), *byte),
            Change::Cut(at) => der.truncate(at.index(length) + 1),
        }
        der.pop();
    }
    der
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_changed_certificate_is_never_trusted(
        leaf in 0..4_usize,
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let Victims { root, leaves } = victims();
        let original = &leaves[leaf].der;
        let changed = CertificateDer::from(apply(&changes, original));
        let _ = describe(&changed);
        let _ = channel_binding(&changed);
        for host in ["db.example", "127.0.0.1", "::1"] {
            let _ = NameTrial::new(&changed, Some(host));
        }
        let verdict = trial(&[&changed], &root.der).libpq;
        prop_assert!(verdict.is_err() || changed == *original, "{:?}", changes);
        // As an intermediate and as a root it must do no harm either.
        let _ = trial(&[original, &changed], &root.der);
        let _ = trial(&[&changed], &changed);
        let _ = trial(&[original], &changed);
    }

    #[test]
    fn a_changed_root_does_not_panic(changes in prop::collection::vec(change(), 1..4)) {
        let Victims { root, leaves } = victims();
        let changed = CertificateDer::from(apply(&changes, &root.der));
        for leaf in leaves {
            let _ = trial(&[&leaf.der], &changed);
            let _ = trial(&[&leaf.der, &changed], &root.der);
        }
    }

    #[test]
    fn a_changed_list_is_never_used(changes in prop::collection::vec(change(), 1..4)) {
        let Victims { root, leaves } = victims();
        let list = List::new().revokes(&leaves[1]).signed_by(root);
        let list = pem::parse(list).unwrap();
        let changed = apply(&changes, list.contents());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem_of("X509 CRL", &changed)).unwrap();
        if let Ok(crls) = Crls::from_file(file.path()) {
            let presented = [leaves[0].der.clone()];
            let roots = Roots::from_certificates([root.der.clone()]);
            let verdict = ChainTrial::new(&presented, &roots, Some(&crls), now()).libpq;
            prop_assert!(verdict.is_err() || changed == list.contents(), "{:?}", changes);
        }
    }

    #[test]
    fn any_host_can_be_compared(host in ".{0,40}") {
        let Victims { leaves, .. } = victims();
        for leaf in leaves {
            let _ = NameTrial::new(&leaf.der, Some(&host));
        }
    }

    #[test]
    fn any_bytes_can_be_a_certificate(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let certificate = CertificateDer::from(bytes);
        let _ = describe(&certificate);
        let _ = channel_binding(&certificate);
        let _ = NameTrial::new(&certificate, Some("db.example"));
        prop_assert!(trial(&[&certificate], &certificate).libpq.is_err());
    }
}
