//! Why a chain is not trusted.

use std::fmt;
use std::time::SystemTime;

use super::parsed::Parsed;
use super::time_text;

/// Which certificate of a chain is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its position above the server's own certificate, which is 0.
    pub depth: usize,
    /// What it is there.
    pub role: Role,
    /// Its subject; `None` where it could not be read.
    pub subject: Option<String>,
}

/// What a certificate is in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server's own.
    Server,
    /// Between the server's and the root.
    Intermediate,
    /// The trusted end.
    Root,
}

impl Place {
    /// The certificate at `depth` of a path that ends with the root at `last`.
    pub(super) fn new(depth: usize, last: usize, certificate: &Parsed<'_>) -> Self {
        Self {
            subject: Some(certificate.subject_text()),
            ..Self::unnamed(depth, last)
        }
    }

    /// A certificate that the server presented, whose path has no end.
    pub(super) fn presented(depth: usize, certificate: &Parsed<'_>) -> Self {
        Self::new(depth, usize::MAX, certificate)
    }

    pub(super) fn unnamed(depth: usize, last: usize) -> Self {
        let role = match depth {
            0 => Role::Server,
            _ if depth == last => Role::Root,
            _ => Role::Intermediate,
        };
        Self {
            depth,
            role,
            subject: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.role {
            Role::Server => "the server's certificate",
            Role::Intermediate => "the intermediate certificate",
            Role::Root => "the root certificate",
        })?;
        match &self.subject {
            Some(subject) => write!(f, " \"{subject}\""),
            None => Ok(()),
        }
    }
}

/// Why libpq would not trust a chain. Names are as the certificates give them: foreign
/// text, to be escaped before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainError {
    /// The certificate cannot be read.
    Malformed(Place, String),
    /// The server's certificate is its own issuer and not among the roots.
    SelfSigned {
        /// The server's certificate.
        place: Place,
        /// A root of the same name is there, but it is another certificate.
        same_name: bool,
    },
    /// The server presents its own root, which is not among the trusted ones.
    UntrustedRoot {
        /// That root.
        place: Place,
        /// A trusted root has the same name, but it is another certificate.
        same_name: bool,
    },
    /// Nobody of the issuer's name is among the roots, nor was sent.
    UnknownIssuer {
        /// The last certificate of the path.
        place: Place,
        /// Who issued it.
        issuer: String,
    },
    /// Likewise, and the certificate itself says where its issuer's is found: the server
    /// leaves out an intermediate certificate.
    IntermediateMissing {
        /// The last certificate of the path.
        place: Place,
        /// Who issued it.
        issuer: String,
        /// Where the issuer's certificate can be fetched.
        url: String,
    },
    /// The trusted file has an intermediate certificate but not the root above it.
    RootMissing {
        /// That intermediate.
        place: Place,
        /// Who issued it.
        issuer: String,
    },
    /// A root of the issuer's name is there, but with another key.
    WrongIssuerKey {
        /// The certificate that names the issuer.
        place: Place,
        /// The issuer.
        issuer: String,
    },
    /// The signature was not made with the key of the issuer's certificate at hand: that
    /// is another one of the same name, or the certificate was altered.
    BadSignature {
        /// The certificate with the signature.
        place: Place,
        /// The issuer.
        issuer: String,
    },
    /// The signature's algorithm, or the issuer's kind of key, is not supported.
    UnsupportedSignature(Place, String),
    /// Valid until then.
    Expired(Place, SystemTime),
    /// Valid from then.
    NotYetValid(Place, SystemTime),
    /// A key that OpenSSL refuses at its usual security level.
    WeakKey(Place, String),
    /// A signature that OpenSSL refuses at its usual security level.
    WeakSignature(Place, String),
    /// It issued a certificate and is not a CA's.
    NotACa(Place),
    /// More intermediates below it than its path length allows.
    PathTooLong(Place),
    /// Its key usage, extended key usage or Netscape type rules servers out.
    NotForServers(Place),
    /// A critical extension that OpenSSL does not know.
    UnknownCriticalExtension(Place, String),
    /// The name constraints of a CA are violated, or of a kind that is not supported.
    NameConstraints(String),
    /// Revoked then.
    Revoked(Place, SystemTime),
    /// Whether it is revoked cannot be told from the lists at hand.
    RevocationUnknown(Place, RevocationProblem),
    /// webpki refuses the path for another reason, in its words.
    Refused(String),
}

/// Why revocation lists give no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevocationProblem {
    /// No list of the issuer.
    NoList(String),
    /// The issuer's list expired then.
    Expired(SystemTime),
    /// The issuer's list begins then.
    NotYetValid(SystemTime),
    /// The issuer's certificate may not sign lists.
    IssuerMayNotSign,
    /// The list's signature was not made with the issuer's key.
    BadSignature,
    /// The list's signature algorithm is not supported.
    UnsupportedSignature(String),
    /// The list has an extension that says it is not the whole list.
    Partial(String),
}

