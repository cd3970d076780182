//! The TLS parameters: libpq's rules for values that depend on one another, and its
//! default files in `~/.postgresql` (`initialize_SSL` in its `fe-secure-openssl.c`).

use std::path::{Path, PathBuf};

use super::given::Given;
use super::{
    Choice, Environment, Error, Origin, ProtocolVersion, RootCert, SslCertMode, SslMode,
    SslNegotiation, TlsParameters,
};

/// What was given, before any file is looked for.
pub(crate) struct GivenTls {
    parameters: TlsParameters,
    sslmode_origin: Option<Origin>,
}

/// Reads the values.
pub(crate) fn read(given: &Given) -> Result<GivenTls, Error> {
    let sslrootcert = given.nonempty("sslrootcert").map(root_cert);
    let sslmode = sslmode(given, sslrootcert.as_ref())?;
    let (min_version, max_version) = versions(given)?;
    let path = |keyword| given.nonempty(keyword).map(PathBuf::from);
    Ok(GivenTls {
        parameters: TlsParameters {
            sslmode,
            sslnegotiation: sslnegotiation(given, sslmode)?,
            sslrootcert,
            sslcert: path("sslcert"),
            sslkey: path("sslkey"),
            sslpassword: given.secret("sslpassword").cloned(),
            sslcertmode: given.choice("sslcertmode")?.unwrap_or(SslCertMode::Allow),
            sslcrl: path("sslcrl"),
            sslcrldir: path("sslcrldir"),
            sslsni: given
                .text("sslsni")
                .is_none_or(|value| value.starts_with('1')),
            min_version,
            max_version,
        },
        sslmode_origin: given
            .get("sslmode")
            .map(|parameter| parameter.origin.clone()),
    })
}

fn root_cert(value: &str) -> RootCert {
    match value {
        "system" => RootCert::System,
        "mozilla" => RootCert::Mozilla,
        path => RootCert::File(path.into()),
    }
}

/// Public authorities vouch for anybody's name, so that a public trust store without the
/// name check vouches for nothing: libpq then insists on `verify-full`.
fn sslmode(given: &Given, root: Option<&RootCert>) -> Result<SslMode, Error> {
    let mode = given.choice("sslmode")?;
    let store = match root {
        Some(RootCert::System) => "system",
        Some(RootCert::Mozilla) => "mozilla",
        _ => return Ok(mode.unwrap_or(SslMode::Prefer)),
    };
    match mode {
        None | Some(SslMode::VerifyFull) => Ok(SslMode::VerifyFull),
        Some(weak) => {
            let weak = weak.as_str();
            let what = format!("weak sslmode {weak:?} may not be used with sslrootcert={store}");
            let origin = given.get("sslmode").map(|parameter| &parameter.origin);
            let error = Error::new(what).help("use sslmode=verify-full");
            Err(origin.map_or(error.clone(), |origin| error.at(origin)))
        }
    }
}

/// A server that knows no direct TLS would otherwise be an occasion to go without.
fn sslnegotiation(given: &Given, mode: SslMode) -> Result<SslNegotiation, Error> {
    let negotiation = given.choice("sslnegotiation")?;
    if negotiation == Some(SslNegotiation::Direct) && mode < SslMode::Require {
        let mode = mode.as_str();
        let what = format!("weak sslmode {mode:?} may not be used with sslnegotiation=direct");
        return Err(Error::new(what).help("use sslmode=require, verify-ca or verify-full"));
    }
    Ok(negotiation.unwrap_or(SslNegotiation::Postgres))
}

fn versions(given: &Given) -> Result<(ProtocolVersion, Option<ProtocolVersion>), Error> {
    let version = |keyword| match given.nonempty(keyword) {
        Some(_) => given.choice::<ProtocolVersion>(keyword),
        None => Ok(None),
    };
    let lowest = version("ssl_min_protocol_version")?.unwrap_or(ProtocolVersion::Tls12);
    let highest = version("ssl_max_protocol_version")?;
    if let Some(highest) = highest.filter(|highest| *highest < lowest.max(ProtocolVersion::Tls12)) {
        let error = given.invalid("ssl_max_protocol_version", highest.name());
        return Err(error.help(match highest < lowest {
            true => "it is lower than ssl_min_protocol_version, which is TLSv1.2 if not given",
            false => "pgcheck's sessions use TLSv1.2 or TLSv1.3",
        }));
    }
    Ok((lowest, highest))
}

/// Adds libpq's default files and refuses a verification that has no root certificate.
pub(crate) fn complete(
    given: GivenTls,
    environment: &Environment,
    notes: &mut Vec<String>,
) -> Result<TlsParameters, Error> {
    let mut tls = given.parameters;
    let default = |name: &str| {
        let home = environment.home()?;
        Some(home.join(".postgresql").join(name))
    };
    let existing = |name| default(name).filter(|path| path.exists());
    if tls.sslrootcert.is_none() {
        tls.sslrootcert = existing("root.crt").map(RootCert::File);
    }
    if tls.sslcrl.is_none() && tls.sslcrldir.is_none() {
        tls.sslcrl = existing("root.crl");
    }
    tls.sslcert = match tls.sslcert {
        Some(path) => present(path, notes),
        None => existing("postgresql.crt"),
    };
    if tls.sslcert.is_some() && tls.sslkey.is_none() {
        tls.sslkey = default("postgresql.key");
    }
    check_root(&tls, given.sslmode_origin.as_ref(), environment, notes)?;
    Ok(tls)
}

/// libpq goes without a client certificate whose file is missing.
fn present(path: PathBuf, notes: &mut Vec<String>) -> Option<PathBuf> {
    if missing(&path) {
        let path = path.display();
        notes.push(format!(
            "sslcert: {path} does not exist, so that no client certificate is sent"
        ));
        return None;
    }
    Some(path)
}

/// Whether the file is not there; one that cannot be looked at counts as there.
fn missing(path: &Path) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let metadata = std::fs::metadata(path);
    metadata.is_err_and(|error| matches!(error.kind(), NotFound | NotADirectory))
}

fn check_root(
    tls: &TlsParameters,
    sslmode_origin: Option<&Origin>,
    environment: &Environment,
    notes: &mut Vec<String>,
) -> Result<(), Error> {
    let file = match &tls.sslrootcert {
        Some(RootCert::File(path)) if !missing(path) => return Ok(()),
        Some(RootCert::System | RootCert::Mozilla) => return Ok(()),
        Some(RootCert::File(path)) => Some(path.clone()),
        None => None,
    };
    if tls.sslmode >= SslMode::VerifyCa {
        return Err(no_root(
            tls.sslmode,
            file.as_deref(),
            sslmode_origin,
            environment,
        ));
    }
    if let Some(file) = file {
        let file = file.display();
        notes.push(format!(
            "sslrootcert: {file} does not exist, so that the server's certificate is not verified"
        ));
    }
    Ok(())
}

fn no_root(
    mode: SslMode,
    file: Option<&Path>,
    origin: Option<&Origin>,
    environment: &Environment,
) -> Error {
    let mode = mode.as_str();
    let what = match (file, environment.home()) {
        (Some(file), _) => format!("root certificate file {} does not exist", file.display()),
        (None, Some(_)) => format!(
            "sslmode={mode} needs a root certificate, and ~/.postgresql/root.crt does not exist"
        ),
        (None, None) => format!("sslmode={mode} needs a root certificate, and none is named"),
    };
    let error = Error::new(what).help(
        "name the file with sslrootcert, or use sslrootcert=system for the platform's trusted \
         authorities",
    );
    origin.map_or(error.clone(), |origin| error.at(origin))
}
