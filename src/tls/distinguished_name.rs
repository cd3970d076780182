//! Distinguished names, compared as OpenSSL compares them.

use sha1::{Digest, Sha1};
use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::X509Name;

/// A name in OpenSSL's canonical encoding (`x509_name_canon`): strings as UTF-8 in lower
/// case, without outer blanks and with inner blanks collapsed. Two names are the same
/// for OpenSSL when these bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CanonicalName(Vec<u8>);

impl CanonicalName {
    pub(super) fn of(name: &X509Name<'_>) -> Self {
        let sets = name.iter_rdn().map(|set| {
            let mut attributes: Vec<_> = set
                .iter()
                .map(|attribute| {
                    let kind = tlv(6, attribute.attr_type().as_bytes());
                    tlv(
                        0x30,
                        &[kind, canonical_value(attribute.attr_value())].concat(),
                    )
                })
                .collect();
            attributes.sort();
            tlv(0x31, &attributes.concat())
        });
        Self(sets.collect::<Vec<_>>().concat())
    }

    /// Whether this name is `base` or lies below it in the directory.
    pub(super) fn starts_with(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }

    /// The name under which OpenSSL looks for it in a directory (`openssl rehash`).
    pub(super) fn file_name_hash(&self) -> String {
        let digest = Sha1::digest(&self.0);
        format!(
            "{:08x}",
            u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]])
        )
    }
}

fn canonical_value(value: &Any<'_>) -> Vec<u8> {
    match text(value) {
        Some(text) => {
            let words: Vec<_> = text
                .split(|c: char| c == ' ' || ('\t'..='\r').contains(&c))
                .filter(|word| !word.is_empty())
                .collect();
            tlv(12, words.join(" ").to_ascii_lowercase().as_bytes())
        }
        None => tlv(
            u8::try_from(value.tag().0 & 0x1f).unwrap_or_default(),
            value.data,
        ),
    }
}

/// The value as text, for the string types that OpenSSL converts.
pub(super) fn text(value: &Any<'_>) -> Option<String> {
    match value.tag() {
        Tag::Utf8String => String::from_utf8(value.data.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::VisibleString | Tag::T61String => {
            Some(value.data.iter().map(|&byte| char::from(byte)).collect())
        }
        Tag::BmpString => {
            let units = value.data.chunks(2).map(|pair| match pair {
                [high, low] => Some(u16::from_be_bytes([*high, *low])),
                _ => None,
            });
            String::from_utf16(&units.collect::<Option<Vec<_>>>()?).ok()
        }
        Tag::UniversalString => value
            .data
            .chunks(4)
            .map(|four| char::from_u32(u32::from_be_bytes(four.try_into().ok()?)))
            .collect(),
        _ => None,
    }
}

/// One DER element.
pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|&&byte| byte == 0).count()..];
    let mut element = vec![tag];
    match significant {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        long => {
            element.push(0x80 | long.len() as u8);
            element.extend(long);
        }
    }
    element.extend(content);
    element
}
