//! Chains, with `openssl verify` as the oracle.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use pgcheck::tls::{ChainTrial, Roots};
use rustls::pki_types::UnixTime;

use super::pki::*;
use super::table;

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

/// Compares both on every chain, of which they must accept more than one in so many;
/// returns the names of those that only OpenSSL accepts.
pub fn compare(chains: &[Chain], one_in: usize) -> Vec<String> {
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
    let enough = chains.len() / one_in;
    assert!(accepted > enough, "only {accepted} of {}", chains.len());
    assert!(accepted_wrongly.is_empty(), "{accepted_wrongly:#?}");
    refused_alone
}

/// What OpenSSL accepts and pgcheck refuses, and why.
const REFUSED_ALONE: [(&str, &str); 2] = [
    ("sha224", "the TLS library verifies no SHA-224"),
    (
        "server gated",
        "server-gated cryptography is no substitute for serverAuth to webpki",
    ),
];

#[test]
fn no_chain_is_accepted_that_openssl_refuses() {
    let refused_alone = compare(&table::chains(), 3);
    for (known, why) in REFUSED_ALONE {
        let found = refused_alone.iter().any(|line| line.contains(known));
        assert!(found, "no longer a difference: {known} ({why})");
    }
    let unknown: Vec<_> = refused_alone
        .iter()
        .filter(|line| !REFUSED_ALONE.iter().any(|(known, _)| line.contains(known)))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}
