use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Uri;

/// A running server: of a fixture, or of a variant that a test made up.
pub struct Server {
    pub name: String,
    pub host: String,
    pub port: u16,
    /// The certificate that vouches for the server's own.
    pub ca: PathBuf,
    place: Place,
}

enum Place {
    /// A throwaway cluster of this machine's own binaries, which lives as long as `serve` does.
    Local {
        serve: Child,
        admin: PathBuf,
        data: PathBuf,
        log: PathBuf,
    },
    /// A service of docker-compose.yml.
    Compose,
}

/// Whether the fixtures are services that Compose has brought up (`PGCHECK_FIXTURES=compose`).
pub fn is_compose() -> bool {
    std::env::var("PGCHECK_FIXTURES").is_ok_and(|value| value == "compose")
}

/// The server of the fixture `fixtures/NAME`, started when it is first asked for and shared by all
/// tests of this process; it goes when the process does. A test that changes its server starts a
/// [`Variant`] of its own instead.
pub fn fixture(name: &str) -> &'static Server {
    type Started = Mutex<HashMap<String, &'static std::sync::OnceLock<Server>>>;
    static STARTED: LazyLock<Started> = LazyLock::new(Mutex::default);
    let slot = *STARTED
        .lock()
        .unwrap()
        .entry(name.into())
        .or_insert_with(|| Box::leak(Box::default()));
    slot.get_or_init(|| {
        if is_compose() {
            of_compose(name)
        } else {
            serve(&[name], None)
        }
    })
}

impl Server {
    pub fn uri(&self) -> Uri {
        Uri::to(&self.host, self.port)
            .param("sslmode", "verify-full")
            .param("sslrootcert", self.ca.to_str().expect("a path in UTF-8"))
    }

