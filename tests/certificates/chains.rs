//! Chains, with `openssl verify` as the oracle.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use pgcheck::tls::{ChainTrial, Roots};
use rustls::pki_types::UnixTime;

use super::pki::*;

/// A chain as a server presents it, and a root file.
#[derive(Clone)]
pub struct Chain {
    pub name: String,
    pub roots: Vec<Made>,
    pub presented: Vec<Made>,
}

pub fn chain(name: &str, roots: &[&Made], presented: &[&Made]) -> Chain {
    let own = |list: &[&Made]| list.iter().map(|&made| made.clone()).collect();
    Chain {
        name: name.into(),
        roots: own(roots),
        presented: own(presented),
    }
}

impl Chain {
    pub fn trial(&self) -> ChainTrial {
        let roots = Roots::from_certificates(self.roots.iter().map(|root| root.der.clone()));
        let presented: Vec<_> = self.presented.iter().map(|made| made.der.clone()).collect();
        ChainTrial::new(&presented, &roots, None, now())
    }

    /// What OpenSSL's default verification says, at the security level of Debian's psql.
    pub fn openssl(&self) -> Result<(), String> {
        let directory = tempfile::tempdir().unwrap();
        verify(&self.roots, &self.presented, directory.path(), &[])
    }
}

pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(SystemTime::UNIX_EPOCH.elapsed().unwrap())
}

pub fn verify(
    roots: &[Made],
    presented: &[Made],
    directory: &Path,
    more: &[&str],
) -> Result<(), String> {
    let write = |name: &str, text: String| {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let output = Command::new("openssl")
        .args(["verify", "-purpose", "sslserver", "-auth_level", "2"])
        .args(["-no-CApath", "-no-CAstore", "-CAfile"])
        .arg(write("roots.pem", pem_chain(roots)))
        .arg("-untrusted")
        .arg(write("presented.pem", pem_chain(presented)))
        .args(more)
        .arg(write("leaf.pem", presented[0].pem()))
        .output()
        .expect("openssl starts");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr)
            .lines()
            .find(|line| line.starts_with("error "))
            .unwrap_or("?")
            .to_owned()),
    }
}

/// Compares both on every chain; returns the names of those that only OpenSSL accepts.
pub fn compare(chains: &[Chain]) -> Vec<String> {
    let mut accepted_wrongly = Vec::new();
    let mut refused_alone = Vec::new();
    let mut accepted = 0;
    for chain in chains {
        match (chain.trial().libpq, chain.openssl()) {
            (Ok(()), Err(why)) => accepted_wrongly.push(format!("{}: {why}", chain.name)),
            (Err(why), Ok(())) => refused_alone.push(format!("{}: {why}", chain.name)),
            (Ok(()), Ok(())) => accepted += 1,
            (Err(_), Err(_)) => {}
        }
    }
    eprintln!("{} chains, {accepted} accepted by both", chains.len());
    assert!(accepted_wrongly.is_empty(), "{accepted_wrongly:#?}");
    refused_alone
}

