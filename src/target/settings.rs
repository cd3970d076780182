//! The values of all parameters but the hosts, user, database and password.
//!
//! The rules are those of libpq's `pqConnectOptions2`, checked before anything is
//! contacted, in places where libpq itself notices a bad value only later.

use std::time::Duration;

use super::given::{Given, is_space};
use super::tls::{self, GivenTls};
use super::{
    AuthMethod, ChannelBinding, Choice, Error, RequireAuth, SocketParameters, TargetSessionAttrs,
    encoding,
};

/// The typed values.
pub(crate) struct Settings {
    pub connect_timeout: Option<Duration>,
    pub socket: SocketParameters,
    pub tls: GivenTls,
    pub channel_binding: ChannelBinding,
    pub require_auth: Option<RequireAuth>,
    pub target_session_attrs: TargetSessionAttrs,
    pub load_balance_hosts: bool,
}

impl Settings {
    pub fn read(given: &Given) -> Result<Self, Error> {
        refuse_other_connections(given)?;
        refuse_unknown_encoding(given)?;
        let seconds = given.integer("connect_timeout")?;
        let attrs = given.choice("target_session_attrs")?;
        Ok(Self {
            connect_timeout: positive(seconds).map(Duration::from_secs),
            socket: socket(given)?,
            tls: tls::read(given)?,
            channel_binding: given
                .choice("channel_binding")?
                .unwrap_or(ChannelBinding::Prefer),
            require_auth: require_auth(given)?,
            target_session_attrs: attrs.unwrap_or(TargetSessionAttrs::Any),
            load_balance_hosts: given.choice("load_balance_hosts")?
                == Some(LoadBalanceHosts::Random),
        })
    }
}

/// The session does not use it, but the application's would be refused.
fn refuse_unknown_encoding(given: &Given) -> Result<(), Error> {
    match given.nonempty("client_encoding") {
        Some(name) if !encoding::is_known(name) => Err(given
            .invalid("client_encoding", name)
            .help("it is one of PostgreSQL's encodings, UTF8 or LATIN1 for instance, or auto")),
        _ => Ok(()),
    }
}

fn positive(number: Option<i32>) -> Option<u64> {
    let number = u64::try_from(number?).ok()?;
    (number > 0).then_some(number)
}

/// TCP options. With `keepalives=0` libpq does not look at the others.
fn socket(given: &Given) -> Result<SocketParameters, Error> {
    let keepalives = given.integer("keepalives")?.map(|number| number != 0);
    if keepalives == Some(false) {
        return Ok(SocketParameters {
            keepalives,
            ..SocketParameters::default()
        });
    }
    let seconds = |keyword| Ok(within(given, keyword, 32767)?.map(Duration::from_secs));
    let count = within(given, "keepalives_count", 127)?;
    let milliseconds = positive(given.integer("tcp_user_timeout")?);
    Ok(SocketParameters {
        keepalives,
        keepalives_idle: seconds("keepalives_idle")?,
        keepalives_interval: seconds("keepalives_interval")?,
        keepalives_count: count.and_then(|count| u32::try_from(count).ok()),
        tcp_user_timeout: milliseconds.map(Duration::from_millis),
    })
}

