//! Messages of the PostgreSQL protocol, as far as the start of a session needs them.

use bytes::{Buf, Bytes, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::tcp;
use crate::facts::{Answer, AuthRequest, Failure, ServerError};

/// No message before the end of a login is longer than this; libpq draws the same line
/// for an ErrorResponse (fe-connect.c, `MAX_ERRLEN`).
pub const LONGEST: usize = 30_000;

/// How many bytes of notices an answer may come after.
const MOST_BEFORE_ANSWER: usize = 4 * LONGEST;

/// One message of the server: its type and its body.
pub struct Frame {
    /// The type, `R` for instance.
    pub tag: u8,
    /// The whole message, type and length included.
    whole: BytesMut,
}

/// What stands at the start of the bytes received.
pub enum Next {
    /// A whole message.
    Frame(Frame),
    /// Too few bytes to tell.
    Incomplete,
    /// No message of the protocol, or one too long.
    Malformed,
}

impl Frame {
    /// Takes the first message out of the bytes received.
    pub fn take(received: &mut BytesMut) -> Next {
        let header = match Header::parse(received) {
            Ok(Some(header)) => header,
            Ok(None) => return Next::Incomplete,
            Err(_) => return Next::Malformed,
        };
        let Ok(length) = usize::try_from(header.len()) else {
            return Next::Malformed;
        };
        if length > LONGEST {
            return Next::Malformed;
        }
        if received.len() <= length {
            return Next::Incomplete;
        }
        Next::Frame(Self {
            tag: header.tag(),
            whole: received.split_to(length + 1),
        })
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.whole[5..]
    }

    /// The error, where this is an ErrorResponse.
    pub fn error(&self) -> Option<ServerError> {
        let Ok(Some(Message::ErrorResponse(body))) = Message::parse(&mut self.whole.clone()) else {
            return None;
        };
        let mut fields = Vec::new();
        let mut parsed = body.fields();
        // A field list that breaks off still yields the fields before the break.
        while let Ok(Some(field)) = parsed.next() {
            let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
            fields.push((char::from(field.type_()), text));
        }
        Some(ServerError::new(fields))
    }
}

/// A StartupMessage of protocol 3.0 exactly, with these parameters and nothing else.
pub fn startup(parameters: &[(&str, &str)]) -> Result<Bytes, Failure> {
    let mut message = BytesMut::new();
    frontend::startup_message(parameters.iter().copied(), &mut message)
        .map_err(|error| Failure::Driver(error.to_string()))?;
    Ok(message.freeze())
}

/// Sends a StartupMessage and reads up to the first answer that says where the server
/// stands. Nothing else is sent, whatever comes.
pub async fn first_answer<S>(stream: &mut S, startup: &[u8]) -> Result<Answer, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let io = |error: std::io::Error| tcp::failure(&error);
    if let Err(error) = stream.write_all(startup).await {
        return broken_off(io(error));
    }
    stream.flush().await.map_err(io)?;
    let mut received = BytesMut::with_capacity(1024);
    let mut total = 0;
    loop {
        match stream.read_buf(&mut received).await {
            Ok(0) if received.is_empty() => return Ok(Answer::Closed),
            Ok(0) => return Ok(Answer::Other(beginning(&received))),
            Ok(count) => total += count,
            Err(error) if received.is_empty() => return broken_off(io(error)),
            Err(_) => return Ok(Answer::Other(beginning(&received))),
        }
        if let Some(answer) = answer_in(&mut received) {
            return Ok(answer);
        }
        if total > MOST_BEFORE_ANSWER {
            return Ok(Answer::Other(beginning(&received)));
        }
    }
}

/// A reset before the first byte is an answer of its own.
fn broken_off(failure: Failure) -> Result<Answer, Failure> {
    match failure {
        Failure::Reset => Ok(Answer::Reset),
        Failure::Closed => Ok(Answer::Closed),
        other => Err(other),
    }
}