fn table() -> Vec<Chain> {
    let root = Recipe::ca("Root").self_signed();
    let other = Recipe::ca("Other").self_signed();
    let twin = Recipe::ca("Root")
        .key(key("twin"))
        .serial(&[77])
        .self_signed();
    let middle = Recipe::ca("Middle").issued_by(&root);
    let leaf = Recipe::server(&["db.example"]).issued_by(&root);
    let below = Recipe::server(&["db.example"]).issued_by(&middle);
    let mut chains = vec![
        chain("a root and a leaf", &[&root], &[&leaf]),
        chain("with the root sent", &[&root], &[&leaf, &root]),
        chain("an intermediate sent", &[&root], &[&below, &middle]),
        chain(
            "all sent, out of order",
            &[&root],
            &[&below, &root, &other, &middle],
        ),
        chain("the intermediate missing", &[&root], &[&below]),
        chain(
            "the intermediate beside its root in the file",
            &[&middle, &root],
            &[&below],
        ),
        chain("only the intermediate in the file", &[&middle], &[&below]),
        chain(
            "only the intermediate in the file, all sent",
            &[&middle],
            &[&below, &middle, &root],
        ),
        chain("only the leaf in the file", &[&leaf], &[&leaf]),
        chain("another root", &[&other], &[&leaf]),
        chain("another root, its own sent", &[&other], &[&leaf, &root]),
        chain("a twin of the root with another key", &[&twin], &[&leaf]),
        chain(
            "a twin of the root, the root sent",
            &[&twin],
            &[&leaf, &root],
        ),
        chain("the twin first in the file", &[&twin, &root], &[&leaf]),
        chain("the twin second in the file", &[&root, &twin], &[&leaf]),
        chain("a tampered leaf", &[&root], &[&leaf.tampered()]),
        chain(
            "a tampered intermediate",
            &[&root],
            &[&below, &middle.tampered()],
        ),
        chain("a tampered root", &[&root.tampered()], &[&leaf]),
        chain("a leaf that is sent twice", &[&root], &[&leaf, &leaf]),
    ];
    chains.extend(leaves(&root));
    chains.extend(self_signed(&root));
    chains.extend(intermediates(&root));
    chains.extend(roots());
    chains.extend(identifiers());
    chains.extend(names_of_issuers());
    chains.extend(constraints());
    chains.extend(algorithms());
    chains
}

fn leaves(root: &Made) -> Vec<Chain> {
    let server = || Recipe::server(&["db.example"]);
    let recipes = [
        ("expired", server().days(-20, -1)),
        ("not yet valid", server().days(1, 20)),
        ("v1", Recipe::v1("server")),
        ("v2", Recipe::v1("server").version(2)),
        ("v1 with extensions", server().version(1)),
        ("no extensions", server().bare()),
        ("CA:TRUE", server().with(basic_constraints(true, None))),
        (
            "CA:TRUE, path length",
            server().with(basic_constraints(true, Some(0))),
        ),
        (
            "path length without CA",
            server().with(basic_constraints(false, Some(0))),
        ),
        (
            "path length 3 without CA",
            server().with(basic_constraints(false, Some(3))),
        ),
        (
            "digitalSignature",
            server().with(key_usage(DIGITAL_SIGNATURE)),
        ),
        (
            "keyEncipherment",
            server().with(key_usage(KEY_ENCIPHERMENT)),
        ),
        ("keyAgreement", server().with(key_usage(KEY_AGREEMENT))),
        ("nonRepudiation", server().with(key_usage(NON_REPUDIATION))),
        ("keyCertSign", server().with(key_usage(KEY_CERT_SIGN))),
        ("no usage at all", server().with(key_usage(0))),
        (
            "serverAuth",
            server().with(extended_key_usage(&[SERVER_AUTH])),
        ),
        (
            "clientAuth",
            server().with(extended_key_usage(&[CLIENT_AUTH])),
        ),
        (
            "both auths",
            server().with(extended_key_usage(&[CLIENT_AUTH, SERVER_AUTH])),
        ),
        ("any usage", server().with(extended_key_usage(&[ANY_USAGE]))),
        (
            "server gated",
            server().with(extended_key_usage(&[SERVER_GATED])),
        ),
        (
            "empty extended usage",
            server().with(extended_key_usage(&[])),
        ),
        (
            "v3 CA:TRUE clientAuth",
            server()
                .with(basic_constraints(true, None))
                .with(extended_key_usage(&[CLIENT_AUTH])),
        ),
        ("Netscape server", server().with(netscape_type(0x40))),
        ("Netscape client", server().with(netscape_type(0x80))),
        (
            "Netscape server, critical",
            server().with(critical(netscape_type(0x40))),
        ),
        ("unknown extension", server().with(unknown_extension())),
        (
            "unknown critical extension",
            server().with(critical(unknown_extension())),
        ),
        (
            "CA:TRUE, unknown critical",
            server()
                .with(basic_constraints(true, None))
                .with(critical(unknown_extension())),
        ),
        (
            "critical policies",
            server().with(critical(policies(&["1.2.3"]))),
        ),
        (
            "critical alternative names",
            server().with(critical(alternative_names(&["db.example"]))),
        ),
        (
            "critical SCT-like",
            server().with(critical(extension("1.3.6.1.4.1.11129.2.4.2", vec![4, 0]))),
        ),
        (
            "critical authority information",
            server().with(critical(extension("1.3.6.1.5.5.7.1.1", vec![0x30, 0]))),
        ),
        (
            "proxy certificate",
            server().with(extension("1.3.6.1.5.5.7.1.14", vec![0x30, 0])),
        ),
        (
            "garbage alternative names",
            server().with(extension("2.5.29.17", b"nonsense".to_vec())),
        ),
        (
            "garbage constraints",
            server().with(extension("2.5.29.19", b"nonsense".to_vec())),
        ),
        (
            "garbage key usage",
            server().with(extension("2.5.29.15", b"nonsense".to_vec())),
        ),
        (
            "garbage key id",
            server().with(extension("2.5.29.14", b"nonsense".to_vec())),
        ),
        (
            "names twice",
            server().and(alternative_names(&["other.example"])),
        ),
        (
            "unknown extension twice",
            server().and(unknown_extension()).and(unknown_extension()),
        ),
        ("serial 0", server().serial(&[0])),
        ("negative serial", server().serial(&[0xff])),
        ("serial of 24 bytes", server().serial(&[7; 24])),
        ("empty subject", server().subject(&[])),
        ("same name as the root", server().subject(&[("CN", "Root")])),
        ("no alternative names", Recipe::server(&[])),
        (
            "a name that is not ASCII",
            server().with(alternative_names(&["dé.example"])),
        ),
        (
            "expired long ago, v1",
            Recipe::v1("server").days(-8000, -7000),
        ),
        ("v1, not yet valid", Recipe::v1("server").days(1, 20)),
        ("valid until 2100", server().days(-1, 27_000)),
    ];
    recipes
        .into_iter()
        .map(|(name, recipe)| {
            chain(
                &format!("leaf: {name}"),
                &[root],
                &[&recipe.issued_by(root)],
            )
        })
        .collect()
}