impl ChainError {
    /// The certificate that the error is about, where it is about one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Malformed(place, _)
            | Self::SelfSigned { place, .. }
            | Self::UntrustedRoot { place, .. }
            | Self::UnknownIssuer { place, .. }
            | Self::IntermediateMissing { place, .. }
            | Self::RootMissing { place, .. }
            | Self::WrongIssuerKey { place, .. }
            | Self::BadSignature { place, .. }
            | Self::UnsupportedSignature(place, _)
            | Self::Expired(place, _)
            | Self::NotYetValid(place, _)
            | Self::WeakKey(place, _)
            | Self::WeakSignature(place, _)
            | Self::NotACa(place)
            | Self::PathTooLong(place)
            | Self::NotForServers(place)
            | Self::UnknownCriticalExtension(place, _)
            | Self::Revoked(place, _)
            | Self::RevocationUnknown(place, _) => Some(place),
            Self::NameConstraints(_) | Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(place, why) => write!(f, "{place} cannot be read: {why}"),
            Self::SelfSigned { place, same_name } => {
                write!(f, "{place} is self-signed and not among the trusted roots")?;
                same_name_text(f, *same_name)
            }
            Self::UntrustedRoot { place, same_name } => {
                write!(
                    f,
                    "{place}, the end of the chain, is not among the trusted roots"
                )?;
                same_name_text(f, *same_name)
            }
            Self::UnknownIssuer { place, issuer } => write!(
                f,
                "{place} was issued by \"{issuer}\", which is not among the trusted roots"
            ),
            Self::IntermediateMissing { place, issuer, .. } => write!(
                f,
                "{place} was issued by \"{issuer}\", whose certificate the server does not send"
            ),
            Self::RootMissing { place, issuer } => write!(
                f,
                "{place} is among the trusted certificates, but its issuer \"{issuer}\" is not"
            ),
            Self::WrongIssuerKey { place, issuer } => write!(
                f,
                "{place} names \"{issuer}\" as its issuer; the trusted certificate of that name has another key"
            ),
            Self::BadSignature { place, issuer } => write!(
                f,
                "{place} was not signed by the \"{issuer}\" at hand, but by another of that name"
            ),
            Self::UnsupportedSignature(place, algorithm) => write!(
                f,
                "the signature on {place} cannot be checked: {algorithm} is not supported with the issuer's key"
            ),
            Self::Expired(place, then) => write!(f, "{place} expired on {}", time_text(*then)),
            Self::NotYetValid(place, then) => {
                write!(f, "{place} is not valid before {}", time_text(*then))
            }
            Self::WeakKey(place, key) => write!(f, "{place} has a weak key ({key})"),
            Self::WeakSignature(place, algorithm) => {
                write!(f, "{place} is signed with a weak algorithm ({algorithm})")
            }
            Self::NotACa(place) => {
                write!(
                    f,
                    "{place} issued a certificate but is not a CA certificate"
                )
            }
            Self::PathTooLong(place) => write!(
                f,
                "{place} does not allow as many intermediate certificates below it"
            ),
            Self::NotForServers(place) => {
                write!(
                    f,
                    "{place} is not meant for servers (its key usage says so)"
                )
            }
            Self::UnknownCriticalExtension(place, oid) => {
                write!(f, "{place} has an unknown critical extension ({oid})")
            }
            Self::NameConstraints(why) => write!(f, "the name constraints of a CA: {why}"),
            Self::Revoked(place, then) => {
                write!(f, "{place} was revoked on {}", time_text(*then))
            }
            Self::RevocationUnknown(place, why) => {
                write!(f, "whether {place} is revoked cannot be told: {why}")
            }
            Self::Refused(why) => write!(f, "the chain is not valid: {why}"),
        }
    }
}

fn same_name_text(f: &mut fmt::Formatter<'_>, same_name: bool) -> fmt::Result {
    if same_name {
        f.write_str("; a trusted root of the same name is another certificate")?;
    }
    Ok(())
}

impl fmt::Display for RevocationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoList(issuer) => write!(f, "no revocation list of \"{issuer}\" was given"),
            Self::Expired(then) => write!(f, "the revocation list expired on {}", time_text(*then)),
            Self::NotYetValid(then) => {
                write!(
                    f,
                    "the revocation list is not valid before {}",
                    time_text(*then)
                )
            }
            Self::IssuerMayNotSign => {
                f.write_str("the issuer's certificate does not allow it to sign revocation lists")
            }
            Self::BadSignature => {
                f.write_str("the signature on the revocation list is not the issuer's")
            }
            Self::UnsupportedSignature(algorithm) => {
                write!(
                    f,
                    "the revocation list's signature ({algorithm}) is not supported"
                )
            }
            Self::Partial(oid) => write!(
                f,
                "the revocation list has an extension ({oid}) that may limit what it covers"
            ),
        }
    }
}

impl std::error::Error for ChainError {}
