//! Whole connections, with psql as the oracle: the same parameters, the same server.

use std::net::IpAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use pgcheck::policy::Policy;
use pgcheck::target::{Environment, Request, Target, resolve};
use pgcheck::tls::{ChainError, Handshake, Identity, Recording, TlsClient};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::chains::{Chain, chain};
use super::pki::*;
use super::support::{Server, Variant, ssl_request, startup_message};

/// A server that lets anybody in over TLS, and a home directory with no files of libpq's.
pub struct Stage {
    pub server: Server,
    pub home: TempDir,
    runtime: tokio::runtime::Runtime,
}

/// What a connection came to.
pub type Verdict = Result<(), String>;

impl Stage {
    pub fn new(settings: &str, hba: &str) -> Self {
        Self {
            server: Variant::of("trusting").settings(settings).hba(hba).start(),
            home: tempfile::tempdir().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Makes the server present this chain; returns once it does.
    pub fn present(&self, presented: &[Made]) {
        let data = self.server.data();
        std::fs::write(data.join("server.pem"), pem_chain(presented)).unwrap();
        std::fs::write(data.join("server.key"), &presented[0].key.pem).unwrap();
        assert_eq!(self.server.admin_sql("SELECT pg_reload_conf()"), "t");
        for _ in 0..250 {
            let (_, recording) = self.pgcheck("host=127.0.0.1 sslmode=prefer");
            let chain = recording
                .presented()
                .map(|presented| presented.certificates);
            if chain.is_some_and(|chain| chain[0] == presented[0].der) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let log = self.server.log();
        let lines: Vec<_> = log
            .lines()
            .filter(|line| line.contains("could not load"))
            .collect();
        panic!("the server does not take the certificate: {lines:#?}");
    }

    fn conninfo(&self, parameters: &str) -> String {
        let port = self.server.port;
        format!(
            "hostaddr=127.0.0.1 port={port} user=app dbname=shop connect_timeout=10 {parameters}"
        )
    }

    /// What psql says, with libpq's own defaults and none of the caller's variables.
    pub fn psql(&self, parameters: &str) -> Verdict {
        let output = Command::new("psql")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .args(["-XAtqc", "SELECT 1", &self.conninfo(parameters)])
            .output()
            .expect("psql starts");
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    }

    /// What pgcheck's TLS client says, up to the server's first answer.
    pub fn pgcheck(&self, parameters: &str) -> (Verdict, Arc<Recording>) {
        let environment = Environment::of([("HOME", self.home.path())]).with_user("app");
        let request = Request {
            targets: vec![self.conninfo(parameters)],
            ..Request::default()
        };
        let target = match resolve(&request, &environment) {
            Ok(mut targets) => targets.remove(0),
            Err(error) => return (Err(error.to_string()), Arc::default()),
        };
        let identity = Policy::default().identity(&target.tls);
        let client = match TlsClient::load(&target.tls, identity) {
            Ok(client) => client,
            Err(error) => return (Err(error.to_string()), Arc::default()),
        };
        self.runtime.block_on(connect(&target, &client))
    }
}

/// A TLS connection to the server, by nobody's rules but TLS's.
impl Stage {
    pub fn run<T>(&self, then: impl AsyncFnOnce(TlsStream<TcpStream>) -> T) -> T {
        let environment = Environment::of([("HOME", self.home.path())]).with_user("app");
        let request = Request {
            targets: vec![self.conninfo("sslmode=require")],
            ..Request::default()
        };
        let target = resolve(&request, &environment).unwrap().remove(0);
        let client = TlsClient::load(&target.tls, Identity::Unverified).unwrap();
        let address = target.hosts[0].hostaddr.unwrap();
        let handshake = client.handshake(None, address);
        self.runtime.block_on(async {
            let stream = open(address, target.hosts[0].port, handshake).await;
            then(stream.expect("a TLS connection")).await
        })
    }
}

async fn open(
    address: IpAddr,
    port: u16,
    handshake: Handshake,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut tcp = TcpStream::connect((address, port)).await?;
    tcp.write_all(&ssl_request()).await?;
    assert_eq!(tcp.read_u8().await?, b'S');
    let connector = tokio_rustls::TlsConnector::from(handshake.config);
    connector.connect(handshake.server_name, tcp).await
}

async fn connect(target: &Target, client: &TlsClient) -> (Verdict, Arc<Recording>) {
    let host = &target.hosts[0];
    let address = host.hostaddr.unwrap();
    let handshake = client.handshake(host.host.as_deref(), address);
    let recording = handshake.recording.clone();
    let connecting = async {
        let mut tls = open(address, host.port, handshake).await?;
        tls.write_all(&startup_message("app", "shop")).await?;
        tls.read_u8().await
    };
    let verdict = match connecting.await {
        Ok(b'R') => Ok(()),
        Ok(other) => Err(format!("the server answered {:?}", char::from(other))),
        Err(error) => Err(error.to_string()),
    };
    (verdict, recording)
}

/// A difference that is known: the case, and why pgcheck refuses what psql accepts.
type Known = (&'static str, &'static str);

/// Connects with both and collects the differences.
#[derive(Default)]
pub struct Comparison {
    connections: usize,
    accepted: usize,
    wrongly_accepted: Vec<String>,
    refused_alone: Vec<String>,
}

impl Comparison {
    pub fn connect(&mut self, stage: &Stage, name: &str, parameters: &str) {
        let (ours, recording) = stage.pgcheck(parameters);
        self.connections += 1;
        match (ours, stage.psql(parameters)) {
            (Ok(()), Ok(())) => self.accepted += 1,
            (Ok(()), Err(why)) => self.wrongly_accepted.push(format!("{name}: {why}")),
            (Err(why), Ok(())) => self.refused_alone.push(format!(
                "{name}: {}",
                recording
                    .refusal()
                    .map_or(why, |refusal| refusal.to_string())
            )),
            (Err(_), Err(_)) => {}
        }
    }

    /// Fails unless exactly the known differences were found.
    pub fn finish(self, known: &[Known]) {
        assert!(
            self.wrongly_accepted.is_empty(),
            "{:#?}",
            self.wrongly_accepted
        );
        let unknown: Vec<_> = self
            .refused_alone
            .iter()
            .filter(|line| !known.iter().any(|(name, _)| line.starts_with(name)))
            .collect();
        assert!(unknown.is_empty(), "refused by pgcheck alone: {unknown:#?}");
        for (name, why) in known {
            let found = self.refused_alone.iter().any(|line| line.starts_with(name));
            assert!(found, "no longer a difference: {name} ({why})");
        }
        assert!(self.accepted > 0 && self.accepted < self.connections);
    }
}

pub const TRUST: &str = "hostssl all all all trust";

#[test]
fn chains_are_judged_as_psql_judges_them() {
    let stage = Stage::new("", TRUST);
    let mut comparison = Comparison::default();
    for chain in chains() {
        stage.present(&chain.presented);
        let roots = stage.file("roots.pem", pem_chain(&chain.roots));
        for mode in ["verify-ca", "verify-full"] {
            let parameters = format!("host=db.example sslmode={mode} sslrootcert={roots}");
            comparison.connect(&stage, &format!("{} ({mode})", chain.name), &parameters);
        }
    }
    comparison.finish(&[]);
}

fn chains() -> Vec<Chain> {
    let root = Recipe::ca("Root").self_signed();
    let other = Recipe::ca("Other").self_signed();
    let middle = Recipe::ca("Middle").issued_by(&root);
    let server = || Recipe::server(&["db.example"]);
    let leaf = server().issued_by(&root);
    let below = server().issued_by(&middle);
    let own = server().with(basic_constraints(true, None)).self_signed();
    let own_old = Recipe::v1("db.example").self_signed();
    let old_root = Recipe::v1("Root").self_signed();
    let expired_root = Recipe::ca("Root").days(-20, -1).self_signed();
    let powerless = Recipe::ca("Root").with(key_usage(CRL_SIGN)).self_signed();
    let short = Recipe::ca("Root")
        .with(basic_constraints(true, Some(0)))
        .self_signed();
    let client_root = Recipe::ca("Root")
        .with(extended_key_usage(&[CLIENT_AUTH]))
        .self_signed();
    let mut chains = vec![
        chain("a root and a leaf", &[&root], &[&leaf]),
        chain("an intermediate sent", &[&root], &[&below, &middle]),
        chain(
            "out of order, with extras",
            &[&root],
            &[&below, &root, &other, &middle],
        ),
        chain("the intermediate missing", &[&root], &[&below]),
        chain("the intermediate in the file", &[&root, &middle], &[&below]),
        chain(
            "only the intermediate in the file",
            &[&middle],
            &[&below, &middle],
        ),
        chain("the leaf as the root file", &[&leaf], &[&leaf]),
        chain("another root", &[&other], &[&leaf]),
        chain("two roots", &[&other, &root], &[&leaf]),
        chain("self-signed CA:TRUE, its own root", &[&own], &[&own]),
        chain("self-signed CA:TRUE, another root", &[&root], &[&own]),
        chain("self-signed v1, its own root", &[&own_old], &[&own_old]),
        chain("a root that is v1", &[&old_root], &[&leaf]),
        chain("a root that has expired", &[&expired_root], &[&leaf]),
        chain("a root that may not sign", &[&powerless], &[&leaf]),
        chain("a root of path length 0", &[&short], &[&below, &middle]),
        chain("a root for clients", &[&client_root], &[&leaf]),
    ];
    let leaves = [
        ("expired", server().days(-20, -1)),
        ("not yet valid", server().days(1, 20)),
        ("v1", Recipe::v1("db.example")),
        ("v1, expired", Recipe::v1("db.example").days(-20, -1)),
        ("CA:TRUE", server().with(basic_constraints(true, None))),
        (
            "CA:TRUE, for clients",
            server()
                .with(basic_constraints(true, None))
                .with(extended_key_usage(&[CLIENT_AUTH])),
        ),
        (
            "for clients",
            server().with(extended_key_usage(&[CLIENT_AUTH])),
        ),
        (
            "for servers",
            server().with(extended_key_usage(&[SERVER_AUTH])),
        ),
        (
            "a usage that TLS has none for",
            server().with(key_usage(NON_REPUDIATION)),
        ),
        ("Netscape client", server().with(netscape_type(0x80))),
        (
            "unknown critical extension",
            server().with(critical(unknown_extension())),
        ),
        (
            "critical policies",
            server().with(critical(policies(&["1.2.3"]))),
        ),
        (
            "another spelling of the issuer",
            server().names_issuer(&[("CN/P", "ROOT")]),
        ),
        (
            "another key identifier",
            server().with(authority_key_id(b"nobody's")),
        ),
        ("serial of 24 bytes", server().serial(&[7; 24])),
        ("P-384", server().key(key_of("p384", "leaf"))),
        ("P-521", server().key(key_of("p521", "leaf"))),
        ("Ed25519", server().key(key_of("ed25519", "leaf"))),
        ("RSA 2048", server().key(key_of("rsa2048", "leaf"))),
    ];
    chains.extend(
        leaves
            .into_iter()
            .map(|(name, recipe)| chain(name, &[&root], &[&recipe.issued_by(&root)])),
    );
    chains
}

#[test]
fn the_mode_and_the_root_file_decide_what_is_demanded() {
    let stage = Stage::new("", TRUST);
    let root = Recipe::ca("Root").self_signed();
    stage.present(&[Recipe::server(&["db.example"])
        .days(-20, -1)
        .issued_by(&root)]);
    let right = stage.file("right.pem", root.pem());
    let garbage = stage.file("garbage.pem", "?");
    let key_only = stage.file("key.pem", &root.key.pem);
    let empty = stage.file("empty.pem", "");
    let half = stage.file(
        "half.pem",
        format!(
            "{}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            root.pem()
        ),
    );
    let mut comparison = Comparison::default();
    for mode in ["require", "verify-ca", "verify-full"] {
        for (name, file) in [
            ("no file", "/nowhere"),
            ("a directory", "/"),
            ("the right root", &right),
            ("garbage", &garbage),
            ("only a key", &key_only),
            ("an empty file", &empty),
            ("a root and a damaged one", &half),
            ("the default", ""),
        ] {
            let parameters = format!("host=db.example sslmode={mode} sslrootcert='{file}'");
            comparison.connect(&stage, &format!("{mode}, {name}"), &parameters);
        }
    }
    let default = stage.home.path().join(".postgresql");
    std::fs::create_dir(&default).unwrap();
    for (name, content) in [("wrong", garbage), ("right", right)] {
        std::fs::copy(content, default.join("root.crt")).unwrap();
        for mode in ["require", "verify-ca", "verify-full"] {
            let parameters = format!("host=db.example sslmode={mode}");
            comparison.connect(&stage, &format!("{mode}, default file {name}"), &parameters);
        }
    }
    comparison.finish(&[]);
}

#[test]
fn names_are_compared_as_psql_compares_them() {
    let stage = Stage::new("", TRUST);
    let root = Recipe::ca("Root").self_signed();
    let roots = stage.file("roots.pem", root.pem());
    let mut comparison = Comparison::default();
    for (name, recipe, hosts) in names() {
        stage.present(&[recipe.issued_by(&root)]);
        for host in hosts {
            let parameters = format!("host='{host}' sslmode=verify-full sslrootcert={roots}");
            comparison.connect(&stage, &format!("{name}, host {host:?}"), &parameters);
        }
        let parameters = format!("sslmode=verify-full sslrootcert={roots}");
        comparison.connect(&stage, &format!("{name}, no host"), &parameters);
    }
    comparison.finish(&[]);
}

fn names() -> Vec<(&'static str, Recipe, &'static [&'static str])> {
    let cn = |name| Recipe::server(&[]).subject(&[("CN", name)]);
    vec![
        (
            "a DNS name",
            Recipe::server(&["db.example"]),
            &[
                "db.example",
                "DB.Example",
                "db.example.",
                "x.db.example",
                "example",
                "db.examplf",
                "db",
                "127.0.0.1",
                "::1",
            ],
        ),
        (
            "a wildcard",
            Recipe::server(&["*.db.example"]),
            &[
                "a.db.example",
                "A.DB.example",
                "a.b.db.example",
                "db.example",
                ".db.example",
                "..db.example",
                "*.db.example",
                "a.db.example.",
            ],
        ),
        (
            "odd wildcards",
            Recipe::server(&["*", "*.", "f*.example", "a.*.example", "*.*.twice"]),
            &[
                "a",
                "a.",
                "foo.example",
                "a.b.example",
                "a.b.twice",
                "*.b.twice",
                "*",
            ],
        ),
        (
            "odd names",
            Recipe::server(&[
                "my_db",
                "xn--bcher-kva.example",
                "bücher.example",
                "trailing.example.",
            ]),
            &[
                "my_db",
                "xn--bcher-kva.example",
                "bücher.example",
                "trailing.example.",
                "trailing.example",
                "BÜCHER.example",
            ],
        ),
        (
            "addresses",
            Recipe::server(&["IP:127.0.0.1", "IP:::1"]).subject(&[("CN", "cn.example")]),
            &[
                "127.0.0.1",
                "127.1",
                "0x7f.0.0.1",
                "017700000001",
                "2130706433",
                "127.0.0.2",
                "::1",
                "0:0::1",
                "::2",
                "::ffff:127.0.0.1",
                "cn.example",
                "127.0.0.1.",
                "127.0.0.256",
            ],
        ),
        (
            "an address as a DNS name",
            Recipe::server(&["127.0.0.1"]).subject(&[("CN", "127.0.0.1")]),
            &["127.0.0.1", "127.1"],
        ),
        (
            "a CN",
            cn("cn.example"),
            &["cn.example", "CN.EXAMPLE", "x.cn.example", "127.0.0.1"],
        ),
        (
            "a wildcard CN",
            cn("*.cn.example"),
            &["a.cn.example", "cn.example", "a.b.cn.example"],
        ),
        ("an address as CN", cn("127.0.0.1"), &["127.0.0.1", "127.1"]),
        (
            "a CN beside a DNS name",
            Recipe::server(&["db.example"]).subject(&[("CN", "cn.example")]),
            &["cn.example", "db.example", "127.0.0.1"],
        ),
        (
            "an address CN beside a DNS name",
            Recipe::server(&["db.example"]).subject(&[("CN", "127.0.0.1")]),
            &["127.0.0.1", "db.example"],
        ),
        (
            "a CN beside a mail name",
            Recipe::server(&["mail:a@b"]).subject(&[("CN", "cn.example")]),
            &["cn.example"],
        ),
        (
            "two CNs",
            Recipe::server(&[]).subject(&[("CN", "one.example"), ("CN", "two.example")]),
            &["one.example", "two.example"],
        ),
        (
            "a CN in BMPString",
            Recipe::server(&[]).subject(&[("CN/B", "cn.example")]),
            &["cn.example"],
        ),
        (
            "a name with a NUL",
            Recipe::server(&["db.example\0.evil", "good.example"]),
            &["db.example", "good.example"],
        ),
        (
            "a good name before one with a NUL",
            Recipe::server(&["good.example", "db.example\0.evil"]),
            &["good.example", "db.example"],
        ),
        (
            "a CN with a NUL",
            Recipe::server(&[]).subject(&[("CN", "db.example\0.evil")]),
            &["db.example"],
        ),
        (
            "a broken address before a good name",
            Recipe::server(&[]).with(extension("2.5.29.17", {
                use super::der::{sequence, tlv};
                sequence([tlv(0x87, [1, 2, 3]), tlv(0x82, "good.example")])
            })),
            &["good.example", "127.0.0.1"],
        ),
        ("no name", Recipe::server(&[]).subject(&[]), &["db.example"]),
        ("an empty CN", cn(""), &["db.example"]),
    ]
}

#[test]
fn a_refusal_says_what_is_wrong_with_which_certificate() {
    let stage = Stage::new("", TRUST);
    let root = Recipe::ca("Root").self_signed();
    let leaf = Recipe::server(&["db.example"])
        .days(-20, -1)
        .issued_by(&root);
    stage.present(std::slice::from_ref(&leaf));
    let roots = stage.file("roots.pem", root.pem());
    let (verdict, recording) = stage.pgcheck(&format!(
        "host=db.example sslmode=verify-full sslrootcert={roots}"
    ));
    assert!(verdict.is_err());
    let presented = recording
        .presented()
        .expect("the chain, although it was refused");
    assert_eq!(presented.certificates, [leaf.der]);
    assert!(presented.name.libpq.is_ok());
    assert!(!presented.satisfies(Identity::Chain));
    let error = presented.chain.unwrap().libpq.unwrap_err();
    assert!(matches!(error, ChainError::Expired(..)), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("the server's certificate \"CN=server\" expired on 20")
    );
}
