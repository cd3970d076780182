#![allow(missing_docs)]
use crate::target::*;
use rustls::pki_types::*;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    Unverified,
    Chain,
    ChainAndName,
}
pub struct TlsClient;
#[derive(Debug)]
pub struct LoadError;
pub struct Handshake {
    pub config: Arc<rustls::ClientConfig>,
    pub server_name: ServerName<'static>,
    pub recording: Arc<Recording>,
}
impl TlsClient {
    pub fn load(_: &TlsParameters, _: Identity) -> Result<Self, LoadError> {
        todo!()
    }
    pub fn handshake(&self, _: Option<&str>, _: IpAddr) -> Handshake {
        todo!()
    }
}
pub struct Recording;
impl Recording {
    pub fn presented(&self) -> Option<Presented> {
        todo!()
    }
    pub fn client_certificate(&self) -> ClientCertificate {
        todo!()
    }
}
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    pub requested: bool,
    pub sent: bool,
}
#[derive(Clone, Debug)]
pub struct Presented {
    pub chain: Result<(), String>,
    pub name: Result<(), String>,
}
impl Presented {
    pub fn satisfies(&self, _: Identity) -> bool {
        todo!()
    }
    pub fn certificate(&self) -> Option<Certificate> {
        todo!()
    }
}
pub fn channel_binding(_: &CertificateDer<'_>) -> Option<Vec<u8>> {
    None
}
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    pub dns_names: Vec<String>,
    pub ip_addresses: Vec<IpAddr>,
    pub not_before: SystemTime,
    pub not_after: SystemTime,
    pub sha256: String,
}
impl std::fmt::Display for LoadError {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}
impl std::error::Error for LoadError {}
