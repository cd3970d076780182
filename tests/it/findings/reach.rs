//! `dns` and `tcp`.

use std::net::{TcpListener, TcpStream};

use socket2::{Domain, Socket, Type};

use crate::support::{PASSWORD, Uri, check, fixture};

/// A label longer than DNS allows: no resolver finds it, and none needs to be asked.
fn no_name() -> String {
    "x".repeat(64)
}

fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Two hosts, and the CA of the good one.
fn hosts(hosts: &str) -> String {
    let ca = fixture("enforced").ca.display();
    format!("postgresql://app:{PASSWORD}@{hosts}/shop?sslmode=verify-full&sslrootcert={ca}")
}

#[test]
fn a_name_without_an_address_is_host_not_found() {
    let server = fixture("enforced");
    let report = check(server.uri().host(&no_name()), []);
    report.has("host-not-found", "error");
    assert_eq!(report.finished.code, Some(4));
    check(server.uri().host("localhost"), []).lacks("host-not-found");
}

#[test]
fn one_name_of_two_without_an_address_is_some_hosts_not_found() {
    let port = fixture("enforced").port;
    let report = check(hosts(&format!("127.0.0.1:{port},{}:{port}", no_name())), []);
    report.has("some-hosts-not-found", "warning");
    assert_eq!(report.finished.code, Some(0));
    check(hosts(&format!("127.0.0.1:{port}")), []).lacks("some-hosts-not-found");
}

#[test]
fn a_port_that_nobody_listens_on_is_tcp_refused() {
    let server = fixture("enforced");
    let report = check(server.uri().port(closed_port()), []);
    report.has("tcp-refused", "error");
    assert_eq!(report.finished.code, Some(4));
    check(server.uri(), []).lacks("tcp-refused");
}

#[test]
fn a_port_that_drops_packets_is_tcp_timeout() {
    // A full queue of connections: Linux drops what comes after, as a firewall would.
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&any.into()).expect("a free port");
    listener.listen(0).expect("it listens");
    let address = listener
        .local_addr()
        .expect("an address")
        .as_socket()
        .expect("IPv4");
    let _queue = TcpStream::connect(address).expect("the first fits");
    let uri = Uri::to("127.0.0.1", address.port()).param("sslmode", "require");
    let report = check(uri, ["--timeout", "400ms"]);
    report.has("tcp-timeout", "error");
    assert_eq!(report.finished.code, Some(4));
}

#[test]
fn an_address_without_a_route_is_tcp_unreachable() {
    let uri = Uri::to("255.255.255.255", 5432).param("sslmode", "require");
    let report = check(uri, []);
    report.has("tcp-unreachable", "error");
    assert_eq!(report.finished.code, Some(4));
}

#[test]
fn a_second_address_that_is_down_is_some_addresses_down() {
    let (port, closed) = (fixture("enforced").port, closed_port());
    let report = check(hosts(&format!("127.0.0.1:{port},127.0.0.1:{closed}")), []);
    report.has("some-addresses-down", "warning");
    assert_eq!(report.finished.code, Some(0));
    let report = check(hosts(&format!("127.0.0.1:{closed},127.0.0.1:{port}")), []);
    report.has("some-addresses-down", "warning");
    assert_eq!(
        report.status("session"),
        "ok",
        "libpq goes on to the second"
    );
    check(hosts(&format!("127.0.0.1:{port}")), []).lacks("some-addresses-down");
}
