//! Who vouches for a server: trials of its certificates, after the handshake and offline.

use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;

use super::Probe;
use crate::check::CheckId;
use crate::facts::{RootsTrial, TlsLeg, Trust};
use crate::target::{RootCert, SslMode, TlsParameters};
use crate::tls::{ChainError, ChainTrial, Crls, LoadError, Presented, Roots, describe, warm_up};

/// Does beside the name lookup and the connection what would cost time after them: the
/// first random bytes and, unless the target's own roots are likely to settle the matter,
/// reading the public stores.
pub fn prepare(probe: Probe<'_>) {
    let tls = &probe.target.tls;
    let settled = tls.sslmode == SslMode::VerifyFull && tls.sslrootcert.is_some();
    let settled = settled || !is_asked_for(probe);
    // Nobody waits for it: what is not ready in time is done where it is needed.
    tokio::task::spawn_blocking(move || {
        warm_up();
        if !settled {
            let _ = Roots::system();
        }
    });
}

/// Whether any check looks at who vouches for the certificate.
fn is_asked_for(probe: Probe<'_>) -> bool {
    probe.asks_for(&[
        CheckId::Uri,
        CheckId::Chain,
        CheckId::Hostname,
        CheckId::Expiry,
    ])
}

/// Tries what a server presented against the target's roots and, unless those already
/// show all that the strongest sslmode would, against the two public stores. Holds on to
/// nothing of `leg`, so that the login can go on beside it. Left out where no check asks,
/// unless the certificate may be why the handshake failed.
pub fn observe(probe: Probe<'_>, leg: &TlsLeg) -> impl Future<Output = Option<Trust>> + use<> {
    let refused = leg.handshake.failure().is_some();
    let presented = leg
        .presented
        .clone()
        .filter(|_| refused || is_asked_for(probe));
    let trying = presented.map(|presented| {
        let parameters = probe.target.tls.clone();
        let now = SystemTime::now();
        tokio::task::spawn_blocking(move || try_roots(&parameters, &presented, now))
    });
    async { trying?.await.ok() }
}

fn try_roots(parameters: &TlsParameters, presented: &Presented, now: SystemTime) -> Trust {
    let trial = Trial { presented, now };
    let own = own(parameters, &trial);
    let settled = own.as_ref().is_some_and(RootsTrial::vouches)
        && parameters.sslmode == SslMode::VerifyFull
        && presented.name.libpq.is_ok();
    let system = (!settled).then(|| match Roots::system() {
        Ok(roots) => trial.against(&roots, None),
        Err(error) => RootsTrial::Unavailable(error.to_string()),
    });
    let mozilla = (system.as_ref())
        .filter(|system| !system.vouches())
        .map(|_| trial.against(&Roots::mozilla(), None));
    Trust {
        own,
        system,
        mozilla,
    }
}

/// The verdict of the target's own roots and revocation lists.
fn own(parameters: &TlsParameters, trial: &Trial<'_>) -> Option<RootsTrial> {
    let roots = match parameters.sslrootcert.as_ref()? {
        RootCert::File(file) if !file.exists() => return None,
        RootCert::File(file) => Roots::from_file(file),
        RootCert::System => Roots::system(),
        RootCert::Mozilla => Ok(Roots::mozilla()),
    };
    let loaded = roots.and_then(|roots| Ok((roots, crls(parameters)?)));
    Some(match loaded {
        Ok((roots, crls)) => trial.against(&roots, crls.as_ref()),
        Err(error) => RootsTrial::Unavailable(error.to_string()),
    })
}

fn crls(parameters: &TlsParameters) -> Result<Option<Crls>, LoadError> {
    let file = parameters.sslcrl.as_deref().map(Crls::from_file);
    let directory = parameters.sslcrldir.as_deref().map(Crls::from_directory);
    Ok(match (file.transpose()?, directory.transpose()?) {
        (Some(file), Some(directory)) => Some(file.and(directory)),
        (file, directory) => file.or(directory),
    })
}

struct Trial<'a> {
    presented: &'a Presented,
    now: SystemTime,
}

impl Trial<'_> {
    fn against(&self, roots: &Roots, crls: Option<&Crls>) -> RootsTrial {
        let at = |time, crls| {
            let certificates = &self.presented.certificates;
            ChainTrial::new(certificates, roots, crls, unix_time(time))
        };
        let now = at(self.now, crls);
        let of_time = matches!(
            now.libpq,
            Err(ChainError::Expired(..) | ChainError::NotYetValid(..))
        );
        // The lists of today say nothing of another time.
        let in_time = of_time.then(|| self.common_time()).flatten();
        RootsTrial::Tried {
            in_time: in_time.map(|time| Box::new(at(time, None))),
            now: Box::new(now),
        }
    }

    /// The last time at which every certificate that was presented is valid.
    fn common_time(&self) -> Option<SystemTime> {
        let certificates: Vec<_> = (self.presented.certificates.iter())
            .map(describe)
            .collect::<Result<_, _>>()
            .ok()?;
        let last = certificates.iter().map(|it| it.not_after).min()?;
        let first = certificates.iter().map(|it| it.not_before).max()?;
        let time = last.checked_sub(Duration::from_secs(1))?;
        (first <= time).then_some(time)
    }
}

fn unix_time(time: SystemTime) -> UnixTime {
    UnixTime::since_unix_epoch(
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
    )
}