fn self_signed(root: &Made) -> Vec<Chain> {
    let server = || Recipe::server(&["db.example"]);
    let recipes = [
        ("CA:FALSE", server()),
        ("CA:TRUE", server().with(basic_constraints(true, None))),
        (
            "CA:TRUE and key identifiers",
            server()
                .with(basic_constraints(true, None))
                .with(subject_key_id(b"me"))
                .with(authority_key_id(b"me")),
        ),
        (
            "other key identifier",
            server()
                .with(subject_key_id(b"me"))
                .with(authority_key_id(b"you")),
        ),
        ("v1", Recipe::v1("server")),
        ("bare", server().bare()),
        ("expired", server().days(-20, -1)),
        (
            "clientAuth",
            server().with(extended_key_usage(&[CLIENT_AUTH])),
        ),
        (
            "CA:TRUE, clientAuth",
            server()
                .with(basic_constraints(true, None))
                .with(extended_key_usage(&[CLIENT_AUTH])),
        ),
        ("CA:TRUE, only keyCertSign", Recipe::ca("server")),
        (
            "critical unknown",
            server().with(critical(unknown_extension())),
        ),
        ("SHA-1", server().hash("sha1")),
        (
            "name constraints that exclude it",
            server()
                .with(basic_constraints(true, None))
                .with(name_constraints(&["other.example"], &[])),
        ),
        ("v1, expired", Recipe::v1("server").days(-20, -1)),
    ];
    recipes
        .into_iter()
        .flat_map(|(name, recipe)| {
            let made = recipe.self_signed();
            [
                chain(
                    &format!("self-signed, its own root: {name}"),
                    &[&made],
                    &[&made],
                ),
                chain(
                    &format!("self-signed, not in the file: {name}"),
                    &[root],
                    &[&made],
                ),
                chain(
                    &format!("self-signed and tampered: {name}"),
                    &[&made],
                    &[&made.tampered()],
                ),
                chain(
                    &format!("self-signed, sent twice: {name}"),
                    &[&made, root],
                    &[&made, &made],
                ),
            ]
        })
        .collect()
}

