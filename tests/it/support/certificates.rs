use std::process::Command;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevokedCertParams, SerialNumber,
};
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate, or several, with the key of the first, both in PEM.
pub struct Pair {
    pub chain: String,
    pub key: String,
}

/// A certificate authority of a test's own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        Self::new_with(name, |_| {})
    }

    pub fn new_with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = authority(name);
        change(&mut params);
        let certificate = params.self_signed(&key).expect("a certificate");
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// An authority below this one.
    pub fn intermediate(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = authority(name);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A server's certificate for these names.
    pub fn issue(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let mut params = server(names);
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Pair {
            chain: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// A revocation list of this authority with these serial numbers.
    pub fn revoke(&self, serials: &[u64], valid_for_days: u32) -> String {
        let now = SystemTime::now();
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: (now - DAY).into(),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: (now - 9 * DAY).into(),
            next_update: (now - 9 * DAY + DAY * valid_for_days).into(),
            crl_number: SerialNumber::from(1u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = params.signed_by(&self.issuer).expect("a list");
        list.pem().expect("PEM")
    }
}

/// Valid from so many days ago to so many days from now.
pub fn days(from: i64, to: i64) -> impl FnOnce(&mut CertificateParams) {
    move |params| {
        params.not_before = at(from).into();
        params.not_after = at(to).into();
    }
}

fn at(days: i64) -> SystemTime {
    let span = DAY * u32::try_from(days.unsigned_abs()).expect("a few days");
    let now = SystemTime::now() + Duration::from_secs(60);
    if days < 0 { now - span } else { now + span }
}

/// A certificate that names itself as its issuer and is no authority's.
pub fn self_signed(names: &[&str]) -> Pair {
    let key = KeyPair::generate().expect("a key");
    let certificate = server(names).self_signed(&key).expect("a certificate");
    Pair {
        chain: certificate.pem(),
        key: key.serialize_pem(),
    }
}

/// The extension that says where the issuer's certificate is found (RFC 5280, 4.2.2.1).
pub fn issuer_at(url: &str) -> CustomExtension {
    let mut location = vec![0x86, u8::try_from(url.len()).expect("a short URL")];
    location.extend(url.as_bytes());
    let ca_issuers = [0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 48, 2];
    let entry = sequence(&[&ca_issuers[..], &location].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], sequence(&entry))
}

fn sequence(content: &[u8]) -> Vec<u8> {
    let mut der = vec![0x30, u8::try_from(content.len()).expect("a short form")];
    der.extend(content);
    der
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    days(-30, 365)(&mut params);
    params
}

fn server(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.remove(DnType::CommonName);
    params
        .distinguished_name
        .push(DnType::CommonName, "a server of the tests");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    days(-10, 90)(&mut params);
    params
}

/// What only the openssl command makes: `openssl req -x509` with these options, for
/// 127.0.0.1.
pub fn openssl_self_signed(options: &[&str]) -> Pair {
    let directory = TempDir::with_prefix("pgcheck-openssl.").expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-nodes",
            "-days",
            "90",
            "-subj",
            "/CN=127.0.0.1",
        ])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(options)
        .arg("-keyout")
        .arg(file("key"))
        .arg("-out")
        .arg(file("pem"))
        .output()
        .expect("openssl starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let read = |name: &str| std::fs::read_to_string(file(name)).expect("PEM");
    Pair {
        chain: read("pem"),
        key: read("key"),
    }
}
