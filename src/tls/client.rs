//! The TLS client of one target.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, kx_group};
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, NamedGroup, SupportedProtocolVersion, version};

use super::client_auth::{self, RecordingResolver};
use super::crl::Crls;
use super::load_error::{LoadError, LoadProblem};
use super::recording::Recording;
use super::roots::Roots;
use super::verifier::{RecordingVerifier, Trust};
use crate::target::{ProtocolVersion, RootCert, TlsParameters};

/// PostgreSQL's application protocol. libpq 17 and later always offer it; servers up to
/// 16 ignore it; with `sslnegotiation=direct` the server must choose it.
pub const ALPN: &[u8] = b"postgresql";

/// What the session demands of the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// Nothing: whoever answers.
    Unverified,
    /// A chain to a trusted root.
    Chain,
    /// A chain to a trusted root, and the host's name.
    ChainAndName,
}

/// Which key-exchange group the client sends its first key share for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupOrder {
    /// The library's: X25519MLKEM768 first, then X25519. Shows whether the server takes
    /// a post-quantum group.
    #[default]
    PostQuantumFirst,
    /// P-256 first, the only group of PostgreSQL up to 17: saves a round trip there.
    P256First,
}

/// A TLS client, loaded once per target: provider, roots, revocation lists, client
/// certificate.
#[derive(Clone, Debug)]
pub struct TlsClient {
    provider: Arc<CryptoProvider>,
    versions: Vec<&'static SupportedProtocolVersion>,
    trust: Arc<Trust>,
    client_key: Option<Arc<CertifiedKey>>,
    sni: bool,
}

/// All that one handshake needs, and what it will have shown.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// The configuration for this handshake only.
    pub config: Arc<ClientConfig>,
    /// The name to give the connector. The verifier looks at the host as it was asked
    /// for, not at this.
    pub server_name: ServerName<'static>,
    /// What happens in it.
    pub recording: Arc<Recording>,
}

impl TlsClient {
    /// Loads all that the parameters name and `identity` needs.
    ///
    /// # Errors
    /// A file that is missing, unreadable or not what it should be, where libpq would
    /// refuse as well; and, where libpq would silently check nothing, a revocation list
    /// that cannot be used.
    pub fn load(parameters: &TlsParameters, identity: Identity) -> Result<Self, LoadError> {
        let provider = aws_lc_rs::default_provider();
        let versions = versions(parameters)?;
        let (roots, crls) = match identity {
            Identity::Unverified => (None, None),
            _ => (Some(load_roots(parameters)?), load_crls(parameters)?),
        };
        Ok(Self {
            client_key: client_auth::load(parameters, &provider)?,
            provider: Arc::new(provider),
            versions,
            trust: Arc::new(Trust {
                identity,
                roots,
                crls,
            }),
            sni: parameters.sslsni,
        })
    }

    /// The same client with another order of key-exchange groups.
    pub fn with_groups(mut self, order: GroupOrder) -> Self {
        let mut provider = aws_lc_rs::default_provider();
        if order == GroupOrder::P256First {
            let is_p256 = |group: &&dyn rustls::crypto::SupportedKxGroup| {
                group.name() == NamedGroup::secp256r1
            };
            provider.kx_groups.retain(|group| !is_p256(group));
            provider.kx_groups.insert(0, kx_group::SECP256R1);
        }
        self.provider = Arc::new(provider);
        self
    }

    /// The same client, content with whoever answers: for a connection that carries no
    /// secret.
    pub fn unverified(&self) -> Self {
        Self {
            trust: Arc::new(Trust {
                identity: Identity::Unverified,
                roots: None,
                crls: None,
            }),
            ..self.clone()
        }
    }

    /// What it demands of the server's certificate.
    pub fn identity(&self) -> Identity {
        self.trust.identity
    }

    /// The configuration for one handshake with the server at `address`, which was asked
    /// for as `host`, as given; `None` when only the address was.
    pub fn handshake(&self, host: Option<&str>, address: IpAddr) -> Handshake {
        let recording = Arc::new(Recording::default());
        let server_name = server_name(host, address);
        let verifier = RecordingVerifier {
            trust: self.trust.clone(),
            host: host.map(str::to_owned),
            recording: recording.clone(),
            supported: self.provider.signature_verification_algorithms,
        };
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&self.versions)
            .expect("the provider speaks TLS 1.2 and 1.3 with any order of groups")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(RecordingResolver {
                key: self.client_key.clone(),
                recording: recording.clone(),
            }));
        config.resumption = Resumption::disabled();
        config.enable_sni = self.sni;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Handshake {
            config: Arc::new(config),
            server_name,
            recording,
        }
    }
}

/// Takes the first random bytes, which may cost 25 ms. Call it on a blocking thread
/// while names are looked up.
pub fn warm_up() {
    let mut bytes = [0; 32];
    // Should it fail, the handshake will say so.
    let _ = aws_lc_rs::default_provider().secure_random.fill(&mut bytes);
}

fn versions(
    parameters: &TlsParameters,
) -> Result<Vec<&'static SupportedProtocolVersion>, LoadError> {
    let max = parameters.max_version.unwrap_or(ProtocolVersion::Tls13);
    let wanted = |version| parameters.min_version <= version && version <= max;
    let mut versions = Vec::new();
    if wanted(ProtocolVersion::Tls12) {
        versions.push(&version::TLS12);
    }
    if wanted(ProtocolVersion::Tls13) {
        versions.push(&version::TLS13);
    }
    match versions.is_empty() {
        true => Err(LoadError::without_file(
            "ssl_max_protocol_version",
            LoadProblem::NoVersion,
        )),
        false => Ok(versions),
    }
}

fn load_roots(parameters: &TlsParameters) -> Result<Roots, LoadError> {
    match &parameters.sslrootcert {
        Some(RootCert::File(file)) if !file.exists() => {
            Err(LoadError::new("sslrootcert", file, LoadProblem::NoRootFile))
        }
        Some(RootCert::File(file)) => Roots::from_file(file),
        Some(RootCert::System) => Roots::system(),
        Some(RootCert::Mozilla) => Ok(Roots::mozilla()),
        None => Err(LoadError::without_file(
            "sslrootcert",
            LoadProblem::NoRootFile,
        )),
    }
}

fn load_crls(parameters: &TlsParameters) -> Result<Option<Crls>, LoadError> {
    let file = parameters
        .sslcrl
        .as_deref()
        .map(Crls::from_file)
        .transpose()?;
    let directory = parameters
        .sslcrldir
        .as_deref()
        .map(Crls::from_directory)
        .transpose()?;
    Ok(match (file, directory) {
        (Some(file), Some(directory)) => Some(file.and(directory)),
        (file, directory) => file.or(directory),
    })
}

/// The name for SNI, by libpq's rule: none for what has only digits and dots, or a
/// colon. rustls sends none for an address, so the address stands in for a name that
/// cannot be sent.
fn server_name(host: Option<&str>, address: IpAddr) -> ServerName<'static> {
    host.filter(|host| {
        !host.contains(':')
            && !host
                .bytes()
                .all(|byte| byte == b'.' || byte.is_ascii_digit())
    })
    .and_then(|host| ServerName::try_from(host.to_owned()).ok())
    .unwrap_or_else(|| ServerName::from(address))
}