/// A number that the operating system takes. libpq's manual says that zero stands for the
/// system's default, but libpq passes it on, and Linux refuses it, as it refuses numbers
/// above `highest` (`tcp(7)`, `MAX_TCP_KEEPIDLE` and the like).
fn within(given: &Given, keyword: &str, highest: u64) -> Result<Option<u64>, Error> {
    let Some(number) = given.integer(keyword)? else {
        return Ok(None);
    };
    let number = u64::try_from(number).unwrap_or(0);
    match (1..=highest).contains(&number) {
        true => Ok(Some(number)),
        false => Err(given
            .invalid(keyword, given.text(keyword).unwrap_or_default())
            .help(format!(
                "the operating system takes 1 to {highest}; leave it out for its default"
            ))),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum LoadBalanceHosts {
    Disable,
    Random,
}

impl Choice for LoadBalanceHosts {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("disable", Self::Disable), ("random", Self::Random)];
}

/// A list of methods, all negated or none. A method that comes twice is refused, because
/// "a typo here is extremely risky", as libpq puts it.
fn require_auth(given: &Given) -> Result<Option<RequireAuth>, Error> {
    let Some(list) = given.nonempty("require_auth") else {
        return Ok(None);
    };
    let invalid = |help: String| given.invalid("require_auth", list).help(help);
    let negated = list.starts_with('!');
    let mut methods = Vec::new();
    for element in list.split(',') {
        let (bang, name) = match element.strip_prefix('!') {
            Some(name) => (true, name),
            None => (false, element),
        };
        if bang != negated {
            return Err(invalid(
                "put \"!\" before all methods or before none".to_owned(),
            ));
        }
        let method = AuthMethod::parse(name).ok_or_else(|| {
            given
                .invalid("require_auth", list)
                .help_one_of::<AuthMethod>()
        })?;
        if methods.contains(&method) {
            return Err(invalid(format!("name {name} only once")));
        }
        methods.push(method);
    }
    Ok(Some(RequireAuth { methods, negated }))
}

/// Refuses the values that make libpq open a connection of another kind than the one that
/// pgcheck judges.
fn refuse_other_connections(given: &Given) -> Result<(), Error> {
    refuse_gss_encryption(given)?;
    refuse_replication(given)?;
    refuse_new_protocol(given)?;
    for keyword in ["scram_client_key", "scram_server_key"] {
        if let Some(parameter) = given.get(keyword) {
            let what = format!("{keyword} is not supported");
            let help = "give the password; pgcheck has no other way to log in by SCRAM";
            return Err(Error::new(what).help(help).at(&parameter.origin));
        }
    }
    Ok(())
}

fn refuse_gss_encryption(given: &Given) -> Result<(), Error> {
    match given.choice::<GssEncMode>("gssencmode")? {
        Some(GssEncMode::Require) => Err(given
            .invalid("gssencmode", "require")
            .help("it demands GSSAPI encryption, and pgcheck checks TLS; leave it out")),
        _ => Ok(()),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum GssEncMode {
    Disable,
    Prefer,
    Require,
}

impl Choice for GssEncMode {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("disable", Self::Disable),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
    ];
}

/// A physical replication session matches other lines of pg_hba.conf than any database.
fn refuse_replication(given: &Given) -> Result<(), Error> {
    let Some(value) = given.nonempty("replication") else {
        return Ok(());
    };
    let folded = value.trim_matches(is_space).to_ascii_lowercase();
    match folded.as_str() {
        "database" | "false" | "off" | "no" | "0" => Ok(()),
        _ => Err(given.invalid("replication", value).help(
            "pgcheck checks ordinary sessions; pg_hba.conf has separate lines for replication",
        )),
    }
}

/// The versions of the protocol that libpq 18 knows; `latest` is 3.2.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum WireProtocol {
    V3_0,
    V3_2,
}

impl Choice for WireProtocol {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("3.0", Self::V3_0),
        ("3.2", Self::V3_2),
        ("latest", Self::V3_2),
    ];
}

/// The session speaks protocol 3.0, which every server accepts.
fn refuse_new_protocol(given: &Given) -> Result<(), Error> {
    let lowest = given.choice::<WireProtocol>("min_protocol_version")?;
    given.choice::<WireProtocol>("max_protocol_version")?;
    match lowest {
        Some(WireProtocol::V3_2) => Err(given
            .invalid(
                "min_protocol_version",
                given.text("min_protocol_version").unwrap_or(""),
            )
            .help("pgcheck speaks protocol 3.0 only; leave it out")),
        _ => Ok(()),
    }
}
