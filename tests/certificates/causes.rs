//! Each refusal names its cause.

use pgcheck::tls::{ChainError, Crls, RevocationProblem, Role};

use super::chains::{chain, now};
use super::pki::*;

fn cause(roots: &[&Made], presented: &[&Made]) -> ChainError {
    let trial = chain("", roots, presented).trial();
    trial.libpq.expect_err("a refusal")
}

/// The name of the variant, which certificate, and the words.
fn summary(error: &ChainError) -> (String, Option<(Role, usize)>, String) {
    let debug = format!("{error:?}");
    let end = debug.find(|c: char| !c.is_alphanumeric());
    (
        debug[..end.unwrap_or(debug.len())].to_owned(),
        error.place().map(|place| (place.role, place.depth)),
        error.to_string(),
    )
}

fn url(url: &str) -> Extension {
    use super::der::{oid, sequence, tlv};
    let access = sequence([oid("1.3.6.1.5.5.7.48.2"), tlv(0x86, url)]);
    extension("1.3.6.1.5.5.7.1.1", sequence([access]))
}

/// The refusal; its variant, its certificate and some of its words.
type Case = (
    ChainError,
    &'static str,
    Option<(Role, usize)>,
    &'static str,
);

#[test]
#[rustfmt::skip]
fn refusals_say_which_certificate_and_what_is_wrong_with_it() {
    let root = Recipe::ca("Root").self_signed();
    let other = Recipe::ca("Other").self_signed();
    let twin = Recipe::ca("Root").key(key("twin")).self_signed();
    let middle = Recipe::ca("Middle").issued_by(&root);
    let server = || Recipe::server(&["db.example"]);
    let leaf = server().issued_by(&root);
    let below = server().issued_by(&middle);
    let below_url = server().with(url("http://ca.example/middle.crt")).issued_by(&middle);
    let own = server().self_signed();
    let same = server().key(key("same")).self_signed();
    let old_middle = Recipe::ca("Middle").days(-20, -1).issued_by(&root);
    let old_root = Recipe::ca("Root").days(-20, -1).self_signed();
    let short = Recipe::ca("Root").with(basic_constraints(true, Some(0))).self_signed();
    let no_ca = Recipe::v3("Middle").issued_by(&root);
    let limited = Recipe::ca("Root").with(name_constraints(&["other"], &[])).self_signed();
    let weak_root = Recipe::ca("Weak").key(key_of("rsa1024", "root")).self_signed();
    let (server_role, middle_role, root_role) = (Role::Server, Role::Intermediate, Role::Root);
    let cases: Vec<Case> = vec![
        (cause(&[&other], &[&leaf]), "UnknownIssuer", Some((server_role, 0)), "issued by \"CN=Root\", which is not among the trusted roots"),
        (cause(&[&root], &[&below]), "UnknownIssuer", Some((server_role, 0)), "issued by \"CN=Middle\""),
        (cause(&[&root], &[&below_url]), "IntermediateMissing", Some((server_role, 0)), "whose certificate the server does not send"),
        (cause(&[&middle], &[&below, &middle]), "RootMissing", Some((middle_role, 1)), "its issuer \"CN=Root\" is not"),
        (cause(&[&root], &[&own]), "SelfSigned", Some((server_role, 0)), "is self-signed and not among the trusted roots"),
        (cause(&[&same], &[&own]), "SelfSigned", Some((server_role, 0)), "a trusted root of the same name is another certificate"),
        (cause(&[&other], &[&leaf, &root]), "UntrustedRoot", Some((middle_role, 1)), "the end of the chain, is not among the trusted roots"),
        (cause(&[&twin], &[&leaf]), "BadSignature", Some((server_role, 0)), "was not signed by the \"CN=Root\" at hand"),
        (cause(&[&root], &[&leaf.tampered()]), "BadSignature", Some((server_role, 0)), "was not signed by the"),
        (cause(&[&root], &[&server().days(-20, -1).issued_by(&root)]), "Expired", Some((server_role, 0)), "expired on 20"),
        (cause(&[&root], &[&server().days(1, 20).issued_by(&root)]), "NotYetValid", Some((server_role, 0)), "is not valid before 20"),
        (cause(&[&root], &[&below, &old_middle]), "Expired", Some((middle_role, 1)), "the intermediate certificate \"CN=Middle\" expired on"),
        (cause(&[&old_root], &[&leaf]), "Expired", Some((root_role, 1)), "the root certificate \"CN=Root\" expired on"),
        (cause(&[&root], &[&server().key(key_of("rsa1024", "leaf")).issued_by(&root)]), "WeakKey", Some((server_role, 0)), "has a weak key (RSA, 1024 bits)"),
        (cause(&[&weak_root], &[&server().issued_by(&weak_root)]), "WeakKey", Some((root_role, 1)), "the root certificate"),
        (cause(&[&root], &[&server().hash("sha1").issued_by(&root)]), "WeakSignature", Some((server_role, 0)), "signed with a weak algorithm (ECDSA with SHA-1)"),
        (cause(&[&root], &[&server().hash("sha224").issued_by(&root)]), "UnsupportedSignature", Some((server_role, 0)), "ECDSA with SHA-224"),
        (cause(&[&root], &[&server().with(extended_key_usage(&[CLIENT_AUTH])).issued_by(&root)]), "NotForServers", Some((server_role, 0)), "not meant for servers"),
        (cause(&[&root], &[&server().with(critical(unknown_extension())).issued_by(&root)]), "UnknownCriticalExtension", Some((server_role, 0)), "1.2.3.4.5"),
        (cause(&[&root], &[&server().issued_by(&no_ca), &no_ca]), "NotACa", Some((middle_role, 1)), "is not a CA certificate"),
        (cause(&[&short], &[&below, &middle]), "PathTooLong", Some((root_role, 2)), "does not allow as many intermediate certificates"),
        (cause(&[&limited], &[&leaf]), "NameConstraints", None, "a DNS name of \"CN=server\" is outside"),
        (cause(&[&root], &[&server().with(extension("2.5.29.19", vec![1])).issued_by(&root)]), "Malformed", Some((server_role, 0)), "2.5.29.19"),
    ];
    for (error, variant, place, words) in cases {
        let (found, at, text) = summary(&error);
        assert_eq!((found.as_str(), at), (variant, place), "{text}");
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn revocation_says_since_when_or_why_it_cannot_be_told() {
    let root = Recipe::ca("Root").self_signed();
    let leaf = Recipe::server(&["db.example"]).issued_by(&root);
    let roots = pgcheck::tls::Roots::from_certificates([root.der.clone()]);
    let verdict = |list: String| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), list).unwrap();
        let crls = Crls::from_file(file.path()).unwrap();
        let presented = [leaf.der.clone()];
        pgcheck::tls::ChainTrial::new(&presented, &roots, Some(&crls), now()).libpq
    };
    assert_eq!(verdict(List::new().signed_by(&root)), Ok(()));
    let revoked = verdict(List::new().revokes(&leaf).signed_by(&root));
    assert!(
        matches!(revoked, Err(ChainError::Revoked(..))),
        "{revoked:?}"
    );
    let expired = verdict(List::new().days(-9, Some(-1)).signed_by(&root));
    assert!(
        matches!(
            expired,
            Err(ChainError::RevocationUnknown(
                _,
                RevocationProblem::Expired(_)
            ))
        ),
        "{expired:?}"
    );
    let nobody = List::new()
        .names_issuer(&[("CN", "Nobody")])
        .signed_by(&root);
    assert!(matches!(
        verdict(nobody),
        Err(ChainError::RevocationUnknown(_, RevocationProblem::NoList(issuer))) if issuer == "CN=Root"
    ));
}

#[test]
fn a_strict_client_says_what_it_minds() {
    let root = Recipe::ca("Root").self_signed();
    let own = Recipe::server(&["db.example"])
        .with(basic_constraints(true, None))
        .self_signed();
    for (roots, presented, code) in [
        (&own, own.clone(), "CaUsedAsEndEntity"),
        (
            &root,
            Recipe::v1("server").issued_by(&root),
            "UnsupportedCertVersion",
        ),
    ] {
        let trial = chain("", &[roots], &[&presented]).trial();
        assert_eq!(trial.libpq, Ok(()));
        assert_eq!(trial.strict.unwrap_err().code.as_deref(), Some(code));
    }
}
