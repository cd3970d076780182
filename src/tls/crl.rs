//! Certificate revocation lists, used as OpenSSL does for libpq: each certificate of the
//! path needs a current list of its issuer (`X509_V_FLAG_CRL_CHECK_ALL`).

use std::path::Path;
use std::rc::Rc;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{SubjectPublicKeyInfoDer, UnixTime};
use x509_parser::asn1_rs::FromDer;
use x509_parser::extensions::ParsedExtension;
use x509_parser::revocation_list::CertificateRevocationList;

use super::certificate::{algorithm_name, system_time};
use super::chain_error::{ChainError, Place, RevocationProblem};
use super::distinguished_name::CanonicalName;
use super::load_error::{LoadError, LoadProblem};
use super::parsed::{Parsed, name_text, second_element};
use super::pem_file;
use super::signature::{self, SignatureError};

/// Revocation lists, DER, each of which was read once.
#[derive(Clone, Debug, Default)]
pub struct Crls(Vec<Vec<u8>>);

impl Crls {
    /// All lists of a PEM file. libpq ignores a file that is missing or holds none and
    /// then checks nothing; here that is an error.
    pub fn from_file(file: &Path) -> Result<Self, LoadError> {
        let error = |problem| LoadError::new("sslcrl", file, problem);
        let lists = read(file).map_err(error)?;
        if lists.is_empty() {
            return Err(error(LoadProblem::NoCrl));
        }
        Ok(Self(lists))
    }

    /// The lists of a directory that `openssl rehash` prepared. OpenSSL finds a list
    /// only under its issuer's hash (`5f0e2c1a.r0`), so others do not count.
    pub fn from_directory(directory: &Path) -> Result<Self, LoadError> {
        let error = |file: &Path, problem| LoadError::new("sslcrldir", file, problem);
        let entries = std::fs::read_dir(directory)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|why| error(directory, why.into()))?;
        let mut files: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
        files.sort();
        let mut lists = Vec::new();
        for file in files {
            let Some(hash) = hash_in_name(&file) else {
                continue;
            };
            for list in read(&file).map_err(|problem| error(&file, problem))? {
                if issuer_hash(&list).is_some_and(|of_list| of_list == hash) {
                    lists.push(list);
                }
            }
        }
        if lists.is_empty() {
            return Err(error(directory, LoadProblem::NoCrl));
        }
        Ok(Self(lists))
    }

    /// These and those.
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The issuers of the lists.
    pub fn issuers(&self) -> Vec<String> {
        let lists = self.0.iter().filter_map(|der| parse(der).ok());
        lists.map(|list| name_text(list.issuer())).collect()
    }

    /// Checks each certificate of a path against its issuer's list.
    pub(super) fn check(
        &self,
        path: &[Rc<Parsed<'_>>],
        now: UnixTime,
        supported: &WebPkiSupportedAlgorithms,
    ) -> Result<(), ChainError> {
        let last = path.len() - 1;
        for (depth, certificate) in path.iter().enumerate() {
            let issuer = &path[(depth + 1).min(last)];
            let place = || Place::new(depth, last, certificate);
            let unknown = |problem| ChainError::RevocationUnknown(place(), problem);
            let list = self.find(issuer, now).map_err(unknown)?;
            verify(&list, issuer, supported).map_err(unknown)?;
            if let Some(since) = revoked_since(&list, certificate) {
                return Err(ChainError::Revoked(place(), since));
            }
        }
        Ok(())
    }

    /// The newest list of the issuer that is current, or why there is none.
    fn find(
        &self,
        issuer: &Parsed<'_>,
        now: UnixTime,
    ) -> Result<CertificateRevocationList<'_>, RevocationProblem> {
        let mut problem = RevocationProblem::NoList(issuer.subject_text());
        let mut newest: Option<CertificateRevocationList<'_>> = None;
        let lists = self.0.iter().filter_map(|der| parse(der).ok());
        for list in lists.filter(|list| is_of(list, issuer)) {
            match usable(&list, now) {
                Err(why) => problem = why,
                Ok(()) => {
                    if newest
                        .as_ref()
                        .is_none_or(|newest| newest.last_update() < list.last_update())
                    {
                        newest = Some(list);
                    }
                }
            }
        }
        newest.ok_or(problem)
    }
}