fn intermediates(root: &Made) -> Vec<Chain> {
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
        (
            "only digitalSignature",
            ca().with(key_usage(DIGITAL_SIGNATURE)),
        ),
        ("serverAuth", ca().with(extended_key_usage(&[SERVER_AUTH]))),
        ("clientAuth", ca().with(extended_key_usage(&[CLIENT_AUTH]))),
        ("any usage", ca().with(extended_key_usage(&[ANY_USAGE]))),
        (
            "server gated",
            ca().with(extended_key_usage(&[SERVER_GATED])),
        ),
        ("path length 0", ca().with(basic_constraints(true, Some(0)))),
        ("critical unknown", ca().with(critical(unknown_extension()))),
        (
            "critical policies",
            ca().with(critical(policies(&["1.2.3"]))),
        ),
        ("Netscape client", ca().with(netscape_type(0x80))),
        (
            "policy constraints",
            ca().with(critical(extension("2.5.29.36", vec![0x30, 3, 0x80, 1, 0]))),
        ),
        (
            "inhibit any policy",
            ca().with(critical(extension("2.5.29.54", vec![2, 1, 0]))),
        ),
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
                chain(
                    &format!("intermediate in the file: {name}"),
                    &[root, &middle],
                    &[&leaf],
                ),
                chain(
                    &format!("v1 leaf below intermediate: {name}"),
                    &[root],
                    &[&old, &middle],
                ),
                chain(
                    &format!("two intermediates: {name}"),
                    &[root],
                    &[&deep, &lower, &middle],
                ),
            ]
        })
        .collect()
}

fn roots() -> Vec<Chain> {
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
        (
            "Netscape mail CA only",
            ca().bare().with(netscape_type(0x02)),
        ),
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
        (
            "names another issuer",
            ca().names_issuer(&[("CN", "Nobody")]),
        ),
        (
            "key identifiers",
            ca().with(subject_key_id(b"r")).with(authority_key_id(b"r")),
        ),
        (
            "another authority's identifier",
            ca().with(subject_key_id(b"r")).with(authority_key_id(b"x")),
        ),
        (
            "its own serial as authority",
            ca().serial(&[5]).with(authority_serial("Root", &[5])),
        ),
        (
            "another serial as authority",
            ca().serial(&[5]).with(authority_serial("Root", &[6])),
        ),
    ];
    recipes
        .into_iter()
        .flat_map(|(name, recipe)| {
            let root = recipe.self_signed();
            let leaf = Recipe::server(&["db.example"]).issued_by(&root);
            let old = Recipe::v1("server").issued_by(&root);
            let ca_leaf = Recipe::ca("server")
                .with(key_usage(DIGITAL_SIGNATURE))
                .issued_by(&root);
            let middle = Recipe::ca("Middle").issued_by(&root);
            let below = Recipe::server(&["db.example"]).issued_by(&middle);
            let lower = Recipe::ca("Lower").issued_by(&middle);
            let deep = Recipe::server(&["db.example"]).issued_by(&lower);
            [
                chain(&format!("root: {name}"), &[&root], &[&leaf]),
                chain(&format!("v1 leaf, root: {name}"), &[&root], &[&old]),
                chain(&format!("CA leaf, root: {name}"), &[&root], &[&ca_leaf]),
                chain(
                    &format!("intermediate, root: {name}"),
                    &[&root],
                    &[&below, &middle],
                ),
                chain(
                    &format!("two intermediates, root: {name}"),
                    &[&root],
                    &[&deep, &lower, &middle],
                ),
                chain(
                    &format!("the root itself serves: {name}"),
                    &[&root],
                    &[&root],
                ),
            ]
        })
        .collect()
}

