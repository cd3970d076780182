//! The first answer to a StartupMessage.

use std::fmt;

use super::ServerError;

/// The first message of a server that says where it stands; notices before it do not
/// count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An authentication request, AuthenticationOk included: the server went on.
    Authentication(AuthRequest),
    /// An ErrorResponse.
    Error(ServerError),
    /// The connection was closed without a byte.
    Closed,
    /// The connection was reset without a byte.
    Reset,
    /// A TLS alert record: the port speaks TLS from the first byte.
    TlsAlert,
    /// An HTTP response.
    Http,
    /// Anything else: its first bytes.
    Other(Vec<u8>),
}

/// An authentication request (PostgreSQL manual, "Message Formats", `Authentication*`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthRequest {
    /// 0: nothing more is asked.
    Ok,
    /// 2: Kerberos V5, long gone.
    KerberosV5,
    /// 3: the password in cleartext.
    CleartextPassword,
    /// 5: the password hashed with MD5 and a salt.
    Md5Password,
    /// 7: GSSAPI.
    Gss,
    /// 9: SSPI.
    Sspi,
    /// 10: SASL, with the mechanisms offered.
    Sasl(Vec<String>),
    /// Any other code.
    Other(i32),
}

impl AuthRequest {
    /// Reads the body of an `R` message. `None` for a body too short, or for a message
    /// that continues an exchange (8 GSSContinue, 11 SASLContinue, 12 SASLFinal).
    pub fn parse(body: &[u8]) -> Option<Self> {
        let (code, rest) = body.split_first_chunk::<4>()?;
        match i32::from_be_bytes(*code) {
            0 => Some(Self::Ok),
            2 => Some(Self::KerberosV5),
            3 => Some(Self::CleartextPassword),
            5 => Some(Self::Md5Password),
            7 => Some(Self::Gss),
            8 | 11 | 12 => None,
            9 => Some(Self::Sspi),
            10 => Some(Self::Sasl(mechanisms(rest))),
            other => Some(Self::Other(other)),
        }
    }

    /// Whether SCRAM is offered, with or without channel binding.
    pub fn offers_scram(&self) -> bool {
        matches!(self, Self::Sasl(mechanisms) if mechanisms.iter().any(|m| m.starts_with("SCRAM-SHA-256")))
    }

    /// Whether SCRAM with channel binding is offered.
    pub fn offers_channel_binding(&self) -> bool {
        matches!(self, Self::Sasl(mechanisms) if mechanisms.iter().any(|m| m == "SCRAM-SHA-256-PLUS"))
    }
}

fn mechanisms(list: &[u8]) -> Vec<String> {
    list.split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect()
}

/// Words for "the server asked for …".
impl fmt::Display for AuthRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("no password at all"),
            Self::KerberosV5 => f.write_str("Kerberos V5"),
            Self::CleartextPassword => f.write_str("the password in cleartext"),
            Self::Md5Password => f.write_str("an MD5-hashed password"),
            Self::Gss => f.write_str("GSSAPI"),
            Self::Sspi => f.write_str("SSPI"),
            Self::Sasl(mechanisms) => match mechanisms.as_slice() {
                [] => f.write_str("SASL without a mechanism"),
                names => f.write_str(&names.join(" or ")),
            },
            Self::Other(code) => write!(f, "the unknown method {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_sasl_mechanisms_in_order() {
        let body = b"\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
        let request = AuthRequest::parse(body).expect("a request");
        assert!(request.offers_channel_binding());
        assert_eq!(request.to_string(), "SCRAM-SHA-256-PLUS or SCRAM-SHA-256");
    }

    #[test]
    fn a_short_body_and_a_continuation_are_no_request() {
        assert_eq!(AuthRequest::parse(b"\0\0\0"), None);
        assert_eq!(AuthRequest::parse(b"\0\0\0\x0br=nonce"), None);
    }
}
