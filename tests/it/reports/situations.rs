//! Targets and what was observed of them, as values.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use pgcheck::check::{Input, judge};
use pgcheck::facts::{
    Answer, AuthRequest, Endpoint, Facts, Failure, Handshake, LegacyLeg, Login, Lookup,
    Negotiation, PlaintextLeg, RootsTrial, ServerError, ServerView, Session, Stage, Tcp, TlsLeg,
    Trust,
};
use pgcheck::policy::Policy;
use pgcheck::report::Report;
use pgcheck::target::{Environment, ProtocolVersion, Request, Target, resolve};
use pgcheck::tls::{ChainTrial, ClientCertificate, Identity, NameMatch, NameTrial, Presented};
use rcgen::{CertificateParams, DnType, KeyPair};

pub const URL: &str =
    "postgresql://app:sesame-4711@db.example.com/orders?sslmode=verify-full&sslrootcert=system";

/// A target and its facts, to be varied and then judged.
pub struct Situation {
    pub target: Target,
    pub policy: Policy,
    pub facts: Facts,
    pub duration: Duration,
}

impl Situation {
    /// All is well, at two addresses.
    pub fn good() -> Self {
        Self::of(URL)
    }

    /// The same for another target, which is in `DATABASE_URL`.
    pub fn of(url: &str) -> Self {
        let environment = Environment::of([("DATABASE_URL", url), ("HOME", "/nowhere")]);
        let request = Request::default();
        let mut targets = resolve(&request, &environment).expect("a target");
        let target = targets.remove(0);
        let facts = good_facts(&target);
        Self {
            target,
            policy: Policy::default(),
            facts,
            duration: ms(57),
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(&mut self.facts);
        self
    }

    pub fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    pub fn named(mut self, name: &str) -> Self {
        self.target.name = Some(name.to_owned());
        self
    }

    pub fn report(self) -> Report {
        let rows = judge(&Input {
            target: &self.target,
            policy: &self.policy,
            facts: &self.facts,
            now: self.facts.started_at,
        });
        Report {
            target: self.target,
            policy: self.policy,
            facts: self.facts,
            rows,
            duration: self.duration,
        }
    }
}

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn good_facts(target: &Target) -> Facts {
    let host = target.hosts[0].name();
    let addresses: [IpAddr; 2] = [[10, 20, 4, 17].into(), [10, 20, 5, 9].into()];
    let endpoints = addresses.map(|ip| good_endpoint(&host, SocketAddr::new(ip, 5432)));
    Facts {
        started_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_787_000_000),
        lookups: vec![Lookup {
            host,
            addresses: Stage::Done(addresses.to_vec(), ms(3)),
        }],
        endpoints: endpoints.into(),
        session: Some(0),
        demanded: Identity::ChainAndName,
    }
}

fn good_endpoint(host: &str, address: SocketAddr) -> Endpoint {
    let mut endpoint = Endpoint::new(Some(host.to_owned()), address);
    let tcp = Tcp {
        local: "10.1.2.3:51234".parse().expect("an address"),
    };
    let sasl = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"].map(str::to_owned);
    let challenge = AuthRequest::Sasl(sasl.into());
    endpoint.tls = TlsLeg {
        tcp: Stage::Done(tcp, ms(8)),
        negotiation: Stage::Done(Negotiation::Accepted, ms(4)),
        handshake: Stage::Done(handshake(), ms(10)),
        presented: Some(presented("db.example.com", "db.example.com")),
        trust: Some(trust()),
        answer: Stage::Done(Answer::Authentication(challenge.clone()), ms(2)),
        login: Stage::Done(
            Login {
                requests: vec![challenge, AuthRequest::Ok],
                mechanism: Some("SCRAM-SHA-256-PLUS".to_owned()),
            },
            ms(21),
        ),
        query: Stage::Done(session(), ms(2)),
    };
    let old = [ProtocolVersion::Tls10, ProtocolVersion::Tls11];
    endpoint.legacy = old
        .map(|offered| LegacyLeg {
            offered,
            accepted: Stage::Done(false, ms(5)),
        })
        .into();
    endpoint.plaintext = vec![PlaintextLeg {
        tcp: Stage::Done(tcp, ms(8)),
        answer: Stage::Done(Answer::Error(no_pg_hba_entry()), ms(9)),
    }];
    endpoint
}

fn trust() -> Trust {
    let now = ChainTrial {
        libpq: Ok(()),
        strict: Ok(()),
    };
    Trust {
        own: Some(RootsTrial::Tried {
            now: Box::new(now),
            in_time: None,
        }),
        system: None,
        mozilla: None,
    }
}

fn handshake() -> Handshake {
    Handshake {
        version: "1.3",
        cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
        group: Some("X25519MLKEM768".to_owned()),
        post_quantum: true,
        alpn: Some("postgresql".to_owned()),
        hello_retried: false,
        client_certificate: ClientCertificate::default(),
    }
}

fn session() -> Session {
    Session {
        version: "PostgreSQL 18.1 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit".to_owned(),
        in_recovery: Some(false),
        read_only: Some(false),
        current_user: Some("app".to_owned()),
        client_address: Some([10, 1, 2, 3].into()),
        server_view: ServerView::Tls {
            version: Some("TLSv1.3".to_owned()),
            cipher: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        },
    }
}

