//! Tells the crate which TLS library it is built with, for `pgcheck --version`.

use std::path::Path;
use std::{env, fs};

fn main() {
    let directory = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path = Path::new(&directory).join("Cargo.lock");
    println!("cargo::rerun-if-changed={}", path.display());
    // Without a lock file, in somebody else's build, the names alone have to do.
    let lock = fs::read_to_string(path).unwrap_or_default();
    let libraries = ["rustls", "aws-lc-rs"].map(|name| match version(&lock, name) {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    });
    println!(
        "cargo::rustc-env=PGCHECK_TLS_LIBRARY= ({})",
        libraries.join(", ")
    );
}

/// The version that a lock file gives a package.
fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let entry = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))?
        .1;
    Some(entry.split_once('"')?.0)
}
