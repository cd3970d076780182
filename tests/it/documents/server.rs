use std::fs;
use std::path::Path;
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
    let setting = match &block.server {
        Some(name) => Setting::new(name),
        None => Setting::empty(),
    };
    let commands = block
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("$ "));
    commands
        .map(|command| format!("$ {command}\n{}", setting.output(command, &[])))
        .collect()
}

/// What a command prints with its colours.
pub fn coloured(command: &str, setting: &Setting) -> String {
    setting.output(command, &[("CLICOLOR_FORCE", "1")])
}

/// Where a command runs: a home directory with `ca.pem`, and a server, if there is one.
pub struct Setting {
    server: Option<Server>,
    home: TempDir,
}

impl Setting {
    /// With a server of this fixture.
    pub fn new(fixture: &str) -> Self {
        let own = &*CERTIFICATES;
        let server = Variant::of(fixture).certificate(&own.certificate, &own.key);
        Self {
            server: Some(server.start()),
            ..Self::empty()
        }
    }

    fn empty() -> Self {
        let home = TempDir::new().expect("a directory");
        fs::write(home.path().join("ca.pem"), &CERTIFICATES.ca).expect("ca.pem");
        Self { server: None, home }
    }

    fn output(&self, command: &str, variables: &[(&str, &str)]) -> String {
        let binary = Path::new(env!("CARGO_BIN_EXE_pgcheck"));
        let directory = binary.parent().expect("a directory").display();
        let mut shell = Command::new("sh");
        shell
            .env_clear()
            .env("PATH", format!("{directory}:/usr/bin:/bin"))
            .env("HOME", self.home.path())
            .env("LC_ALL", "C.UTF-8")
            .envs(variables.iter().copied())
            .current_dir(self.home.path())
            .args(["-c", &format!("exec 2>&1; {command}")]);
        if let Some(server) = &self.server {
            shell.env("DATABASE_URL", url(server));
        }
        let output = shell.output().expect("a shell");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        match &self.server {
            Some(server) => aligned(&renamed(&text, server)),
            None => text,
        }
    }
}

fn url(server: &Server) -> String {
    let port = server.port;
    format!(
        "postgresql://app:{PASSWORD}@{HOST}:{port}/shop\
         ?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert=ca.pem"
    )
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
    let line = |line: &str| {
        let shown = anstream::adapter::strip_str(line).to_string();
        let missing = 88_usize.saturating_sub(shown.chars().count());
        let has_time = shown.starts_with("  ") && shown.ends_with(" ms") && missing == 1;
        match line.rfind("  ") {
            Some(gap) if has_time => format!("{} {}\n", &line[..gap], &line[gap..]),
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(line).collect()
}
