//! pgcheck: can this application reach its PostgreSQL over TLS, and only over TLS?
//!
//! ```text
//!   command line, environment, files
//!        │
//!        ▼
//!   target::resolve ──► Target        what libpq would make of the same input
//!        │
//!        ▼
//!   probe::observe  ──► Facts         the network; judges nothing
//!        │     ▲
//!        │     └ once more where check::plaintext::unsettled says so
//!        ▼
//!   check::judge    ──► Vec<Row>      pure functions from facts and policy to findings
//!        │
//!        ▼
//!   report::Report  ──► render::…     one format a file; prints nothing
//! ```
//!
//! Dependencies point one way. Checks and probes do not know each other; only
//! [`Job::run`] calls both, and [`wait::run`] calls that again. The list of checks is
//! [`check::CHECKS`].

pub mod check;
pub mod cli;
pub mod exit;
pub mod explain;
pub mod facts;
pub mod finding;
pub mod policy;
pub mod probe;
pub mod render;
pub mod report;
pub mod secret;
pub mod target;
pub mod tls;
pub mod wait;

use std::time::Instant;

use check::Input;
use policy::Policy;
use probe::Probe;
use report::Report;
use target::{RootCert, Target};
use tls::{Identity, LoadError, TlsClient};

/// One target, ready to be checked: its files are read.
pub struct Job {
    target: Target,
    policy: Policy,
    tls: TlsClient,
}

impl Job {
    /// Reads the certificates and keys that the target names.
    ///
    /// # Errors
    /// One of the files cannot be read or used.
    pub fn new(mut target: Target, policy: Policy) -> Result<Self, LoadError> {
        let identity = policy.identity(&target.tls);
        if identity > Identity::Unverified && target.tls.sslrootcert.is_none() {
            // `--require` of a target that names no roots means the platform's.
            target.tls.sslrootcert = Some(RootCert::System);
        }
        let tls = TlsClient::load(&target.tls, identity)?;
        Ok(Self {
            target,
            policy,
            tls,
        })
    }

    /// Observes the target and judges what was observed. Ends within the policy's timeout.
    pub async fn run(&self) -> Report {
        let start = Instant::now();
        let probe = Probe::new(&self.target, &self.policy, &self.tls);
        let mut facts = probe::observe(probe).await;
        let unsettled = check::plaintext::unsettled(&facts);
        probe::ask_again(probe, &mut facts, &unsettled).await;
        let rows = check::judge(&Input {
            target: &self.target,
            policy: &self.policy,
            facts: &facts,
            now: facts.started_at,
        });
        Report {
            target: self.target.clone(),
            policy: self.policy.clone(),
            facts,
            rows,
            duration: start.elapsed(),
        }
    }
}
