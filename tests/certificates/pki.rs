//! Certificates to order.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::SystemTime;

use rcgen::{KeyPair, PublicKeyData, SigningKey};
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};

use super::der::{bit_string, boolean, integer, octets, oid, sequence, set, time, tlv};

/// A private key, made once under its name.
pub struct Key {
    pub pem: String,
    kind: Kind,
}

enum Kind {
    Modern(KeyPair),
    /// Only OpenSSL signs with it: the public key, PEM.
    Old(Vec<u8>),
}

/// A P-256 key.
pub fn key(name: &str) -> &'static Key {
    named(&format!("p256 {name}"), || {
        modern(KeyPair::generate().unwrap())
    })
}

/// A key of another kind: `p384`, `p521`, `ed25519`, `rsa2048`, `rsa3072`.
pub fn key_of(kind: &str, name: &str) -> &'static Key {
    named(&format!("{kind} {name}"), || {
        modern(match kind {
            "p384" => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap(),
            "p521" => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap(),
            "ed25519" => return ed25519(),
            "rsa2048" => KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap(),
            other => return old(other),
        })
    })
}

fn modern(pair: KeyPair) -> Key {
    Key {
        pem: pair.serialize_pem(),
        kind: Kind::Modern(pair),
    }
}

/// From OpenSSL, which cannot read the newer form of PKCS#8 that rcgen writes.
fn ed25519() -> Key {
    let mut command = Command::new("openssl");
    command.args(["genpkey", "-algorithm", "ED25519"]);
    let pem = String::from_utf8(run(command, b"")).unwrap();
    Key {
        kind: Kind::Modern(KeyPair::from_pem(&pem).unwrap()),
        pem,
    }
}

/// A key from `openssl genpkey`.
fn old(kind: &str) -> Key {
    let arguments: Vec<String> = match kind.strip_prefix("rsa") {
        Some(bits) => vec![
            "RSA".into(),
            "-pkeyopt".into(),
            format!("rsa_keygen_bits:{bits}"),
        ],
        None if kind == "pss" => vec!["RSA-PSS".into()],
        None => vec![
            "EC".into(),
            "-pkeyopt".into(),
            format!("ec_paramgen_curve:{kind}"),
        ],
    };
    let mut command = Command::new("openssl");
    command.args(["genpkey", "-algorithm"]).args(arguments);
    let pem = String::from_utf8(run(command, b"")).unwrap();
    let mut command = Command::new("openssl");
    command.args(["pkey", "-pubout", "-outform", "DER"]);
    let spki = run(command, pem.as_bytes());
    Key {
        pem,
        kind: Kind::Old(spki),
    }
}

fn modern_or_leak(
    keys: &mut HashMap<String, &'static Key>,
    name: &str,
    make: impl FnOnce() -> Key,
) -> &'static Key {
    keys.entry(name.into())
        .or_insert_with(|| Box::leak(Box::new(make())))
}

fn named(name: &str, make: impl FnOnce() -> Key) -> &'static Key {
    static KEYS: LazyLock<Mutex<HashMap<String, &'static Key>>> = LazyLock::new(Mutex::default);
    modern_or_leak(&mut KEYS.lock().unwrap(), name, make)
}

