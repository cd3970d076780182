//! The certificates that are trusted.

use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use rustls::pki_types::CertificateDer;

use super::distinguished_name::CanonicalName;
use super::load_error::{LoadError, LoadProblem};
use super::parsed::Parsed;
use super::pem_file;

/// Trusted certificates, in the order of their source. Clones share them.
#[derive(Clone, Debug)]
pub struct Roots(Arc<[Root]>);

/// The public stores are the same for every target, and read once.
static SYSTEM: LazyLock<Result<Roots, LoadError>> = LazyLock::new(read_system);
static MOZILLA: LazyLock<Roots> = LazyLock::new(|| {
    Roots::from_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned())
});

fn read_system() -> Result<Roots, LoadError> {
    let found = rustls_native_certs::load_native_certs();
    let roots = Roots::from_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(ToString::to_string);
        return Err(LoadError::without_file(
            "sslrootcert",
            LoadProblem::NoSystemStore(why),
        ));
    }
    Ok(roots)
}

#[derive(Clone, Debug)]
struct Root {
    subject: CanonicalName,
    der: CertificateDer<'static>,
}

impl Roots {
    /// All certificates of a PEM file. As with OpenSSL, one that cannot be read spoils
    /// the file, and only those that lead to a self-signed one are of use.
    pub fn from_file(file: &Path) -> Result<Self, LoadError> {
        let error = |problem| LoadError::new("sslrootcert", file, problem);
        let blocks = pem_file::read(file).map_err(error)?;
        let roots = blocks
            .into_iter()
            .filter(|block| pem_file::is_certificate(block.tag()))
            .enumerate()
            .map(|(index, block)| {
                Root::new(block.into_contents().into())
                    .map_err(|why| error(LoadProblem::Certificate(index + 1, why)))
            })
            .collect::<Result<Arc<[_]>, _>>()?;
        if roots.is_empty() {
            return Err(error(LoadProblem::NoCertificate));
        }
        Ok(Self(roots))
    }

    /// The platform's trust store; `SSL_CERT_FILE` and `SSL_CERT_DIR` come first. An
    /// error when it holds nothing.
    pub fn system() -> Result<Self, LoadError> {
        SYSTEM.clone()
    }

    /// The Mozilla roots that came with the program.
    pub fn mozilla() -> Self {
        MOZILLA.clone()
    }

    /// These certificates, but for any that cannot be read.
    pub fn from_certificates(
        certificates: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Self {
        Self(
            certificates
                .into_iter()
                .filter_map(|der| Root::new(der).ok())
                .collect(),
        )
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The certificates themselves.
    pub fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter().map(|root| &root.der)
    }

    /// Those with this subject, in order.
    pub(super) fn named(&self, subject: &CanonicalName) -> impl Iterator<Item = Rc<Parsed<'_>>> {
        self.0
            .iter()
            .filter(move |root| root.subject == *subject)
            .filter_map(|root| Parsed::new(&root.der).ok().map(Rc::new))
    }
}

impl Root {
    fn new(der: CertificateDer<'static>) -> Result<Self, String> {
        let subject = Parsed::new(&der)?.subject;
        Ok(Self { subject, der })
    }
}
