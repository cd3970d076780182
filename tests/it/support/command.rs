use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use tempfile::TempDir;

/// No run of the binary in a test may take longer than this.
const LIMIT: Duration = Duration::from_secs(60);

/// The binary, as a user would run it: with these arguments, in an environment that holds nothing
/// but an empty home directory of its own.
pub fn pgcheck<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Pgcheck {
    let home = TempDir::with_prefix("pgcheck-home.").expect("a temporary directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgcheck"));
    command
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path())
        .args(arguments)
        .timeout(LIMIT);
    Pgcheck { command, home }
}

pub struct Pgcheck {
    command: Command,
    home: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub elapsed: Duration,
}

impl Pgcheck {
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn stdin(mut self, text: &str) -> Self {
        self.command.write_stdin(text);
        self
    }

    /// Puts a file into the home directory, which is also the working directory, readable by its
    /// owner alone.
    pub fn home_file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().expect("inside the home directory")).expect("a directory");
        fs::write(&path, content).expect("the file is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode is set");
        self
    }

    pub fn run(mut self) -> Finished {
        let start = Instant::now();
        let output = self.command.output().expect("pgcheck ends in time");
        let elapsed = start.elapsed();
        let text = |bytes| String::from_utf8(bytes).expect("pgcheck prints UTF-8");
        Finished {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            elapsed,
        }
    }
}