/// The answer, if enough has come. Notices and NegotiateProtocolVersion are no answer.
fn answer_in(received: &mut BytesMut) -> Option<Answer> {
    loop {
        match *received.first()? {
            b'N' | b'v' => match Frame::take(received) {
                Next::Frame(_) => {}
                Next::Incomplete => return None,
                Next::Malformed => return Some(Answer::Other(beginning(received))),
            },
            b'R' => {
                return match Frame::take(received) {
                    Next::Frame(frame) => Some(authentication(&frame)),
                    Next::Incomplete => None,
                    Next::Malformed => Some(Answer::Other(beginning(received))),
                };
            }
            b'E' => {
                return match Frame::take(received) {
                    Next::Frame(frame) => Some(match frame.error() {
                        Some(error) => Answer::Error(error),
                        None => Answer::Other(beginning(&frame.whole)),
                    }),
                    Next::Incomplete => None,
                    Next::Malformed => old_error(received),
                };
            }
            0x15 => return Some(Answer::TlsAlert),
            _ if b"HTTP/".starts_with(&received[..received.len().min(5)]) => {
                return (received.len() >= 5).then_some(Answer::Http);
            }
            _ => return Some(Answer::Other(beginning(received))),
        }
    }
}

fn authentication(frame: &Frame) -> Answer {
    match AuthRequest::parse(frame.body()) {
        Some(request) => Answer::Authentication(request),
        None => Answer::Other(beginning(&frame.whole)),
    }
}

/// An error of protocol 2.0, `E<text>\0`, which a server that cannot even fork sends.
/// `None` while its end has not come.
pub fn old_error(received: &mut BytesMut) -> Option<Answer> {
    let Some(end) = received.iter().position(|byte| *byte == 0) else {
        return (received.len() > LONGEST).then(|| Answer::Other(beginning(received)));
    };
    let text = String::from_utf8_lossy(&received[1..end])
        .trim_end()
        .to_owned();
    received.advance(end + 1);
    Some(Answer::Error(ServerError::new(vec![('M', text)])))
}

/// The first bytes, enough to recognise what they are.
fn beginning(received: &[u8]) -> Vec<u8> {
    received[..received.len().min(32)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(bytes: &[u8]) -> Option<Answer> {
        answer_in(&mut BytesMut::from(bytes))
    }

    fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).expect("a short body");
        [&[tag], &length.to_be_bytes()[..], body].concat()
    }

    #[test]
    fn an_authentication_request_is_an_answer() {
        let bytes = frame(b'R', &[0, 0, 0, 5, 1, 2, 3, 4]);
        let expected = Answer::Authentication(AuthRequest::Md5Password);
        assert_eq!(answer(&bytes), Some(expected));
        assert_eq!(answer(&bytes[..9]), None, "it waits for the rest");
    }

    #[test]
    fn an_error_keeps_its_fields_verbatim() {
        let bytes = frame(
            b'E',
            b"SFATAL\0C28000\0Mno\x1bentry\0Fauth.c\0RClientAuthentication\0\0",
        );
        let Some(Answer::Error(error)) = answer(&bytes) else {
            panic!("no error");
        };
        assert_eq!(error.code(), Some("28000"));
        assert_eq!(error.message(), "no\x1bentry");
        assert_eq!(error.routine(), Some("ClientAuthentication"));
    }

    #[test]
    fn notices_and_version_negotiation_before_the_answer_are_passed_over() {
        let mut bytes = frame(b'N', b"SNOTICE\0Mhello\0\0");
        bytes.extend(frame(b'v', &[0, 3, 0, 0, 0, 0, 0, 0]));
        bytes.extend(frame(b'R', &[0, 0, 0, 0]));
        let expected = Answer::Authentication(AuthRequest::Ok);
        assert_eq!(answer(&bytes), Some(expected));
    }

    #[test]
    fn the_old_form_of_an_error_is_read() {
        let Some(Answer::Error(error)) = answer(b"Ecould not fork new process\n\0") else {
            panic!("no error");
        };
        assert_eq!(error.message(), "could not fork new process");
        assert_eq!(error.code(), None);
    }

    #[test]
    fn what_is_not_postgresql_is_told_apart() {
        assert_eq!(answer(b"HTTP/1.1 400 Bad Request\r\n"), Some(Answer::Http));
        assert_eq!(answer(b"HT"), None);
        assert_eq!(answer(&[0x15, 3, 1, 0, 2, 2, 70]), Some(Answer::TlsAlert));
        assert_eq!(answer(b"SSH-2.0"), Some(Answer::Other(b"SSH-2.0".to_vec())));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = answer(&bytes);
        }
    }
}
