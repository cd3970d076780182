//! The lists of hosts, addresses and ports, matched up as by libpq's `pqConnectOptions2`.

use std::net::IpAddr;

use super::error::quoted;
use super::given::{Given, integer};
use super::{Error, Host};

/// PostgreSQL's port.
const DEFAULT_PORT: u16 = 5432;

/// What one element of the lists leads to.
#[derive(Clone, Debug)]
pub(crate) enum Endpoint {
    /// A TCP port.
    Tcp(Host),
    /// A Unix-domain socket: the directory that was named, or libpq's default.
    UnixSocket(Option<String>),
}

/// The endpoints in the order given; the passwords are not filled in.
pub(crate) fn endpoints(given: &Given) -> Result<Vec<Endpoint>, Error> {
    let hosts = elements(given, "host");
    let addresses = elements(given, "hostaddr");
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(mismatch(
            given,
            "host",
            hosts.len(),
            "hostaddr",
            addresses.len(),
        ));
    }
    let count = hosts.len().max(addresses.len()).max(1);
    let ports = ports(given, count)?;
    let element = |list: &[&str], i: usize| list.get(i).copied().unwrap_or_default().to_owned();
    let endpoint = |(i, port)| endpoint(given, element(&hosts, i), &element(&addresses, i), port);
    ports.into_iter().enumerate().map(endpoint).collect()
}

fn endpoint(given: &Given, host: String, address: &str, port: u16) -> Result<Endpoint, Error> {
    if address.is_empty() && (host.is_empty() || is_socket(&host)) {
        let path = (!host.is_empty()).then_some(host);
        return Ok(Endpoint::UnixSocket(path));
    }
    if host.contains('@') {
        // Not shown: in a keyword/value string too it may be a misplaced password.
        return Err(place(
            given,
            "host",
            Error::new("the host contains an \"@\""),
        ));
    }
    let hostaddr = match address {
        "" => None,
        address => Some(numeric_address(given, address)?),
    };
    let host = (!host.is_empty()).then_some(host);
    Ok(Endpoint::Tcp(Host {
        host,
        hostaddr,
        port,
        password: None,
    }))
}

/// An absolute path, or a name in Linux's abstract namespace (`is_unixsock_path`).
fn is_socket(host: &str) -> bool {
    host.starts_with(['/', '@'])
}

fn numeric_address(given: &Given, address: &str) -> Result<IpAddr, Error> {
    address.parse().map_err(|_| {
        let help = match address.contains('%') {
            true => "an address with a zone goes into host, not hostaddr",
            false => "hostaddr takes IP addresses only; a name goes into host",
        };
        given.invalid("hostaddr", address).help(help)
    })
}

/// One port for each host: the one given, or the list's.
fn ports(given: &Given, hosts: usize) -> Result<Vec<u16>, Error> {
    let listed = elements(given, "port");
    let ports: Vec<u16> = listed
        .iter()
        .map(|text| port(given, text))
        .collect::<Result<_, _>>()?;
    match ports.as_slice() {
        [] => Ok(vec![DEFAULT_PORT; hosts]),
        [one] => Ok(vec![*one; hosts]),
        several if several.len() == hosts => Ok(ports),
        several => {
            let names = given.nonempty("host").map_or("hostaddr", |_| "host");
            Err(mismatch(given, "port", several.len(), names, hosts))
        }
    }
}

fn port(given: &Given, text: &str) -> Result<u16, Error> {
    if text.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    let number = integer(text).and_then(|number| u16::try_from(number).ok());
    number.filter(|port| *port != 0).ok_or_else(|| {
        let error = given.invalid("port", text);
        error.help("a port is a number from 1 to 65535; several are separated by commas")
    })
}

/// The elements of a list with commas; none when the parameter is absent or empty.
fn elements<'a>(given: &'a Given, keyword: &str) -> Vec<&'a str> {
    let list = given.nonempty(keyword);
    list.map_or_else(Vec::new, |list| list.split(',').collect())
}

fn mismatch(given: &Given, one: &str, ones: usize, other: &str, others: usize) -> Error {
    let what = format!(
        "{ones} {one} value{} for {others} {other} value{}",
        if ones == 1 { "" } else { "s" },
        if others == 1 { "" } else { "s" },
    );
    let help = match one {
        "port" => "give one port for all hosts, or one for each, separated by commas",
        _ => "give as many host values as hostaddr values, separated by commas",
    };
    place(given, one, Error::new(what).help(help))
}

fn place(given: &Given, keyword: &str, error: Error) -> Error {
    match given.get(keyword) {
        Some(parameter) => error.at(&parameter.origin),
        None => error,
    }
}

/// Why a Unix-domain socket is refused.
pub(crate) fn no_tls(path: Option<&str>, given: &Given) -> Error {
    match path {
        Some(path) => {
            let path = quoted(path);
            let what = format!("host {path} is a Unix-domain socket, which never has TLS");
            let help = "name a host to check the server over TCP, -o host=localhost for instance";
            place(given, "host", Error::new(what).help(help))
        }
        None => Error::new(
            "no host is named, and libpq's default is a Unix-domain socket, which never has TLS",
        )
        .help("name the host in the URI, in PGHOST, or with -o host=NAME"),
    }
}
