//! The client's certificate and key.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use super::load_error::{LoadError, LoadProblem};
use super::recording::Recording;
use super::{certificate, key, pem_file, signature};
use crate::secret::Secret;
use crate::target::{SslCertMode, TlsParameters};

/// Loads the client certificate that the parameters name, as libpq would: without the
/// certificate's file there is none, without the key's file that is an error.
pub(super) fn load(
    parameters: &TlsParameters,
    provider: &CryptoProvider,
) -> Result<Option<Arc<CertifiedKey>>, LoadError> {
    let (Some(file), true) = (
        &parameters.sslcert,
        parameters.sslcertmode != SslCertMode::Disable,
    ) else {
        return Ok(None);
    };
    let Some(chain) = load_chain(file).map_err(|why| LoadError::new("sslcert", file, why))? else {
        return Ok(None);
    };
    let Some(key_file) = &parameters.sslkey else {
        return Err(LoadError::new(
            "sslcert",
            file,
            LoadProblem::KeyFileNotNamed,
        ));
    };
    load_key(key_file, parameters.sslpassword.as_ref(), chain, provider)
        .map(|certified| Some(Arc::new(certified)))
        .map_err(|why| match why {
            LoadProblem::PassphraseWrong => LoadError::new("sslpassword", key_file, why),
            why => LoadError::new("sslkey", key_file, why),
        })
}

fn load_chain(file: &Path) -> Result<Option<Vec<CertificateDer<'static>>>, LoadProblem> {
    let blocks = match pem_file::read(file) {
        Err(LoadProblem::Io(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)) => {
            return Ok(None);
        }
        other => other?,
    };
    let chain: Vec<CertificateDer<'static>> = blocks
        .into_iter()
        .filter(|block| pem_file::is_certificate(block.tag()))
        .map(|block| block.into_contents().into())
        .collect();
    for (index, certificate) in chain.iter().enumerate() {
        let facts = certificate::describe(certificate)
            .map_err(|why| LoadProblem::Certificate(index + 1, why.to_string()))?;
        match facts.weak {
            Some(certificate::Weakness::Key) => {
                return Err(LoadProblem::WeakCertificate(facts.key_text()));
            }
            Some(certificate::Weakness::Signature) => {
                return Err(LoadProblem::WeakCertificate(facts.signature_algorithm));
            }
            None => {}
        }
    }
    match chain.is_empty() {
        true => Err(LoadProblem::NoCertificate),
        false => Ok(Some(chain)),
    }
}

fn load_key(
    file: &Path,
    passphrase: Option<&Secret>,
    chain: Vec<CertificateDer<'static>>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, LoadProblem> {
    if file.as_os_str().to_string_lossy().contains(':') {
        return Err(LoadProblem::KeyEngine);
    }
    let der = key::load(file, passphrase)?;
    let key = provider
        .key_provider
        .load_private_key(der)
        .map_err(|_| LoadProblem::KeyUnsupported)?;
    // rustls's own comparison cannot read X.509 v1.
    if key.public_key() != signature::public_key(&chain[0]) {
        return Err(LoadProblem::KeyMismatch);
    }
    Ok(CertifiedKey::new(chain, key))
}

/// Hands out the client certificate whatever authorities the server names, as libpq
/// does, and records that the server asked.
#[derive(Debug)]
pub(super) struct RecordingResolver {
    pub(super) key: Option<Arc<CertifiedKey>>,
    pub(super) recording: Arc<Recording>,
}

impl ResolvesClientCert for RecordingResolver {
    fn resolve(
        &self,
        root_hint_subjects: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let key = self
            .key
            .clone()
            .filter(|certified| certified.key.choose_scheme(schemes).is_some());
        self.recording
            .certificate_requested(root_hint_subjects, key.is_some());
        key
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}