impl Key {
    pub fn spki(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Modern(pair) => pair.subject_public_key_info(),
            Kind::Old(spki) => spki.clone(),
        }
    }

    /// The signature algorithm and the signature.
    pub fn sign(&self, message: &[u8], hash: Option<&str>) -> (Vec<u8>, Vec<u8>) {
        match (&self.kind, hash) {
            (Kind::Modern(pair), None) => {
                (algorithm(pair.algorithm()), pair.sign(message).unwrap())
            }
            (_, hash) => self.sign_with_openssl(message, hash.unwrap_or("sha256")),
        }
    }

    fn sign_with_openssl(&self, message: &[u8], hash: &str) -> (Vec<u8>, Vec<u8>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &self.pem).unwrap();
        let mut command = Command::new("openssl");
        command
            .args(["dgst", &format!("-{hash}"), "-sign"])
            .arg(file.path());
        let ec = self.pem.contains("EC PRIVATE") || self.spki().windows(7).any(|w| w == EC);
        let identifier = match (ec, hash) {
            (true, "sha1") => sequence([oid("1.2.840.10045.4.1")]),
            (true, "sha224") => sequence([oid("1.2.840.10045.4.3.1")]),
            (true, "sha256") => sequence([oid("1.2.840.10045.4.3.2")]),
            (true, "sha384") => sequence([oid("1.2.840.10045.4.3.3")]),
            (true, "sha512") => sequence([oid("1.2.840.10045.4.3.4")]),
            (false, "md5") => sequence([oid("1.2.840.113549.1.1.4"), tlv(5, [])]),
            (false, "sha1") => sequence([oid("1.2.840.113549.1.1.5"), tlv(5, [])]),
            (false, "sha224") => sequence([oid("1.2.840.113549.1.1.14"), tlv(5, [])]),
            (false, "sha256") => sequence([oid("1.2.840.113549.1.1.11"), tlv(5, [])]),
            (false, "sha384") => sequence([oid("1.2.840.113549.1.1.12"), tlv(5, [])]),
            (false, "sha512") => sequence([oid("1.2.840.113549.1.1.13"), tlv(5, [])]),
            other => panic!("{other:?}"),
        };
        (identifier, run(command, message))
    }
}

/// id-ecPublicKey, its content.
const EC: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];

fn algorithm(algorithm: &rcgen::SignatureAlgorithm) -> Vec<u8> {
    let with_null = |dotted| sequence([oid(dotted), tlv(5, [])]);
    if algorithm == &rcgen::PKCS_ECDSA_P384_SHA384 {
        sequence([oid("1.2.840.10045.4.3.3")])
    } else if algorithm == &rcgen::PKCS_ECDSA_P521_SHA512 {
        sequence([oid("1.2.840.10045.4.3.4")])
    } else if algorithm == &rcgen::PKCS_ED25519 {
        sequence([oid("1.3.101.112")])
    } else if algorithm == &rcgen::PKCS_RSA_SHA256 {
        with_null("1.2.840.113549.1.1.11")
    } else {
        sequence([oid("1.2.840.10045.4.3.2")])
    }
}

pub fn run(mut command: Command, input: &[u8]) -> Vec<u8> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl starts");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// An extension.
#[derive(Clone)]
pub struct Extension {
    pub oid: &'static str,
    pub critical: bool,
    pub value: Vec<u8>,
}

pub fn extension(oid: &'static str, value: Vec<u8>) -> Extension {
    Extension {
        oid,
        critical: false,
        value,
    }
}

pub fn critical(extension: Extension) -> Extension {
    Extension {
        critical: true,
        ..extension
    }
}

pub fn basic_constraints(ca: bool, path_length: Option<u8>) -> Extension {
    let ca = if ca { boolean(true) } else { vec![] };
    let length = path_length.map(|length| integer(&[length]));
    critical(extension(
        "2.5.29.19",
        sequence([ca, length.unwrap_or_default()]),
    ))
}

pub const DIGITAL_SIGNATURE: u16 = 0x8000;
pub const NON_REPUDIATION: u16 = 0x4000;
pub const KEY_ENCIPHERMENT: u16 = 0x2000;
pub const KEY_AGREEMENT: u16 = 0x0800;
pub const KEY_CERT_SIGN: u16 = 0x0400;
pub const CRL_SIGN: u16 = 0x0200;

pub fn key_usage(bits: u16) -> Extension {
    let byte = (bits >> 8) as u8;
    let unused = if byte == 0 {
        0
    } else {
        byte.trailing_zeros() as u8
    };
    critical(extension("2.5.29.15", tlv(3, [unused, byte])))
}

pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
pub const ANY_USAGE: &str = "2.5.29.37.0";
pub const SERVER_GATED: &str = "1.3.6.1.4.1.311.10.3.3";

pub fn extended_key_usage(usages: &[&str]) -> Extension {
    extension("2.5.29.37", sequence(usages.iter().map(|usage| oid(usage))))
}

pub fn netscape_type(bits: u8) -> Extension {
    let unused = bits.trailing_zeros() as u8;
    extension("2.16.840.1.113730.1.1", tlv(3, [unused, bits]))
}

/// `db.example`, `IP:127.0.0.1`, `mail:a@b`, `uri:…`
pub fn alternative_names(names: &[&str]) -> Extension {
    extension(
        "2.5.29.17",
        sequence(names.iter().map(|name| general_name(name))),
    )
}

fn general_name(name: &str) -> Vec<u8> {
    match name.split_once(':') {
        Some(("IP", address)) => tlv(0x87, address_bytes(address)),
        Some(("mail", address)) => tlv(0x81, address),
        Some(("uri", uri)) => tlv(0x86, uri),
        Some(("dn", cn)) => tlv(0xa4, name_der(&[("CN", cn)])),
        _ => tlv(0x82, name),
    }
}

fn address_bytes(address: &str) -> Vec<u8> {
    match address.split_once('/') {
        Some((network, mask)) => [address_bytes(network), address_bytes(mask)].concat(),
        None => match address.parse().unwrap() {
            std::net::IpAddr::V4(address) => address.octets().to_vec(),
            std::net::IpAddr::V6(address) => address.octets().to_vec(),
        },
    }
}

pub fn name_constraints(permitted: &[&str], excluded: &[&str]) -> Extension {
    let subtrees = |tag, names: &[&str]| {
        if names.is_empty() {
            return vec![];
        }
        let subtrees: Vec<Vec<u8>> = names
            .iter()
            .map(|name| sequence([general_name(name)]))
            .collect();
        tlv(tag, subtrees.concat())
    };
    critical(extension(
        "2.5.29.30",
        sequence([subtrees(0xa0, permitted), subtrees(0xa1, excluded)]),
    ))
}

pub fn subject_key_id(id: &[u8]) -> Extension {
    extension("2.5.29.14", octets(id))
}

pub fn authority_key_id(id: &[u8]) -> Extension {
    extension("2.5.29.35", sequence([tlv(0x80, id)]))
}

/// The authority by its issuer's name and its serial number.
pub fn authority_serial(issuer: &str, serial: &[u8]) -> Extension {
    let name = tlv(0xa1, tlv(0xa4, name_der(&[("CN", issuer)])));
    extension("2.5.29.35", sequence([name, tlv(0x82, serial)]))
}

pub fn policies(oids: &[&str]) -> Extension {
    extension(
        "2.5.29.32",
        sequence(oids.iter().map(|it| sequence([oid(it)]))),
    )
}

pub fn unknown_extension() -> Extension {
    extension("1.2.3.4.5", octets(b"?"))
}

/// A name; `CN`, `O`, `mail`. A type letter after a `/` chooses the string type:
/// `CN/P` (PrintableString), `CN/B` (BMPString), `CN/T` (TeletexString).
pub fn name_der(attributes: &[(&str, &str)]) -> Vec<u8> {
    sequence(attributes.iter().map(|(kind, value)| {
        let (kind, string) = kind.split_once('/').unwrap_or((kind, "U"));
        let kind = match kind {
            "CN" => oid("2.5.4.3"),
            "O" => oid("2.5.4.10"),
            "mail" => oid("1.2.840.113549.1.9.1"),
            other => panic!("{other}"),
        };
        let value = match string {
            "U" => tlv(12, value),
            "P" => tlv(19, value),
            "T" => tlv(20, value),
            "I" => tlv(22, value),
            "B" => tlv(
                30,
                value
                    .encode_utf16()
                    .flat_map(u16::to_be_bytes)
                    .collect::<Vec<_>>(),
            ),
            other => panic!("{other}"),
        };
        set(sequence([kind, value]))
    }))
}