/// A certificate of this subject for this name, valid until 2027-03-02, taken as verified.
pub fn presented(subject: &str, name: &str) -> Presented {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, subject);
    params.not_before = rcgen::date_time_ymd(2026, 3, 2);
    params.not_after = rcgen::date_time_ymd(2027, 3, 2);
    let certificate = params.self_signed(&key).expect("a certificate");
    Presented {
        certificates: vec![certificate.der().clone()],
        chain: Some(ChainTrial {
            libpq: Ok(()),
            strict: Ok(()),
        }),
        name: NameTrial {
            libpq: Ok(NameMatch::AlternativeName),
            strict: Ok(()),
        },
    }
}

pub fn error(code: &str, message: &str, place: [&str; 2]) -> ServerError {
    let [file, routine] = place;
    let fields = [('C', code), ('M', message), ('F', file), ('R', routine)];
    ServerError::new(fields.map(|(kind, text)| (kind, text.to_owned())).into())
}

fn no_pg_hba_entry() -> ServerError {
    let message = "no pg_hba.conf entry for host \"10.1.2.3\", user \"app\", database \"orders\", \
                   no encryption";
    error("28000", message, ["auth.c", "ClientAuthentication"])
}

/// The answer to plaintext, at every address.
pub fn plaintext(facts: &mut Facts, answer: &Answer) {
    for endpoint in &mut facts.endpoints {
        endpoint.plaintext[0].answer = Stage::Done(answer.clone(), ms(9));
    }
}

/// No address is reached by TCP.
pub fn no_tcp(facts: &mut Facts, failure: &Failure, elapsed: Duration) {
    for endpoint in &mut facts.endpoints {
        endpoint.tls = TlsLeg {
            tcp: Stage::Failed(failure.clone(), elapsed),
            ..TlsLeg::default()
        };
        endpoint.legacy.clear();
        endpoint.plaintext = vec![PlaintextLeg {
            tcp: Stage::Failed(failure.clone(), elapsed),
            answer: Stage::NotRun,
        }];
    }
}

/// The login at the first address ends so, and nothing comes after it.
pub fn login_fails(facts: &mut Facts, failure: Failure) {
    facts.endpoints[0].tls.login = Stage::Failed(failure, ms(24));
    facts.endpoints[0].tls.query = Stage::NotRun;
}

/// TLS at the first address ends after the negotiation.
pub fn no_tls(facts: &mut Facts, negotiation: Negotiation, handshake: Stage<Handshake>) {
    let leg = &mut facts.endpoints[0].tls;
    *leg = TlsLeg {
        tcp: leg.tcp.clone(),
        negotiation: Stage::Done(negotiation, ms(4)),
        handshake,
        ..TlsLeg::default()
    };
}

/// The situations that the snapshots hold, each with its name.
pub fn all() -> Vec<(&'static str, Vec<Report>)> {
    let one = |name, situation: Situation| (name, vec![situation.report()]);
    let good = Situation::good;
    let scram = || Answer::Authentication(AuthRequest::Sasl(vec!["SCRAM-SHA-256".to_owned()]));
    let rejected = error(
        "28P01",
        "password authentication failed for user \"app\"",
        ["auth.c", "auth_failed"],
    );
    let starting = error(
        "57P03",
        "the database system is starting up",
        ["postmaster.c", ""],
    );
    vec![
        one("all-well", good()),
        one(
            "plaintext-accepted",
            good().with(|f| plaintext(f, &scram())),
        ),
        one(
            "plaintext-no-password",
            good().with(|f| plaintext(f, &Answer::Authentication(AuthRequest::Ok))),
        ),
        one(
            "plaintext-undetermined",
            good().with(|f| plaintext(f, &Answer::Error(starting.clone()))),
        ),
        one(
            "tcp-timeout",
            good().with(|f| no_tcp(f, &Failure::TimedOut, ms(5000))),
        ),
        one(
            "tcp-refused",
            good().with(|f| no_tcp(f, &Failure::Refused, ms(0))),
        ),
        one("host-not-found", good().with(not_found)),
        one(
            "password-rejected",
            good().with(|f| login_fails(f, Failure::Server(rejected.clone()))),
        ),
        one(
            "tls-not-offered",
            good().with(|f| no_tls(f, Negotiation::Refused, Stage::NotRun)),
        ),
        one(
            "handshake-failed",
            good().with(|f| {
                let alert = Failure::Tls("received fatal alert: HandshakeFailure".to_owned());
                no_tls(f, Negotiation::Accepted, Stage::Failed(alert, ms(6)));
            }),
        ),
        one(
            "sslmode-prefer",
            Situation::of("postgresql://app@db.example.com/orders"),
        ),
        one(
            "tls-ends-early",
            good().with(|f| {
                if let Stage::Done(session, _) = &mut f.endpoints[0].tls.query {
                    session.server_view = ServerView::Plaintext;
                }
            }),
        ),
        one(
            "strict",
            Situation::of("postgresql://app@db.example.com/orders").policy(|p| p.strict = true),
        ),
        one("only-two-checks", good().policy(|p| p.checks.truncate(2))),
        (
            "several-targets",
            vec![
                good().named("orders").report(),
                Situation::of("postgresql://app@db.example.com/orders").report(),
                good()
                    .named("reporting")
                    .with(|f| plaintext(f, &scram()))
                    .report(),
            ],
        ),
        ("hostile", vec![super::hostile::report()]),
    ]
}

fn not_found(facts: &mut Facts) {
    let words = "failed to lookup address information: Name or service not known";
    facts.lookups[0].addresses = Stage::Failed(Failure::Io(words.to_owned()), ms(12));
    facts.endpoints.clear();
    facts.session = None;
}
