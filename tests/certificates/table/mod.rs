//! Chains that real certificate authorities make, and some that none should.

mod algorithms;
mod constraints;
mod issuers;
mod leaves;
mod naming;

use crate::chains::{Chain, chain};
use crate::pki::*;

/// All of them.
pub fn chains() -> Vec<Chain> {
    let root = Recipe::ca("Root").self_signed();
    let mut chains = basics(&root);
    chains.extend(leaves::leaves(&root));
    chains.extend(leaves::self_signed(&root));
    chains.extend(issuers::intermediates(&root));
    chains.extend(issuers::roots());
    chains.extend(naming::identifiers());
    chains.extend(naming::names_of_issuers());
    chains.extend(constraints::constraints());
    chains.extend(algorithms::algorithms());
    chains
}

#[rustfmt::skip]
fn basics(root: &Made) -> Vec<Chain> {
    let other = Recipe::ca("Other").self_signed();
    let twin = Recipe::ca("Root").key(key("twin")).serial(&[77]).self_signed();
    let middle = Recipe::ca("Middle").issued_by(root);
    let leaf = Recipe::server(&["db.example"]).issued_by(root);
    let below = Recipe::server(&["db.example"]).issued_by(&middle);
    vec![
        chain("a root and a leaf", &[root], &[&leaf]),
        chain("with the root sent", &[root], &[&leaf, root]),
        chain("an intermediate sent", &[root], &[&below, &middle]),
        chain("all sent, out of order", &[root], &[&below, root, &other, &middle]),
        chain("the intermediate missing", &[root], &[&below]),
        chain("the intermediate beside its root in the file", &[&middle, root], &[&below]),
        chain("only the intermediate in the file", &[&middle], &[&below]),
        chain("only the intermediate in the file, all sent", &[&middle], &[&below, &middle, root]),
        chain("only the leaf in the file", &[&leaf], &[&leaf]),
        chain("another root", &[&other], &[&leaf]),
        chain("another root, its own sent", &[&other], &[&leaf, root]),
        chain("a twin of the root with another key", &[&twin], &[&leaf]),
        chain("a twin of the root, the root sent", &[&twin], &[&leaf, root]),
        chain("the twin first in the file", &[&twin, root], &[&leaf]),
        chain("the twin second in the file", &[root, &twin], &[&leaf]),
        chain("a tampered leaf", &[root], &[&leaf.tampered()]),
        chain("a tampered intermediate", &[root], &[&below, &middle.tampered()]),
        chain("a tampered root", &[&root.tampered()], &[&leaf]),
        chain("a leaf that is sent twice", &[root], &[&leaf, &leaf]),
    ]
}
