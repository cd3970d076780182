//! Just enough DER to write certificates that no tool would.

/// One element.
pub fn tlv(tag: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let mut element = vec![tag];
    match content.len() {
        short @ 0..0x80 => element.push(short as u8),
        long => {
            let bytes = long.to_be_bytes();
            let bytes = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
            element.push(0x80 | bytes.len() as u8);
            element.extend(bytes);
        }
    }
    element.extend(content);
    element
}

pub fn sequence(parts: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    tlv(0x30, parts.into_iter().collect::<Vec<_>>().concat())
}

pub fn set(part: Vec<u8>) -> Vec<u8> {
    tlv(0x31, part)
}

/// An integer, its content as given.
pub fn integer(content: &[u8]) -> Vec<u8> {
    tlv(2, content)
}

pub fn boolean(value: bool) -> Vec<u8> {
    tlv(1, [if value { 0xff } else { 0 }])
}

pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(3, [&[0], bytes].concat())
}

pub fn octets(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    tlv(4, bytes)
}

/// `1.2.840.113549`
pub fn oid(dotted: &str) -> Vec<u8> {
    let numbers: Vec<u64> = dotted.split('.').map(|n| n.parse().unwrap()).collect();
    let mut content = Vec::new();
    for number in std::iter::once(numbers[0] * 40 + numbers[1]).chain(numbers[2..].to_vec()) {
        let groups = (0..9)
            .rev()
            .map(|index| (number >> (7 * index)) as u8 & 0x7f);
        let groups: Vec<u8> = groups.skip_while(|group| *group == 0).collect();
        let groups = if groups.is_empty() { vec![0] } else { groups };
        let last = groups.len() - 1;
        content.extend(
            groups
                .iter()
                .enumerate()
                .map(|(index, group)| if index == last { *group } else { group | 0x80 }),
        );
    }
    tlv(6, content)
}

/// A GeneralizedTime so many seconds after 1970.
pub fn time(seconds: u64) -> Vec<u8> {
    let text = humantime::format_rfc3339_seconds(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds),
    )
    .to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.as_str() < "2050" {
        true => tlv(0x17, format!("{}Z", &digits[2..])),
        false => tlv(0x18, format!("{digits}Z")),
    }
}