/// How to make a certificate.
#[derive(Clone)]
pub struct Recipe {
    pub version: u8,
    pub serial: Vec<u8>,
    pub subject: Vec<u8>,
    /// Instead of the issuer's own name.
    pub issuer: Option<Vec<u8>>,
    /// Validity in days from now.
    pub days: (i64, i64),
    pub extensions: Vec<Extension>,
    pub key: &'static Key,
    pub hash: Option<&'static str>,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Made {
    pub der: CertificateDer<'static>,
    pub subject: Vec<u8>,
    pub serial: Vec<u8>,
    pub key: &'static Key,
}

impl Recipe {
    fn new(common_name: &str) -> Self {
        let serial = Sha256::digest(common_name)[..8].to_vec();
        Self {
            version: 3,
            serial: [vec![1], serial].concat(),
            subject: name_der(&[("CN", common_name)]),
            issuer: None,
            days: (-10, 300),
            extensions: Vec::new(),
            key: key(common_name),
            hash: None,
        }
    }

    /// No extension but that it is no CA's.
    pub fn v3(common_name: &str) -> Self {
        Self::new(common_name).with(basic_constraints(false, None))
    }

    /// A CA certificate with the usual extensions.
    pub fn ca(common_name: &str) -> Self {
        Self::new(common_name)
            .with(basic_constraints(true, None))
            .with(key_usage(KEY_CERT_SIGN | CRL_SIGN))
    }

    /// A server's certificate with the usual extensions, `CN=server`.
    pub fn server(names: &[&str]) -> Self {
        let recipe = Self::v3("server");
        match names {
            [] => recipe,
            names => recipe.with(alternative_names(names)),
        }
    }

    /// No extension at all, version 1.
    pub fn v1(common_name: &str) -> Self {
        Self {
            version: 1,
            ..Self::new(common_name)
        }
    }

    /// With this extension in place of any of its kind.
    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.retain(|old| old.oid != extension.oid);
        self.extensions.push(extension);
        self
    }

    /// With this extension after all others, also of its kind.
    pub fn and(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|old| old.oid != oid);
        self
    }

    pub fn bare(mut self) -> Self {
        self.extensions.clear();
        self
    }

    pub fn days(mut self, from: i64, to: i64) -> Self {
        self.days = (from, to);
        self
    }

    pub fn subject(mut self, attributes: &[(&str, &str)]) -> Self {
        self.subject = name_der(attributes);
        self
    }

    pub fn names_issuer(mut self, attributes: &[(&str, &str)]) -> Self {
        self.issuer = Some(name_der(attributes));
        self
    }

    pub fn serial(mut self, serial: &[u8]) -> Self {
        self.serial = serial.to_vec();
        self
    }

    pub fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    pub fn key(mut self, key: &'static Key) -> Self {
        self.key = key;
        self
    }

    pub fn hash(mut self, hash: &'static str) -> Self {
        self.hash = Some(hash);
        self
    }

    pub fn issued_by(self, issuer: &Made) -> Made {
        self.make(&issuer.subject, issuer.key)
    }

    pub fn self_signed(self) -> Made {
        let (subject, key) = (self.subject.clone(), self.key);
        self.make(&subject, key)
    }

    fn make(self, issuer: &[u8], signer: &Key) -> Made {
        let (algorithm, _) = signer.sign(b"", self.hash);
        let version = match self.version {
            1 => vec![],
            version => tlv(0xa0, integer(&[version - 1])),
        };
        let extensions = match self.extensions.is_empty() {
            true => vec![],
            false => tlv(0xa3, sequence(self.extensions.iter().map(extension_der))),
        };
        let tbs = sequence([
            version,
            integer(&self.serial),
            algorithm.clone(),
            self.issuer.unwrap_or_else(|| issuer.to_vec()),
            sequence([time(day(self.days.0)), time(day(self.days.1))]),
            self.subject.clone(),
            self.key.spki(),
            extensions,
        ]);
        let (_, signature) = signer.sign(&tbs, self.hash);
        Made {
            der: sequence([tbs, algorithm, bit_string(&signature)]).into(),
            subject: self.subject,
            serial: self.serial,
            key: self.key,
        }
    }
}

