//! Servers' own certificates.

use super::{Chain, chain};
use crate::pki::*;

#[rustfmt::skip]
pub fn leaves(root: &Made) -> Vec<Chain> {
    let server = || Recipe::server(&["db.example"]);
    let recipes = [
        ("expired", server().days(-20, -1)),
        ("not yet valid", server().days(1, 20)),
        ("v1", Recipe::v1("server")),
        ("v2", Recipe::v1("server").version(2)),
        ("v1 with extensions", server().version(1)),
        ("no extensions", server().bare()),
        ("CA:TRUE", server().with(basic_constraints(true, None))),
        ("CA:TRUE, path length", server().with(basic_constraints(true, Some(0)))),
        ("path length without CA", server().with(basic_constraints(false, Some(0)))),
        ("path length 3 without CA", server().with(basic_constraints(false, Some(3)))),
        ("digitalSignature", server().with(key_usage(DIGITAL_SIGNATURE))),
        ("keyEncipherment", server().with(key_usage(KEY_ENCIPHERMENT))),
        ("keyAgreement", server().with(key_usage(KEY_AGREEMENT))),
        ("nonRepudiation", server().with(key_usage(NON_REPUDIATION))),
        ("keyCertSign", server().with(key_usage(KEY_CERT_SIGN))),
        ("no usage at all", server().with(key_usage(0))),
        ("serverAuth", server().with(extended_key_usage(&[SERVER_AUTH]))),
        ("clientAuth", server().with(extended_key_usage(&[CLIENT_AUTH]))),
        ("both auths", server().with(extended_key_usage(&[CLIENT_AUTH, SERVER_AUTH]))),
        ("any usage", server().with(extended_key_usage(&[ANY_USAGE]))),
        ("server gated", server().with(extended_key_usage(&[SERVER_GATED]))),
        ("empty extended usage", server().with(extended_key_usage(&[]))),
        ("v3 CA:TRUE clientAuth", server().with(basic_constraints(true, None)).with(extended_key_usage(&[CLIENT_AUTH]))),
        ("Netscape server", server().with(netscape_type(0x40))),
        ("Netscape client", server().with(netscape_type(0x80))),
        ("Netscape server, critical", server().with(critical(netscape_type(0x40)))),
        ("unknown extension", server().with(unknown_extension())),
        ("unknown critical extension", server().with(critical(unknown_extension()))),
        ("CA:TRUE, unknown critical", server().with(basic_constraints(true, None)).with(critical(unknown_extension()))),
        ("critical policies", server().with(critical(policies(&["1.2.3"])))),
        ("critical alternative names", server().with(critical(alternative_names(&["db.example"])))),
        ("critical SCT-like", server().with(critical(extension("1.3.6.1.4.1.11129.2.4.2", vec![4, 0])))),
        ("critical authority information", server().with(critical(extension("1.3.6.1.5.5.7.1.1", vec![0x30, 0])))),
        ("proxy certificate", server().with(extension("1.3.6.1.5.5.7.1.14", vec![0x30, 0]))),
        ("garbage alternative names", server().with(extension("2.5.29.17", b"nonsense".to_vec()))),
        ("garbage constraints", server().with(extension("2.5.29.19", b"nonsense".to_vec()))),
        ("garbage key usage", server().with(extension("2.5.29.15", b"nonsense".to_vec()))),
        ("garbage key id", server().with(extension("2.5.29.14", b"nonsense".to_vec()))),
        ("names twice", server().and(alternative_names(&["other.example"]))),
        ("unknown extension twice", server().and(unknown_extension()).and(unknown_extension())),
        ("serial 0", server().serial(&[0])),
        ("negative serial", server().serial(&[0xff])),
        ("serial of 24 bytes", server().serial(&[7; 24])),
        ("empty subject", server().subject(&[])),
        ("same name as the root", server().subject(&[("CN", "Root")])),
        ("no alternative names", Recipe::server(&[])),
        ("a name that is not ASCII", server().with(alternative_names(&["dé.example"]))),
        ("expired long ago, v1", Recipe::v1("server").days(-8000, -7000)),
        ("v1, not yet valid", Recipe::v1("server").days(1, 20)),
        ("valid until 2100", server().days(-1, 27_000)),
    ];
    recipes.into_iter().map(|(name, recipe)| chain(&format!("leaf: {name}"), &[root], &[&recipe.issued_by(root)])).collect()
}

#[rustfmt::skip]
pub fn self_signed(root: &Made) -> Vec<Chain> {
    let server = || Recipe::server(&["db.example"]);
    let recipes = [
        ("CA:FALSE", server()),
        ("CA:TRUE", server().with(basic_constraints(true, None))),
        (
            "CA:TRUE and key identifiers",
            server().with(basic_constraints(true, None)).with(subject_key_id(b"me")).with(authority_key_id(b"me")),
        ),
        ("other key identifier", server().with(subject_key_id(b"me")).with(authority_key_id(b"you"))),
        ("v1", Recipe::v1("server")),
        ("bare", server().bare()),
        ("expired", server().days(-20, -1)),
        ("clientAuth", server().with(extended_key_usage(&[CLIENT_AUTH]))),
        ("CA:TRUE, clientAuth", server().with(basic_constraints(true, None)).with(extended_key_usage(&[CLIENT_AUTH]))),
        ("CA:TRUE, only keyCertSign", Recipe::ca("server")),
        ("critical unknown", server().with(critical(unknown_extension()))),
        ("SHA-1", server().hash("sha1")),
        (
            "name constraints that exclude it",
            server().with(basic_constraints(true, None)).with(name_constraints(&["other.example"], &[])),
        ),
        ("v1, expired", Recipe::v1("server").days(-20, -1)),
    ];
    recipes
        .into_iter()
        .flat_map(|(name, recipe)| {
            let made = recipe.self_signed();
            [
                chain(&format!("self-signed, its own root: {name}"), &[&made], &[&made]),
                chain(&format!("self-signed, not in the file: {name}"), &[root], &[&made]),
                chain(&format!("self-signed and tampered: {name}"), &[&made], &[&made.tampered()]),
                chain(&format!("self-signed, sent twice: {name}"), &[&made, root], &[&made, &made]),
            ]
        })
        .collect()
}
