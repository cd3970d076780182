//! Kinds of keys and signatures.

use super::{Chain, chain};
use crate::pki::*;

#[rustfmt::skip]
pub fn algorithms() -> Vec<Chain> {
    let root = Recipe::ca("Root").self_signed();
    let rsa = Recipe::ca("RSA Root").key(key_of("rsa2048", "root")).self_signed();
    let server = || Recipe::server(&["db.example"]);
    let mut chains = Vec::new();
    for kind in ["p384", "p521", "ed25519", "rsa2048", "rsa1024", "rsa1536", "secp224r1", "prime192v1", "secp256k1", "pss"] {
        let leaf = server().key(key_of(kind, "leaf")).issued_by(&root);
        chains.push(chain(&format!("leaf key {kind}"), &[&root], &[&leaf]));
    }
    for kind in ["p384", "p521", "ed25519", "rsa2048", "rsa1024"] {
        let middle = Recipe::ca("Middle").key(key_of(kind, "middle")).issued_by(&root);
        let leaf = server().issued_by(&middle);
        let old = Recipe::v1("server").issued_by(&middle);
        chains.push(chain(&format!("intermediate key {kind}"), &[&root], &[&leaf, &middle]));
        chains.push(chain(&format!("intermediate key {kind}, v1 leaf"), &[&root], &[&old, &middle]));
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
