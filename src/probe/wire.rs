//! The stream that the driver is given: it carries the TLS session and watches what
//! passes.
//!
//! It reports the server's authentication requests and errors as they stand on the wire,
//! and breaks the connection before the driver can answer a request that is not allowed,
//! so that a password is never sent in a form that was ruled out.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::message::{Frame, Next};
use crate::facts::{AuthRequest, Login, ServerError, Withheld};

/// The most bytes that a whole session may need; a server that sends more is cut off.
const MOST_RECEIVED: usize = 1 << 20;

/// What was seen so far. Shared between the stream, which the driver owns, and the probe.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Record>>);

/// See [`Seen`].
#[derive(Clone, Default)]
pub struct Record {
    /// The authentication requests and the mechanism chosen.
    pub login: Login,
    /// The first ErrorResponse.
    pub error: Option<ServerError>,
    /// Why the stream was broken off, if it was.
    pub withheld: Option<Withheld>,
    /// Whether AuthenticationOk has come.
    pub authenticated: bool,
}

impl Seen {
    /// A copy of what was seen.
    pub fn record(&self) -> Record {
        self.with(|record| record.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Record) -> T) -> T {
        // A panic elsewhere leaves plain data here, as good as before.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Decides whether the driver may answer an authentication request.
pub type Permit = Box<dyn Fn(&AuthRequest) -> Result<(), Withheld> + Send>;

/// The watched stream.
pub struct Wire<S> {
    stream: S,
    channel_binding: Option<Vec<u8>>,
    permit: Permit,
    seen: Seen,
    received: BytesMut,
    total: usize,
}

impl<S> Wire<S> {
    /// Watches a stream. `channel_binding` is the tls-server-end-point hash, if it may be
    /// used.
    pub fn new(stream: S, channel_binding: Option<Vec<u8>>, permit: Permit) -> (Self, Seen) {
        let seen = Seen::default();
        let wire = Self {
            stream,
            channel_binding,
            permit,
            seen: seen.clone(),
            received: BytesMut::new(),
            total: 0,
        };
        (wire, seen)
    }

    /// Looks at bytes on their way to the driver.
    fn inspect(&mut self, bytes: &[u8]) -> Result<(), Withheld> {
        self.total += bytes.len();
        if self.total > MOST_RECEIVED {
            return Err(Withheld::TooMuchData);
        }
        if self.seen.with(|record| record.authenticated) {
            return Ok(());
        }
        self.received.extend_from_slice(bytes);
        loop {
            match Frame::take(&mut self.received) {
                Next::Frame(frame) => self.inspect_frame(&frame)?,
                Next::Incomplete => return Ok(()),
                Next::Malformed => return Err(Withheld::TooMuchData),
            }
        }
    }

    fn inspect_frame(&self, frame: &Frame) -> Result<(), Withheld> {
        match frame.tag {
            b'R' => {
                let Some(request) = AuthRequest::parse(frame.body()) else {
                    return check_iterations(frame.body());
                };
                let first = self.seen.with(|record| {
                    let first = record.login.requests.is_empty();
                    record.authenticated = request == AuthRequest::Ok;
                    record.login.requests.push(request.clone());
                    first
                });
                // AuthenticationOk after another request ends that exchange; only as the
                // first one does it stand for "no authentication at all".
                match request {
                    AuthRequest::Ok if !first => Ok(()),
                    request => (self.permit)(&request),
                }
            }
            b'E' => {
                self.seen.with(|record| {
                    record.error = record.error.take().or_else(|| frame.error());
                });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Looks at bytes that the driver sends: the first `p` message names the mechanism.
    fn inspect_sent(&self, bytes: &[u8]) {
        let Some((b'p', rest)) = bytes.split_first() else {
            return;
        };
        let name = rest
            .get(4..)
            .unwrap_or_default()
            .split(|byte| *byte == 0)
            .next();
        self.seen.with(|record| {
            if matches!(record.login.requests.last(), Some(AuthRequest::Sasl(_)))
                && record.login.mechanism.is_none()
            {
                record.login.mechanism = name.map(|n| String::from_utf8_lossy(n).into_owned());
            }
        });
    }
}

/// The most SCRAM iterations that the driver computes (postgres-protocol, `sasl.rs`).
const MOST_ITERATIONS: u32 = 100_000;

/// Looks for the iteration count in the server's first SCRAM message (RFC 5802, section
/// 5.1: `r=…,s=…,i=…`), which is an AuthenticationSASLContinue.
fn check_iterations(body: &[u8]) -> Result<(), Withheld> {
    const SASL_CONTINUE: [u8; 4] = 11_i32.to_be_bytes();
    let message = body.strip_prefix(&SASL_CONTINUE).unwrap_or_default();
    let count = message
        .split(|byte| *byte == b',')
        .find_map(|attribute| attribute.strip_prefix(b"i="))
        .and_then(|count| std::str::from_utf8(count).ok()?.parse().ok());
    match count {
        Some(count) if count > MOST_ITERATIONS => Err(Withheld::ScramIterations(count)),
        _ => Ok(()),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Ok(())) = polled
            && let Err(withheld) = self.inspect(&buffer.filled()[before..])
        {
            buffer.set_filled(before);
            self.seen.with(|record| record.withheld = Some(withheld));
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.inspect_sent(bytes);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Wire<S> {
    fn channel_binding(&self) -> ChannelBinding {
        match &self.channel_binding {
            Some(hash) => ChannelBinding::tls_server_end_point(hash.clone()),
            None => ChannelBinding::none(),
        }
    }
}

/// The driver's TLS step for a stream on which TLS is established already.
pub struct Established;

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<Wire<S>> for Established {
    type Stream = Wire<S>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Wire<S>>>;

    fn connect(self, stream: Wire<S>) -> Self::Future {
        std::future::ready(Ok(stream))
    }
}