/// Key identifiers and what they decide.
fn identifiers() -> Vec<Chain> {
    let root = Recipe::ca("Root")
        .serial(&[5])
        .with(subject_key_id(b"root"))
        .self_signed();
    let twin = Recipe::ca("Root")
        .key(key("twin"))
        .serial(&[6])
        .with(subject_key_id(b"twin"))
        .self_signed();
    let plain = Recipe::ca("Root").serial(&[5]).self_signed();
    let old_root = Recipe::ca("Root").days(-30, -1).self_signed();
    let server = || Recipe::server(&["db.example"]);
    let by_key = server().with(authority_key_id(b"root")).issued_by(&root);
    let by_other_key = server().with(authority_key_id(b"other")).issued_by(&root);
    let by_serial = server()
        .with(authority_serial("Root", &[5]))
        .issued_by(&root);
    let by_other_serial = server()
        .with(authority_serial("Root", &[9]))
        .issued_by(&root);
    let by_other_name = server()
        .with(authority_serial("Nobody", &[5]))
        .issued_by(&root);
    let cross = Recipe::ca("Root")
        .serial(&[8])
        .with(subject_key_id(b"root"))
        .issued_by(&twin);
    let middle = Recipe::ca("Middle").issued_by(&root);
    let renewed = Recipe::ca("Middle")
        .days(-1, 300)
        .serial(&[44])
        .issued_by(&root);
    let expired = Recipe::ca("Middle")
        .days(-30, -1)
        .serial(&[43])
        .issued_by(&root);
    let below = server().issued_by(&middle);
    vec![
        chain("identifier that fits", &[&root], &[&by_key]),
        chain("identifier that does not fit", &[&root], &[&by_other_key]),
        chain("identifier, root without", &[&plain], &[&by_other_key]),
        chain("serial that fits", &[&root], &[&by_serial]),
        chain("serial that does not fit", &[&root], &[&by_other_serial]),
        chain(
            "authority's name that does not fit",
            &[&root],
            &[&by_other_name],
        ),
        chain(
            "the identifier chooses between twins",
            &[&twin, &root],
            &[&by_key],
        ),
        chain(
            "the identifier chooses between twins, other order",
            &[&root, &twin],
            &[&by_key],
        ),
        chain("the wrong twin only", &[&twin], &[&by_key]),
        chain(
            "cross-signed, the old root trusted",
            &[&twin],
            &[&by_key, &cross],
        ),
        chain(
            "cross-signed, both trusted",
            &[&twin, &root],
            &[&by_key, &cross],
        ),
        chain(
            "cross-signed, the new root trusted",
            &[&root],
            &[&by_key, &cross],
        ),
        chain(
            "an expired root before the same one renewed",
            &[&old_root, &plain],
            &[&server().issued_by(&plain)],
        ),
        chain(
            "an expired root after the same one renewed",
            &[&plain, &old_root],
            &[&server().issued_by(&plain)],
        ),
        chain(
            "an expired intermediate before the renewed one",
            &[&root],
            &[&below, &expired, &renewed],
        ),
        chain(
            "an expired intermediate alone",
            &[&root],
            &[&below, &expired],
        ),
        chain(
            "an expired intermediate in the file, the renewed one sent",
            &[&root, &expired],
            &[&below, &renewed],
        ),
        chain(
            "an expired intermediate sent, the renewed one in the file",
            &[&root, &renewed],
            &[&below, &expired],
        ),
    ]
}

