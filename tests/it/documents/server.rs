use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use super::block::Block;
use crate::support::{PASSWORD, Server, Variant};

const HOST: &str = "db.example.com";

/// An authority and a certificate of its own for db.example.com.
struct Certificates {
    ca: String,
    certificate: String,
    key: String,
}

static CERTIFICATES: LazyLock<Certificates> = LazyLock::new(|| {
    let ca_key = KeyPair::generate().expect("a key");
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.distinguished_name
        .push(rcgen::DnType::CommonName, "Example Root");
    let root = ca.self_signed(&ca_key).expect("a root").pem();
    let key = KeyPair::generate().expect("a key");
    let mut leaf = CertificateParams::new([HOST.to_owned()]).expect("a name");
    leaf.distinguished_name
        .push(rcgen::DnType::CommonName, HOST);
    // Half an hour more, so that the number of whole days is the same for a while.
    let left = Duration::from_secs(192 * 24 * 3600 + 1800);
    leaf.not_after = (SystemTime::now() + left).into();
    let issuer = Issuer::new(ca, ca_key);
    let certificate = leaf.signed_by(&key, &issuer).expect("a certificate").pem();
    Certificates {
        ca: root,
        certificate,
        key: key.serialize_pem(),
    }
});

/// Runs the commands of a block, and gives the block anew with what they print.
pub fn run(block: &Block) -> String {
    let server = block.server.as_deref().map(start);
    let home = TempDir::new().expect("a directory");
    std::fs::write(home.path().join("ca.pem"), &CERTIFICATES.ca).expect("ca.pem");
    let commands = block
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("$ "));
    commands
        .map(|command| format!("$ {command}\n{}", output(command, server.as_ref(), &home)))
        .collect()
}

fn start(name: &str) -> Server {
    let Certificates {
        certificate, key, ..
    } = &*CERTIFICATES;
    Variant::of(name).certificate(certificate, key).start()
}

fn output(command: &str, server: Option<&Server>, home: &TempDir) -> String {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_pgcheck"));
    let directory = binary.parent().expect("a directory").display();
    let mut shell = Command::new("sh");
    shell
        .env_clear()
        .env("PATH", format!("{directory}:/usr/bin:/bin"))
        .env("HOME", home.path())
        .env("LC_ALL", "C.UTF-8")
        .current_dir(home.path())
        .args(["-c", &format!("exec 2>&1; {command}")]);
    if let Some(server) = server {
        let url = format!(
            "postgresql://app:{PASSWORD}@{HOST}:{}/shop?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=ca.pem",
            server.port
        );
        shell.env("DATABASE_URL", url);
    }
    let output = shell.output().expect("a shell");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    match server {
        Some(server) => aligned(&renamed(&text, server)),
        None => text,
    }
}

/// The server under the name, the port and the address that the documents give it.
fn renamed(text: &str, server: &Server) -> String {
    text.replace(&format!(":{}", server.port), ":5432")
        .replace(&format!("\"port\": {}", server.port), "\"port\": 5432")
        .replace("127.0.0.1", "192.0.2.7")
        .replace("hostaddr=192.0.2.7&", "")
}

/// Times at the right edge again, after a port has become shorter.
fn aligned(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once("  ") {
        Some((before, time)) if line.starts_with("  ") && time.ends_with(" ms") => {
            let before = before.trim_end();
            let gap = 88_usize.saturating_sub(before.chars().count() + time.trim().chars().count());
            format!("{before}{}{}\n", " ".repeat(gap), time.trim())
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}