    /// The connection URI of an application that does everything right.
    pub fn url(&self) -> String {
        self.uri().to_string()
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host.parse().expect("an IP address"), self.port)
    }

    /// Runs SQL as the superuser, past pg_hba.conf's network lines; returns psql's unaligned rows.
    pub fn admin_sql(&self, sql: &str) -> String {
        let mut command = match &self.place {
            Place::Local { admin, .. } => {
                let mut psql = Command::new("psql");
                psql.arg("-h")
                    .arg(admin)
                    .arg("-p")
                    .arg(self.port.to_string());
                psql
            }
            Place::Compose => {
                let mut compose = Command::new(repository().join("fixtures/compose"));
                compose.args(["exec", "-T", &self.name, "psql", "-h", "/tmp/server"]);
                compose
            }
        };
        command.args(["-U", "postgres", "-d", "postgres", "-XAtqc", sql]);
        let output = command.stdin(Stdio::null()).output().expect("psql starts");
        assert!(
            output.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim_end().into()
    }

    /// Replaces pg_hba.conf, keeps the superuser's way in, and makes the server read it.
    pub fn set_hba(&self, lines: &str) {
        let text = format!("local all postgres trust\n{lines}\n");
        fs::write(self.data().join("pg_hba.conf"), text).expect("pg_hba.conf is written");
        self.reload();
    }

    /// Serves this certificate (the leaf first) with this key, both in PEM, from now on.
    pub fn set_certificate(&self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) {
        // Written in place, so that owner and mode stay.
        fs::write(self.data().join("server.pem"), chain).expect("the certificate is written");
        fs::write(self.data().join("server.key"), key).expect("the key is written");
        self.reload();
    }

    /// Changes a setting that a reload takes up.
    pub fn set(&self, name: &str, value: &str) {
        self.admin_sql(&format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.reload();
    }

    /// Makes a standby a primary, and waits until it takes sessions.
    pub fn promote(&self) {
        fs::write(self.data().join("promote"), "").expect("the file is written");
        let pid = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let pid = pid.lines().next().expect("the process");
        let status = Command::new("kill").args(["-USR1", pid]).status();
        assert!(status.expect("kill starts").success());
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self
            .log()
            .contains("database system is ready to accept connections")
        {
            assert!(Instant::now() < deadline, "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes the server read its files again, and waits until new sessions see them.
    pub fn reload(&self) {
        let loaded = || self.admin_sql("SELECT pg_conf_load_time()");
        let before = loaded();
        assert_eq!(self.admin_sql("SELECT pg_reload_conf()"), "t");
        let deadline = Instant::now() + Duration::from_secs(10);
        while loaded() == before {
            assert!(Instant::now() < deadline, "the server did not reload");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The data directory of a server on this machine, as every variant is.
    pub fn data(&self) -> &Path {
        match &self.place {
            Place::Local { data, .. } => data,
            Place::Compose => panic!("the data directory of {} is in its container", self.name),
        }
    }

    /// What the server has logged so far; of a server on this machine, as every variant is.
    pub fn log(&self) -> String {
        match &self.place {
            Place::Local { log, .. } => fs::read_to_string(log).expect("the log is readable"),
            Place::Compose => panic!("the log of {} is in its container", self.name),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Place::Local { serve, .. } = &mut self.place {
            drop(serve.stdin.take());
            let _ = serve.wait();
        }
    }
}

/// A fixture with something changed, as a server of its own.
///
/// It always runs on this machine's own binaries, also when the fixtures are Compose's, because a
/// variant is no service.
#[derive(Default)]
pub struct Variant {
    directory: Option<TempDir>,
    options: Vec<&'static str>,
    locales: Option<PathBuf>,
}

impl Variant {
    pub fn of(name: &str) -> Self {
        let directory = TempDir::with_prefix("pgcheck-variant.").expect("a temporary directory");
        copy_files(&repository().join("fixtures").join(name), directory.path());
        Self {
            directory: Some(directory),
            ..Self::default()
        }
    }

    /// Adds lines to postgresql.conf; the last setting of a name wins.
    pub fn settings(self, lines: &str) -> Self {
        self.append("postgresql.conf", lines)
    }

    /// Adds lines to the `[pgbouncer]` section.
    pub fn pooler_settings(self, lines: &str) -> Self {
        self.append("pgbouncer.ini", lines)
    }

    /// Adds databases that the pooler finds elsewhere than on the server behind it.
    pub fn pooler_databases(self, lines: &str) -> Self {
        let path = self.path().join("pgbouncer.ini");
        let old = fs::read_to_string(path).expect("a fixture with a pooler");
        self.file("pgbouncer.ini", format!("[databases]\n{lines}\n\n{old}"))
    }

    /// Replaces the lines of pg_hba.conf.
    pub fn hba(self, lines: &str) -> Self {
        self.file("pg_hba.conf", format!("{lines}\n"))
    }

    /// Replaces `fixtures/roles.sql`; statements end with a semicolon and an empty line.
    pub fn roles(self, sql: &str) -> Self {
        self.file("roles.sql", format!("{sql}\n\n"))
    }

    /// Serves this certificate (the leaf first) with this key, both in PEM.
    pub fn certificate(self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.file("server.pem", chain).file("server.key", key)
    }

    /// OpenSSL's configuration for the server.
    pub fn openssl_configuration(self, text: &str) -> Self {
        self.file("openssl.cnf", text)
    }

    /// Puts a file into the data directory.
    pub fn data_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.file(&format!("data/{name}"), content)
    }

    /// Does not wait until the server accepts logins, only until it answers.
    pub fn early(mut self) -> Self {
        self.options.push("--early");
        self
    }

    /// Looks for locales here (glibc's `LOCPATH`), besides C.
    pub fn locales(mut self, directory: &Path) -> Self {
        self.locales = Some(directory.to_owned());
        self
    }

    pub fn start(self) -> Server {
        let path = self.path().to_str().expect("a path in UTF-8").to_owned();
        let mut arguments = self.options.clone();
        arguments.push(&path);
        serve(&arguments, self.locales.as_deref())
    }

    fn path(&self) -> &Path {
        self.directory.as_ref().expect("made by `of`").path()
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("inside the directory")).expect("a directory");
        fs::write(&path, content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self
    }

    fn append(self, name: &str, lines: &str) -> Self {
        let old = fs::read_to_string(self.path().join(name)).unwrap_or_default();
        self.file(name, format!("{old}\n{lines}\n"))
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_files(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// Runs `fixtures/serve`, which ends with the pipe to its standard input, that is, with this
/// process. In a group of its own, so that a signal to the test's group leaves it time to clean up.
fn serve(arguments: &[&str], locales: Option<&Path>) -> Server {
    let mut serve = Command::new(repository().join("fixtures/serve"))
        .args(arguments)
        .envs(locales.map(|directory| ("LOCPATH", directory)))
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("fixtures/serve starts");
    let mut ready = String::new();
    BufReader::new(serve.stdout.take().unwrap())
        .read_line(&mut ready)
        .expect("a line");
    if !ready.starts_with("ready\t") {
        let mut said = String::new();
        let _ = serve.stderr.take().unwrap().read_to_string(&mut said);
        panic!("fixtures/serve {}: {said}", arguments.join(" "));
    }
    of_ready_line(&ready, serve)
}

fn of_ready_line(line: &str, serve: Child) -> Server {
    let fields: HashMap<_, _> = line
        .trim_end()
        .split('\t')
        .filter_map(|field| field.split_once('='))
        .collect();
    Server {
        name: fields["name"].into(),
        host: fields["host"].into(),
        port: fields["port"].parse().expect("a port"),
        ca: fields["ca"].into(),
        place: Place::Local {
            serve,
            admin: fields["admin"].into(),
            data: fields["data"].into(),
            log: fields["log"].into(),
        },
    }
}

fn of_compose(name: &str) -> Server {
    let output = Command::new(repository().join("fixtures/compose"))
        .args(["port", name, "5432"])
        .output()
        .expect("fixtures/compose starts");
    let published = String::from_utf8_lossy(&output.stdout);
    let address: SocketAddr = published.trim().parse().unwrap_or_else(|_| {
        panic!(
            "{name} is not up: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    Server {
        name: name.into(),
        host: address.ip().to_string(),
        port: address.port(),
        ca: repository().join("certs/out/ca.pem"),
        place: Place::Compose,
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
