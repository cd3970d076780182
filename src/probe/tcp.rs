//! TCP connections.

use std::io;
use std::net::SocketAddr;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::facts::{Failure, Tcp};
use crate::target::SocketParameters;

/// Connects, with the target's TCP options set.
pub async fn connect(
    address: SocketAddr,
    options: &SocketParameters,
) -> Result<(Tcp, TcpStream), Failure> {
    let stream = TcpStream::connect(address).await.map_err(|e| failure(&e))?;
    configure(&stream, options).map_err(|e| failure(&e))?;
    let local = stream.local_addr().map_err(|e| failure(&e))?;
    Ok((Tcp { local }, stream))
}

fn configure(stream: &TcpStream, options: &SocketParameters) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(options.tcp_user_timeout)?;
    if options.keepalives == Some(false) {
        return Ok(());
    }
    let mut keepalive = TcpKeepalive::new();
    if let Some(idle) = options.keepalives_idle {
        keepalive = keepalive.with_time(idle);
    }
    #[cfg(unix)]
    if let Some(interval) = options.keepalives_interval {
        keepalive = keepalive.with_interval(interval);
    }
    #[cfg(unix)]
    if let Some(count) = options.keepalives_count {
        keepalive = keepalive.with_retries(count);
    }
    socket.set_tcp_keepalive(&keepalive)
}

/// An I/O error as a failure.
pub fn failure(error: &io::Error) -> Failure {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => Failure::Refused,
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => Failure::Reset,
        Kind::UnexpectedEof => Failure::Closed,
        Kind::TimedOut => Failure::TimedOut,
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::AddrNotAvailable => {
            Failure::Unreachable(error.to_string())
        }
        _ => Failure::Io(error.to_string()),
    }
}
