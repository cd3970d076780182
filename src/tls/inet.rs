//! Addresses as the C library reads them for libpq.

use std::net::{Ipv4Addr, Ipv6Addr};

/// libpq's `is_ip_address`.
pub(super) fn is_ip_address(host: &str) -> bool {
    inet_aton(host).is_some() || host.parse::<Ipv6Addr>().is_ok()
}

/// The C library's `inet_aton`: one to four parts, decimal, octal or hexadecimal, the
/// last one filling the rest; anything may follow a blank.
pub(super) fn inet_aton(host: &str) -> Option<Ipv4Addr> {
    let end = host
        .find(|c: char| c.is_ascii_whitespace() || c == '\x0b')
        .unwrap_or(host.len());
    let parts = host[..end]
        .split('.')
        .map(inet_part)
        .collect::<Option<Vec<u32>>>()?;
    let (last, leading) = parts.split_last()?;
    let bits_left = 32_u32.checked_sub(8 * u32::try_from(leading.len()).ok()?)?;
    if bits_left == 0 || leading.iter().any(|&part| part > 255) {
        return None;
    }
    if bits_left < 32 && *last >> bits_left != 0 {
        return None;
    }
    let address = leading
        .iter()
        .enumerate()
        .fold(*last, |address, (index, part)| {
            address | part << (24 - 8 * index)
        });
    Some(Ipv4Addr::from(address))
}

fn inet_part(part: &str) -> Option<u32> {
    let (digits, radix) = match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (&part[1..], 8),
        None => (part, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_inet_aton_reads_them() {
        let read = |host| inet_aton(host).map(|address| address.to_string());
        for (host, address) in [
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("10.1.258", "10.1.1.2"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.0.0.01", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
            ("0xffffffff", "255.255.255.255"),
            ("127.0.0.1 anything", "127.0.0.1"),
        ] {
            assert_eq!(read(host).as_deref(), Some(address), "{host}");
        }
        for host in [
            "",
            ".",
            "1.",
            ".1",
            "1..2",
            "256.0.0.1",
            "1.2.3.256",
            "1.2.65536",
            "1.16777216",
            "4294967296",
            "1.2.3.4.5",
            "08",
            "0x",
            "+1",
            "-1",
            "1.2.3.4x",
            " 1.2.3.4",
            "a",
            "::1",
        ] {
            assert_eq!(read(host), None, "{host}");
        }
    }
}
