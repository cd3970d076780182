//! Intermediates and roots.

use super::{Chain, chain};
use crate::pki::*;

#[rustfmt::skip]
pub fn intermediates(root: &Made) -> Vec<Chain> {
    let ca = || Recipe::ca("Middle");
    let recipes = [
        ("usual", ca()),
        ("expired", ca().days(-20, -1)),
        ("not yet valid", ca().days(1, 20)),
        ("v1", Recipe::v1("Middle")),
        ("bare", ca().bare()),
        ("CA:FALSE", ca().with(basic_constraints(false, None))),
        ("no basic constraints", ca().without("2.5.29.19")),
        ("Netscape CA only", ca().bare().with(netscape_type(0x04))),
        ("no key usage", ca().without("2.5.29.15")),
        ("only cRLSign", ca().with(key_usage(CRL_SIGN))),
        ("only digitalSignature", ca().with(key_usage(DIGITAL_SIGNATURE))),
        ("serverAuth", ca().with(extended_key_usage(&[SERVER_AUTH]))),
        ("clientAuth", ca().with(extended_key_usage(&[CLIENT_AUTH]))),
        ("any usage", ca().with(extended_key_usage(&[ANY_USAGE]))),
        ("server gated", ca().with(extended_key_usage(&[SERVER_GATED]))),
        ("path length 0", ca().with(basic_constraints(true, Some(0)))),
        ("critical unknown", ca().with(critical(unknown_extension()))),
        ("critical policies", ca().with(critical(policies(&["1.2.3"])))),
        ("Netscape client", ca().with(netscape_type(0x80))),
        ("policy constraints", ca().with(critical(extension("2.5.29.36", vec![0x30, 3, 0x80, 1, 0])))),
        ("inhibit any policy", ca().with(critical(extension("2.5.29.54", vec![2, 1, 0])))),
    ];
    recipes
        .into_iter()
        .flat_map(|(name, recipe)| {
            let middle = recipe.issued_by(root);
            let leaf = Recipe::server(&["db.example"]).issued_by(&middle);
            let old = Recipe::v1("server").issued_by(&middle);
            let lower = Recipe::ca("Lower").issued_by(&middle);
            let deep = Recipe::server(&["db.example"]).issued_by(&lower);
            [
                chain(&format!("intermediate: {name}"), &[root], &[&leaf, &middle]),
                chain(&format!("intermediate in the file: {name}"), &[root, &middle], &[&leaf]),
                chain(&format!("v1 leaf below intermediate: {name}"), &[root], &[&old, &middle]),
                chain(&format!("two intermediates: {name}"), &[root], &[&deep, &lower, &middle]),
            ]
        })
        .collect()
}

#[rustfmt::skip]
pub fn roots() -> Vec<Chain> {
    let ca = || Recipe::ca("Root");
    let recipes = [
        ("v1", Recipe::v1("Root")),
        ("bare v3", ca().bare()),
        ("expired", ca().days(-20, -1)),
        ("not yet valid", ca().days(1, 20)),
        ("CA:FALSE", ca().with(basic_constraints(false, None))),
        ("no keyCertSign", ca().with(key_usage(CRL_SIGN))),
        ("only key usage", ca().without("2.5.29.19")),
        ("only basic constraints", ca().without("2.5.29.15")),
        ("Netscape CA only", ca().bare().with(netscape_type(0x04))),
        ("Netscape mail CA only", ca().bare().with(netscape_type(0x02))),
        ("clientAuth", ca().with(extended_key_usage(&[CLIENT_AUTH]))),
        ("serverAuth", ca().with(extended_key_usage(&[SERVER_AUTH]))),
        ("path length 0", ca().with(basic_constraints(true, Some(0)))),
        ("path length 1", ca().with(basic_constraints(true, Some(1)))),
        ("critical unknown", ca().with(critical(unknown_extension()))),
        ("SHA-1", ca().hash("sha1")),
        ("P-384", ca().key(key_of("p384", "root"))),
        ("P-521", ca().key(key_of("p521", "root"))),
        ("RSA 2048", ca().key(key_of("rsa2048", "root"))),
        ("RSA 1024", ca().key(key_of("rsa1024", "root"))),
        ("Ed25519", ca().key(key_of("ed25519", "root"))),
        ("names another issuer", ca().names_issuer(&[("CN", "Nobody")])),
        ("key identifiers", ca().with(subject_key_id(b"r")).with(authority_key_id(b"r"))),
        ("another authority's identifier", ca().with(subject_key_id(b"r")).with(authority_key_id(b"x"))),
        ("its own serial as authority", ca().serial(&[5]).with(authority_serial("Root", &[5]))),
        ("another serial as authority", ca().serial(&[5]).with(authority_serial("Root", &[6]))),
    ];
    recipes
        .into_iter()
        .flat_map(|(name, recipe)| {
            let root = recipe.self_signed();
            let leaf = Recipe::server(&["db.example"]).issued_by(&root);
            let old = Recipe::v1("server").issued_by(&root);
            let ca_leaf = Recipe::ca("server").with(key_usage(DIGITAL_SIGNATURE)).issued_by(&root);
            let middle = Recipe::ca("Middle").issued_by(&root);
            let below = Recipe::server(&["db.example"]).issued_by(&middle);
            let lower = Recipe::ca("Lower").issued_by(&middle);
            let deep = Recipe::server(&["db.example"]).issued_by(&lower);
            [
                chain(&format!("root: {name}"), &[&root], &[&leaf]),
                chain(&format!("v1 leaf, root: {name}"), &[&root], &[&old]),
                chain(&format!("CA leaf, root: {name}"), &[&root], &[&ca_leaf]),
                chain(&format!("intermediate, root: {name}"), &[&root], &[&below, &middle]),
                chain(&format!("two intermediates, root: {name}"), &[&root], &[&deep, &lower, &middle]),
                chain(&format!("the root itself serves: {name}"), &[&root], &[&root]),
            ]
        })
        .collect()
}