/// Names that are the same for OpenSSL alone.
fn names_of_issuers() -> Vec<Chain> {
    let root = Recipe::ca("Root")
        .subject(&[("O", "Acme"), ("CN", "Acme Root CA")])
        .self_signed();
    let spellings: [(&str, &[(&str, &str)]); 9] = [
        ("another case", &[("O", "ACME"), ("CN", "acme root ca")]),
        (
            "another string type",
            &[("O/P", "Acme"), ("CN/P", "Acme Root CA")],
        ),
        ("BMPString", &[("O", "Acme"), ("CN/B", "Acme Root CA")]),
        ("TeletexString", &[("O", "Acme"), ("CN/T", "Acme Root CA")]),
        ("more blanks", &[("O", " Acme "), ("CN", "Acme  Root CA")]),
        ("fewer blanks", &[("O", "Acme"), ("CN", "AcmeRoot CA")]),
        ("another order", &[("CN", "Acme Root CA"), ("O", "Acme")]),
        ("a part missing", &[("CN", "Acme Root CA")]),
        (
            "another organization",
            &[("O", "Acne"), ("CN", "Acme Root CA")],
        ),
    ];
    spellings
        .into_iter()
        .flat_map(|(name, issuer)| {
            let leaf = Recipe::server(&["db.example"])
                .names_issuer(issuer)
                .issued_by(&root);
            let expired = Recipe::server(&["db.example"])
                .names_issuer(issuer)
                .days(-20, -1)
                .issued_by(&root);
            let client = Recipe::server(&["db.example"])
                .with(extended_key_usage(&[CLIENT_AUTH]))
                .names_issuer(issuer)
                .issued_by(&root);
            [
                chain(&format!("issuer's name: {name}"), &[&root], &[&leaf]),
                chain(
                    &format!("issuer's name, tampered: {name}"),
                    &[&root],
                    &[&leaf.tampered()],
                ),
                chain(
                    &format!("issuer's name, expired: {name}"),
                    &[&root],
                    &[&expired],
                ),
                chain(
                    &format!("issuer's name, clientAuth: {name}"),
                    &[&root],
                    &[&client],
                ),
            ]
        })
        .collect()
}

fn constraints() -> Vec<Chain> {
    let permitted_lists: [(&str, Extension); 16] = [
        ("permits the name", name_constraints(&["example"], &[])),
        ("permits with a dot", name_constraints(&[".example"], &[])),
        ("permits another", name_constraints(&["other"], &[])),
        ("permits all DNS names", name_constraints(&[""], &[])),
        ("excludes the name", name_constraints(&[], &["db.example"])),
        ("excludes the domain", name_constraints(&[], &["example"])),
        ("excludes another", name_constraints(&[], &["other"])),
        (
            "permits the network",
            name_constraints(&["IP:127.0.0.0/255.0.0.0"], &[]),
        ),
        (
            "permits another network",
            name_constraints(&["IP:10.0.0.0/255.0.0.0"], &[]),
        ),
        (
            "excludes all networks",
            name_constraints(&[], &["IP:0.0.0.0/0.0.0.0"]),
        ),
        ("permits mail", name_constraints(&["mail:example"], &[])),
        ("permits URIs", name_constraints(&["uri:example"], &[])),
        (
            "permits the directory name",
            name_constraints(&["dn:server"], &[]),
        ),
        (
            "permits another directory name",
            name_constraints(&["dn:nobody"], &[]),
        ),
        (
            "excludes the directory name",
            name_constraints(&[], &["dn:server"]),
        ),
        ("empty", name_constraints(&[], &[])),
    ];
    let leaves: [(&str, Recipe); 12] = [
        ("a DNS name", Recipe::server(&["db.example"])),
        ("an address", Recipe::server(&["IP:127.0.0.1"])),
        (
            "an address and a DNS name",
            Recipe::server(&["IP:127.0.0.1", "db.example"]),
        ),
        ("a wildcard", Recipe::server(&["*.example"])),
        (
            "a CN only",
            Recipe::server(&[]).subject(&[("CN", "db.example")]),
        ),
        (
            "a CN outside, and an address",
            Recipe::server(&["IP:127.0.0.1"]).subject(&[("CN", "db.else")]),
        ),
        (
            "a wildcard CN",
            Recipe::server(&[]).subject(&[("CN", "*.else")]),
        ),
        (
            "two CNs",
            Recipe::server(&[]).subject(&[("CN", "db.example"), ("CN", "db.else")]),
        ),
        (
            "a CN of two words",
            Recipe::server(&[]).subject(&[("CN", "my server")]),
        ),
        (
            "mail in its subject",
            Recipe::server(&["db.example"]).subject(&[("CN", "x"), ("mail/I", "a@else")]),
        ),
        (
            "a mail name",
            Recipe::server(&["db.example", "mail:a@else"]),
        ),
        (
            "a URI name",
            Recipe::server(&["db.example", "uri:spiffe://else/db"]),
        ),
    ];
    let plain = Recipe::ca("Root").self_signed();
    let mut chains = Vec::new();
    for (constraint, extension) in permitted_lists {
        let root = Recipe::ca("Root").with(extension.clone()).self_signed();
        let middle = Recipe::ca("Middle").with(extension).issued_by(&plain);
        for (name, recipe) in &leaves {
            let leaf = recipe.clone().issued_by(&root);
            let below = recipe.clone().issued_by(&middle);
            let ca = recipe
                .clone()
                .with(basic_constraints(true, None))
                .issued_by(&middle);
            chains.push(chain(
                &format!("root {constraint}; {name}"),
                &[&root],
                &[&leaf],
            ));
            chains.push(chain(
                &format!("intermediate {constraint}; {name}"),
                &[&plain],
                &[&below, &middle],
            ));
            chains.push(chain(
                &format!("intermediate {constraint}; CA leaf with {name}"),
                &[&plain],
                &[&ca, &middle],
            ));
        }
    }
    chains
}