fn read(file: &Path) -> Result<Vec<Vec<u8>>, LoadProblem> {
    let lists: Vec<Vec<u8>> = pem_file::read(file)?
        .into_iter()
        .filter(|block| block.tag() == "X509 CRL")
        .map(pem::Pem::into_contents)
        .collect();
    for (index, list) in lists.iter().enumerate() {
        parse(list).map_err(|why| LoadProblem::Crl(index + 1, why))?;
    }
    Ok(lists)
}

fn parse(der: &[u8]) -> Result<CertificateRevocationList<'_>, String> {
    let (rest, list) =
        CertificateRevocationList::from_der(der).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err("bytes after its end".into());
    }
    if list.signature_algorithm != list.tbs_cert_list.signature {
        return Err("its two signature algorithms differ".into());
    }
    Ok(list)
}

/// The hash in a file name like `5f0e2c1a.r0`.
fn hash_in_name(file: &Path) -> Option<&str> {
    let (hash, number) = file.file_name()?.to_str()?.split_once(".r")?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let hashed = hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    (numbered && hashed).then_some(hash)
}

fn issuer_hash(list: &[u8]) -> Option<String> {
    let list = parse(list).ok()?;
    Some(CanonicalName::of(list.issuer()).file_name_hash())
}

/// Whether the list names this issuer, and does not describe another one of that name.
fn is_of(list: &CertificateRevocationList<'_>, issuer: &Parsed<'_>) -> bool {
    CanonicalName::of(list.issuer()) == issuer.subject
        && list
            .extensions()
            .iter()
            .all(|extension| match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(identifier) => {
                    issuer.agrees_with(identifier)
                }
                _ => true,
            })
}

fn usable(list: &CertificateRevocationList<'_>, now: UnixTime) -> Result<(), RevocationProblem> {
    let now = i128::from(now.as_secs());
    if i128::from(list.last_update().timestamp()) > now {
        return Err(RevocationProblem::NotYetValid(system_time(
            list.last_update(),
        )));
    }
    if let Some(next) = list
        .next_update()
        .filter(|next| i128::from(next.timestamp()) <= now)
    {
        return Err(RevocationProblem::Expired(system_time(next)));
    }
    limit(list).map_or(Ok(()), |oid| Err(RevocationProblem::Partial(oid)))
}

/// An extension that limits what the list covers: an issuing distribution point or a
/// delta indicator, or any other that is critical, which OpenSSL knows no more about.
fn limit(list: &CertificateRevocationList<'_>) -> Option<String> {
    let limits = ["2.5.29.27", "2.5.29.28"];
    let in_entries = list
        .iter_revoked_certificates()
        .flat_map(|entry| entry.extensions());
    list.extensions()
        .iter()
        .chain(in_entries)
        .map(|extension| (extension.oid.to_id_string(), extension.critical))
        .find(|(oid, critical)| *critical || limits.contains(&oid.as_str()))
        .map(|(oid, _)| oid)
}

fn verify(
    list: &CertificateRevocationList<'_>,
    issuer: &Parsed<'_>,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<(), RevocationProblem> {
    if issuer.key_usage().is_some_and(|usage| !usage.crl_sign()) {
        return Err(RevocationProblem::IssuerMayNotSign);
    }
    signature::verify(
        supported,
        &SubjectPublicKeyInfoDer::from(issuer.x509.public_key().raw),
        second_element(list.as_raw()).unwrap_or_default(),
        list.tbs_cert_list.as_ref(),
        &list.signature_value.data,
    )
    .map_err(|error| match error {
        SignatureError::Invalid => RevocationProblem::BadSignature,
        SignatureError::Unsupported => {
            RevocationProblem::UnsupportedSignature(algorithm_name(&list.signature_algorithm))
        }
    })
}

fn revoked_since(
    list: &CertificateRevocationList<'_>,
    certificate: &Parsed<'_>,
) -> Option<std::time::SystemTime> {
    list.iter_revoked_certificates()
        .find(|entry| entry.raw_serial() == certificate.x509.tbs_certificate.raw_serial())
        .map(|entry| system_time(entry.revocation_date))
}
