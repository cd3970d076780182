//! Who issued whom, by key identifiers and names.

use super::{Chain, chain};
use crate::pki::*;

/// Key identifiers and what they decide.
#[rustfmt::skip]
pub fn identifiers() -> Vec<Chain> {
    let root = Recipe::ca("Root").serial(&[5]).with(subject_key_id(b"root")).self_signed();
    let twin = Recipe::ca("Root").key(key("twin")).serial(&[6]).with(subject_key_id(b"twin")).self_signed();
    let plain = Recipe::ca("Root").serial(&[5]).self_signed();
    let old_root = Recipe::ca("Root").days(-30, -1).self_signed();
    let server = || Recipe::server(&["db.example"]);
    let by_key = server().with(authority_key_id(b"root")).issued_by(&root);
    let by_other_key = server().with(authority_key_id(b"other")).issued_by(&root);
    let by_serial = server().with(authority_serial("Root", &[5])).issued_by(&root);
    let by_other_serial = server().with(authority_serial("Root", &[9])).issued_by(&root);
    let by_other_name = server().with(authority_serial("Nobody", &[5])).issued_by(&root);
    let cross = Recipe::ca("Root").serial(&[8]).with(subject_key_id(b"root")).issued_by(&twin);
    let middle = Recipe::ca("Middle").issued_by(&root);
    let renewed = Recipe::ca("Middle").days(-1, 300).serial(&[44]).issued_by(&root);
    let expired = Recipe::ca("Middle").days(-30, -1).serial(&[43]).issued_by(&root);
    let below = server().issued_by(&middle);
    vec![
        chain("identifier that fits", &[&root], &[&by_key]),
        chain("identifier that does not fit", &[&root], &[&by_other_key]),
        chain("identifier, root without", &[&plain], &[&by_other_key]),
        chain("serial that fits", &[&root], &[&by_serial]),
        chain("serial that does not fit", &[&root], &[&by_other_serial]),
        chain("authority's name that does not fit", &[&root], &[&by_other_name]),
        chain("the identifier chooses between twins", &[&twin, &root], &[&by_key]),
        chain("the identifier chooses between twins, other order", &[&root, &twin], &[&by_key]),
        chain("the wrong twin only", &[&twin], &[&by_key]),
        chain("cross-signed, the old root trusted", &[&twin], &[&by_key, &cross]),
        chain("cross-signed, both trusted", &[&twin, &root], &[&by_key, &cross]),
        chain("cross-signed, the new root trusted", &[&root], &[&by_key, &cross]),
        chain("an expired root before the same one renewed", &[&old_root, &plain], &[&server().issued_by(&plain)]),
        chain("an expired root after the same one renewed", &[&plain, &old_root], &[&server().issued_by(&plain)]),
        chain("an expired intermediate before the renewed one", &[&root], &[&below, &expired, &renewed]),
        chain("an expired intermediate alone", &[&root], &[&below, &expired]),
        chain("an expired intermediate in the file, the renewed one sent", &[&root, &expired], &[&below, &renewed]),
        chain("an expired intermediate sent, the renewed one in the file", &[&root, &renewed], &[&below, &expired]),
    ]
}

/// Names that are the same for OpenSSL alone.
#[rustfmt::skip]
pub fn names_of_issuers() -> Vec<Chain> {
    let root = Recipe::ca("Root").subject(&[("O", "Acme"), ("CN", "Acme Root CA")]).self_signed();
    let spellings: [(&str, &[(&str, &str)]); 9] = [
        ("another case", &[("O", "ACME"), ("CN", "acme root ca")]),
        ("another string type", &[("O/P", "Acme"), ("CN/P", "Acme Root CA")]),
        ("BMPString", &[("O", "Acme"), ("CN/B", "Acme Root CA")]),
        ("TeletexString", &[("O", "Acme"), ("CN/T", "Acme Root CA")]),
        ("more blanks", &[("O", " Acme "), ("CN", "Acme  Root CA")]),
        ("fewer blanks", &[("O", "Acme"), ("CN", "AcmeRoot CA")]),
        ("another order", &[("CN", "Acme Root CA"), ("O", "Acme")]),
        ("a part missing", &[("CN", "Acme Root CA")]),
        ("another organization", &[("O", "Acne"), ("CN", "Acme Root CA")]),
    ];
    spellings
        .into_iter()
        .flat_map(|(name, issuer)| {
            let leaf = Recipe::server(&["db.example"]).names_issuer(issuer).issued_by(&root);
            let expired = Recipe::server(&["db.example"]).names_issuer(issuer).days(-20, -1).issued_by(&root);
            let client =
                Recipe::server(&["db.example"]).with(extended_key_usage(&[CLIENT_AUTH])).names_issuer(issuer).issued_by(&root);
            [
                chain(&format!("issuer's name: {name}"), &[&root], &[&leaf]),
                chain(&format!("issuer's name, tampered: {name}"), &[&root], &[&leaf.tampered()]),
                chain(&format!("issuer's name, expired: {name}"), &[&root], &[&expired]),
                chain(&format!("issuer's name, clientAuth: {name}"), &[&root], &[&client]),
            ]
        })
        .collect()
}
