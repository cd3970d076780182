//! Name lookups, by the system's resolver.

use std::net::IpAddr;

use tokio::net::lookup_host;

use super::Probe;
use crate::facts::{Failure, Lookup, Stage};
use crate::target::Host;

/// Looks a host up. An address, given as the host or as `hostaddr`, needs no lookup.
pub async fn look_up(probe: Probe<'_>, host: &Host) -> Lookup {
    let literal = host.host.as_deref().and_then(|name| name.parse().ok());
    let known: Option<IpAddr> = host.hostaddr.or(literal);
    let name = match (&host.host, known) {
        (Some(name), _) => name.clone(),
        (None, known) => known.map(|ip| ip.to_string()).unwrap_or_default(),
    };
    let mut addresses = Stage::NotRun;
    let work = async {
        let found = match known {
            Some(ip) => vec![ip],
            None => resolve(probe, &name, host.port).await?,
        };
        Ok((found, ()))
    };
    probe.leg_deadline().run(&mut addresses, work).await;
    Lookup {
        host: name,
        addresses,
    }
}

async fn resolve(probe: Probe<'_>, name: &str, port: u16) -> Result<Vec<IpAddr>, Failure> {
    let found = lookup_host((name, port)).await;
    let found = found.map_err(|error| Failure::Io(error.to_string()))?;
    let mut addresses = Vec::new();
    for address in found.map(|socket| socket.ip()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(Failure::Io("the name has no address".to_owned()));
    }
    if probe.target.load_balance_hosts {
        fastrand::shuffle(&mut addresses);
    }
    Ok(addresses)
}