fn algorithms() -> Vec<Chain> {
    let root = Recipe::ca("Root").self_signed();
    let rsa = Recipe::ca("RSA Root")
        .key(key_of("rsa2048", "root"))
        .self_signed();
    let server = || Recipe::server(&["db.example"]);
    let mut chains = Vec::new();
    for kind in [
        "p384",
        "p521",
        "ed25519",
        "rsa2048",
        "rsa1024",
        "rsa1536",
        "secp224r1",
        "prime192v1",
        "secp256k1",
        "pss",
    ] {
        let leaf = server().key(key_of(kind, "leaf")).issued_by(&root);
        chains.push(chain(&format!("leaf key {kind}"), &[&root], &[&leaf]));
    }
    for kind in ["p384", "p521", "ed25519", "rsa2048", "rsa1024"] {
        let middle = Recipe::ca("Middle")
            .key(key_of(kind, "middle"))
            .issued_by(&root);
        let leaf = server().issued_by(&middle);
        let old = Recipe::v1("server").issued_by(&middle);
        chains.push(chain(
            &format!("intermediate key {kind}"),
            &[&root],
            &[&leaf, &middle],
        ));
        chains.push(chain(
            &format!("intermediate key {kind}, v1 leaf"),
            &[&root],
            &[&old, &middle],
        ));
    }
    for hash in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        for ca in [&root, &rsa] {
            let leaf = server().hash(hash).issued_by(ca);
            let old = Recipe::v1("server").hash(hash).issued_by(ca);
            chains.push(chain(&format!("signed with {hash}"), &[ca], &[&leaf]));
            chains.push(chain(&format!("v1 signed with {hash}"), &[ca], &[&old]));
        }
    }
    let md5 = server().hash("md5").issued_by(&rsa);
    chains.push(chain("signed with md5", &[&rsa], &[&md5]));
    chains
}

#[test]
fn no_chain_is_accepted_that_openssl_refuses() {
    let refused_alone = compare(&table());
    for line in &refused_alone {
        eprintln!("only OpenSSL accepts {line}");
    }
    panic!("to be listed");
}
