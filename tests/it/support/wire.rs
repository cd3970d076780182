use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;

/// The eight bytes that ask a server whether it speaks TLS.
pub fn ssl_request() -> Vec<u8> {
    let mut message = BytesMut::new();
    frontend::ssl_request(&mut message);
    message.to_vec()
}

/// What a client that never asks for TLS sends first.
pub fn startup_message(user: &str, database: &str) -> Vec<u8> {
    let mut message = BytesMut::new();
    frontend::startup_message([("user", user), ("database", database)], &mut message)
        .expect("no NUL in a name");
    message.to_vec()
}

/// Sends these bytes on a new connection; returns the first that come back, none if it was closed.
pub fn first_reply(address: SocketAddr, message: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the server accepts TCP");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    stream.write_all(message).expect("the server reads");
    let mut reply = vec![0; 4096];
    let length = stream.read(&mut reply).expect("the server answers");
    reply.truncate(length);
    reply
}
