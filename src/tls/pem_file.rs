//! PEM files.

use std::io;
use std::path::Path;

use pem::Pem;

use super::load_error::LoadProblem;

/// A certificate file is never larger than this; what is, is something else.
const MAX_SIZE: u64 = 16 * 1024 * 1024;

/// All PEM blocks of a file.
pub(super) fn read(file: &Path) -> Result<Vec<Pem>, LoadProblem> {
    parse(&bytes(file)?)
}

/// A file's content.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, LoadProblem> {
    let metadata = std::fs::metadata(file).map_err(LoadProblem::from)?;
    if metadata.is_dir() {
        return Err(LoadProblem::from(io::Error::from(
            io::ErrorKind::IsADirectory,
        )));
    }
    if metadata.len() > MAX_SIZE {
        return Err(LoadProblem::TooLarge);
    }
    std::fs::read(file).map_err(LoadProblem::from)
}

/// All PEM blocks of a text. Text outside of the blocks is ignored.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Pem>, LoadProblem> {
    pem::parse_many(text).map_err(|error| LoadProblem::NotPem(error.to_string()))
}

/// The labels under which OpenSSL takes a certificate.
pub(super) fn is_certificate(label: &str) -> bool {
    label == "CERTIFICATE" || label == "X509 CERTIFICATE"
}
