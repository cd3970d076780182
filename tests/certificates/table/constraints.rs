//! Name constraints.

use super::{Chain, chain};
use crate::pki::*;

#[rustfmt::skip]
pub fn constraints() -> Vec<Chain> {
    let permitted_lists: [(&str, Extension); 16] = [
        ("permits the name", name_constraints(&["example"], &[])),
        ("permits with a dot", name_constraints(&[".example"], &[])),
        ("permits another", name_constraints(&["other"], &[])),
        ("permits all DNS names", name_constraints(&[""], &[])),
        ("excludes the name", name_constraints(&[], &["db.example"])),
        ("excludes the domain", name_constraints(&[], &["example"])),
        ("excludes another", name_constraints(&[], &["other"])),
        ("permits the network", name_constraints(&["IP:127.0.0.0/255.0.0.0"], &[])),
        ("permits another network", name_constraints(&["IP:10.0.0.0/255.0.0.0"], &[])),
        ("excludes all networks", name_constraints(&[], &["IP:0.0.0.0/0.0.0.0"])),
        ("permits mail", name_constraints(&["mail:example"], &[])),
        ("permits URIs", name_constraints(&["uri:example"], &[])),
        ("permits the directory name", name_constraints(&["dn:server"], &[])),
        ("permits another directory name", name_constraints(&["dn:nobody"], &[])),
        ("excludes the directory name", name_constraints(&[], &["dn:server"])),
        ("empty", name_constraints(&[], &[])),
    ];
    let leaves: [(&str, Recipe); 12] = [
        ("a DNS name", Recipe::server(&["db.example"])),
        ("an address", Recipe::server(&["IP:127.0.0.1"])),
        ("an address and a DNS name", Recipe::server(&["IP:127.0.0.1", "db.example"])),
        ("a wildcard", Recipe::server(&["*.example"])),
        ("a CN only", Recipe::server(&[]).subject(&[("CN", "db.example")])),
        ("a CN outside, and an address", Recipe::server(&["IP:127.0.0.1"]).subject(&[("CN", "db.else")])),
        ("a wildcard CN", Recipe::server(&[]).subject(&[("CN", "*.else")])),
        ("two CNs", Recipe::server(&[]).subject(&[("CN", "db.example"), ("CN", "db.else")])),
        ("a CN of two words", Recipe::server(&[]).subject(&[("CN", "my server")])),
        ("mail in its subject", Recipe::server(&["db.example"]).subject(&[("CN", "x"), ("mail/I", "a@else")])),
        ("a mail name", Recipe::server(&["db.example", "mail:a@else"])),
        ("a URI name", Recipe::server(&["db.example", "uri:spiffe://else/db"])),
    ];
    let plain = Recipe::ca("Root").self_signed();
    let mut chains = Vec::new();
    for (constraint, extension) in permitted_lists {
        let root = Recipe::ca("Root").with(extension.clone()).self_signed();
        let middle = Recipe::ca("Middle").with(extension).issued_by(&plain);
        for (name, recipe) in &leaves {
            let leaf = recipe.clone().issued_by(&root);
            let ca = recipe.clone().with(basic_constraints(true, None)).issued_by(&middle);
            chains.push(chain(&format!("root {constraint}; {name}"), &[&root], &[&leaf]));
            chains.push(chain(&format!("intermediate {constraint}; CA leaf with {name}"), &[&plain], &[&ca, &middle]));
        }
    }
    chains
}
