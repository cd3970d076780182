//! What can be wrong with the files that the TLS parameters name.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A TLS parameter that cannot be used as given. Never holds a passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The parameter, under libpq's keyword.
    pub parameter: &'static str,
    /// The file, where it is about one.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub problem: LoadProblem,
}

/// What is wrong with a parameter or its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadProblem {
    /// The file is not there, or cannot be read.
    Io(io::ErrorKind),
    /// Too large to be what it should be.
    TooLarge,
    /// A PEM block is damaged.
    NotPem(String),
    /// No certificate in it.
    NoCertificate,
    /// The certificate of that number in the file, from 1, cannot be read.
    Certificate(usize, String),
    /// The client certificate is too weak for OpenSSL, with what is weak about it.
    WeakCertificate(String),
    /// The platform has no trust store, with the reason where one is known.
    NoSystemStore(Option<String>),
    /// The mode verifies, and no root certificate file is there.
    NoRootFile,
    /// No private key in it.
    NoKey,
    /// A certificate without its private key file.
    KeyFileNotNamed,
    /// Group or others may read the key.
    KeyPermissions(u32),
    /// Not a regular file.
    NotAFile,
    /// The key is encrypted and no passphrase was given.
    PassphraseMissing,
    /// The passphrase does not open the key.
    PassphraseWrong,
    /// The key's encryption is not supported.
    KeyEncryption(String),
    /// The kind or size of key is not supported.
    KeyUnsupported,
    /// The private key is not the certificate's.
    KeyMismatch,
    /// An OpenSSL engine or provider is named instead of a file.
    KeyEngine,
    /// No revocation list in it.
    NoCrl,
    /// The revocation list of that number in the file, from 1, cannot be read.
    Crl(usize, String),
    /// No protocol version is left that pgcheck speaks.
    NoVersion,
    /// The TLS library refuses the configuration.
    Library(String),
}

impl LoadError {
    pub(super) fn new(parameter: &'static str, file: &Path, problem: LoadProblem) -> Self {
        Self {
            parameter,
            file: Some(file.to_owned()),
            problem,
        }
    }

    pub(super) fn without_file(parameter: &'static str, problem: LoadProblem) -> Self {
        Self {
            parameter,
            file: None,
            problem,
        }
    }

    /// What to do about it, where there is something to say.
    pub fn help(&self) -> Option<&'static str> {
        Some(match &self.problem {
            LoadProblem::NoSystemStore(_) => {
                "install the platform's CA certificates, set SSL_CERT_FILE, or use the bundled \
                 Mozilla roots with -o sslrootcert=mozilla"
            }
            LoadProblem::NoRootFile => {
                "name the file with -o sslrootcert=FILE, or use the platform's trusted \
                 authorities with -o sslrootcert=system -o sslmode=verify-full"
            }
            LoadProblem::KeyPermissions(_) => {
                "a private key must have permissions u=rw (0600) or less if owned by the current \
                 user, or u=rw,g=r (0640) or less if owned by root"
            }
            LoadProblem::PassphraseMissing => "give the passphrase as sslpassword",
            LoadProblem::KeyFileNotNamed => "give the private key's file as sslkey",
            LoadProblem::KeyEncryption(_) => {
                "convert the key with: openssl pkcs8 -topk8 -v2 aes-256-cbc"
            }
            LoadProblem::NoVersion => "pgcheck's session speaks TLS 1.2 and 1.3",
            _ => return None,
        })
    }
}

impl From<io::Error> for LoadProblem {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(
                f,
                "{} \"{}\": {}",
                self.parameter,
                file.display(),
                self.problem
            ),
            None => write!(f, "{}: {}", self.parameter, self.problem),
        }
    }
}

impl fmt::Display for LoadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(io::ErrorKind::NotFound) => f.write_str("the file does not exist"),
            Self::Io(io::ErrorKind::IsADirectory) => f.write_str("it is a directory"),
            Self::Io(kind) => write!(f, "it cannot be read: {kind}"),
            Self::TooLarge => f.write_str("the file is too large to hold certificates or keys"),
            Self::NotPem(why) => write!(f, "a PEM block is damaged: {why}"),
            Self::NoCertificate => f.write_str("no certificate in the file"),
            Self::Certificate(number, why) => {
                write!(f, "certificate {number} in the file cannot be read: {why}")
            }
            Self::WeakCertificate(why) => write!(f, "the certificate is too weak: {why}"),
            Self::NoSystemStore(None) => f.write_str("the system has no trust store"),
            Self::NoSystemStore(Some(why)) => write!(f, "the system has no trust store: {why}"),
            Self::NoRootFile => f.write_str("the root certificate file does not exist"),
            Self::NoKey => f.write_str("no private key in the file"),
            Self::KeyFileNotNamed => f.write_str("a client certificate but no private key"),
            Self::KeyPermissions(mode) => {
                write!(f, "the private key has group or world access ({mode:04o})")
            }
            Self::NotAFile => f.write_str("not a regular file"),
            Self::PassphraseMissing => f.write_str("the private key is encrypted"),
            Self::PassphraseWrong => f.write_str("the passphrase does not open the private key"),
            Self::KeyEncryption(how) => write!(f, "the key's encryption is not supported: {how}"),
            Self::KeyUnsupported => {
                f.write_str("the private key cannot be read, or its kind or size is not supported")
            }
            Self::KeyMismatch => f.write_str("the private key does not match the certificate"),
            Self::KeyEngine => {
                f.write_str("keys in an OpenSSL engine or provider are not supported")
            }
            Self::NoCrl => f.write_str("no certificate revocation list in it"),
            Self::Crl(number, why) => {
                write!(
                    f,
                    "revocation list {number} in the file cannot be read: {why}"
                )
            }
            Self::NoVersion => f.write_str("no protocol version is left to speak"),
            Self::Library(why) => write!(f, "refused by the TLS library: {why}"),
        }
    }
}

impl std::error::Error for LoadError {}
