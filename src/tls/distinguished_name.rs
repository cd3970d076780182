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

#[cfg(test)]
mod tests {
    use x509_parser::asn1_rs::FromDer;

    use super::*;

    /// A name of one attribute, a common name.
    fn common_name(tag: u8, value: &[u8]) -> CanonicalName {
        let attribute = tlv(0x30, &[tlv(6, &[0x55, 4, 3]), tlv(tag, value)].concat());
        let der = tlv(0x30, &tlv(0x31, &attribute));
        let (_, name) = X509Name::from_der(&der).unwrap();
        CanonicalName::of(&name)
    }

    #[test]
    fn case_blanks_and_string_types_do_not_count() {
        let name = common_name(12, "Größe one".as_bytes());
        for (tag, value) in [
            (12, "GRößE ONE".as_bytes()),
            (12, " \tGröße  \n one ".as_bytes()),
            (20, b"Gr\xf6\xdfe one"),
            (30, b"\0G\0r\0\xf6\0\xdf\0e\0 \0o\0n\0e"),
        ] {
            assert_eq!(common_name(tag, value), name, "{value:?}");
        }
        assert_ne!(
            common_name(12, "GRÖßE one".as_bytes()),
            name,
            "only ASCII has cases"
        );
        assert_ne!(common_name(12, "Größeone".as_bytes()), name);
    }

    #[test]
    fn the_file_name_is_that_of_openssl_rehash() {
        // openssl x509 -hash, of a certificate with the subject CN=Root
        assert_eq!(common_name(12, b"Root").file_name_hash(), "dcaaf7f0");
    }

    #[test]
    fn long_elements_have_long_lengths() {
        assert_eq!(tlv(4, &[7; 0x7f])[..2], [4, 0x7f]);
        assert_eq!(tlv(4, &[7; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(tlv(4, &[7; 0x100])[..4], [4, 0x82, 1, 0]);
        assert_eq!(tlv(5, &[]), [5, 0]);
    }
}