impl Made {
    /// The same with one bit of its signature flipped.
    pub fn tampered(&self) -> Self {
        let mut der = self.der.to_vec();
        let last = der.len() - 3;
        der[last] ^= 1;
        Self {
            der: der.into(),
            ..self.clone()
        }
    }

    pub fn pem(&self) -> String {
        pem_of("CERTIFICATE", &self.der)
    }
}

pub fn pem_of(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}

pub fn pem_chain(certificates: &[Made]) -> String {
    certificates.iter().map(Made::pem).collect()
}

pub fn day(days: i64) -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    now.checked_add_signed(days * 86_400).unwrap()
}

fn extension_der(extension: &Extension) -> Vec<u8> {
    let critical = if extension.critical {
        boolean(true)
    } else {
        vec![]
    };
    sequence([oid(extension.oid), critical, octets(&extension.value)])
}

/// How to make a revocation list.
#[derive(Clone)]
pub struct List {
    pub version: u8,
    pub days: (i64, Option<i64>),
    pub revoked: Vec<Vec<u8>>,
    pub entry_extension: Option<Extension>,
    pub extensions: Vec<Extension>,
    pub issuer: Option<Vec<u8>>,
    pub hash: Option<&'static str>,
}

impl List {
    pub fn new() -> Self {
        Self {
            version: 2,
            days: (-2, Some(20)),
            revoked: Vec::new(),
            entry_extension: None,
            extensions: Vec::new(),
            issuer: None,
            hash: None,
        }
    }

    pub fn revokes(mut self, certificate: &Made) -> Self {
        self.revoked.push(certificate.serial.clone());
        self
    }

    pub fn days(mut self, from: i64, to: Option<i64>) -> Self {
        self.days = (from, to);
        self
    }

    pub fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    pub fn with(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    pub fn entries_with(mut self, extension: Extension) -> Self {
        self.entry_extension = Some(extension);
        self
    }

    pub fn names_issuer(mut self, attributes: &[(&str, &str)]) -> Self {
        self.issuer = Some(name_der(attributes));
        self
    }

    pub fn hash(mut self, hash: &'static str) -> Self {
        self.hash = Some(hash);
        self
    }

    /// The list, PEM.
    pub fn signed_by(self, issuer: &Made) -> String {
        let (algorithm, _) = issuer.key.sign(b"", self.hash);
        let version = match self.version {
            1 => vec![],
            version => integer(&[version - 1]),
        };
        let entries = self.revoked.iter().map(|serial| {
            let extensions = self.entry_extension.iter().map(extension_der);
            let extensions: Vec<_> = extensions.collect();
            let extensions = match extensions.is_empty() {
                true => vec![],
                false => sequence(extensions),
            };
            sequence([integer(serial), time(day(-1)), extensions])
        });
        let entries: Vec<_> = entries.collect();
        let tbs = sequence([
            version,
            algorithm.clone(),
            self.issuer.unwrap_or_else(|| issuer.subject.clone()),
            time(day(self.days.0)),
            self.days.1.map(|to| time(day(to))).unwrap_or_default(),
            match entries.is_empty() {
                true => vec![],
                false => sequence(entries),
            },
            match self.extensions.is_empty() {
                true => vec![],
                false => tlv(0xa0, sequence(self.extensions.iter().map(extension_der))),
            },
        ]);
        let (_, signature) = issuer.key.sign(&tbs, self.hash);
        let der = sequence([tbs, algorithm, bit_string(&signature)]);
        pem_of("X509 CRL", &der)
    }
}
