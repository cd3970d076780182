//! The names of character encodings.

/// What `pg_char_to_encoding` finds, in its spelling without case and punctuation
/// (`pg_encname_tbl` in PostgreSQL's `src/common/encnames.c`), and libpq's own `auto`.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "abc", "alt", "auto", "big5", "euccn", "eucjis2004", "eucjp", "euckr", "euctw", "gb18030",
    "gbk", "iso88591", "iso885910", "iso885913", "iso885914", "iso885915", "iso885916",
    "iso88592", "iso88593", "iso88594", "iso88595", "iso88596", "iso88597", "iso88598",
    "iso88599", "johab", "koi8", "koi8r", "koi8u", "latin1", "latin10", "latin2", "latin3",
    "latin4", "latin5", "latin6", "latin7", "latin8", "latin9", "mskanji", "muleinternal",
    "shiftjis", "shiftjis2004", "sjis", "sqlascii", "tcvn", "tcvn5712", "uhc", "unicode", "utf8",
    "vscii", "win", "win1250", "win1251", "win1252", "win1253", "win1254", "win1255", "win1256",
    "win1257", "win1258", "win866", "win874", "win932", "win936", "win949", "win950",
    "windows1250", "windows1251", "windows1252", "windows1253", "windows1254", "windows1255",
    "windows1256", "windows1257", "windows1258", "windows866", "windows874", "windows932",
    "windows936", "windows949", "windows950",
];

/// Whether a server knows the encoding; it ends the session of a client that names another.
pub(crate) fn is_known(name: &str) -> bool {
    let spelled: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    NAMES.contains(&spelled.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_punctuation() {
        for name in ["UTF8", "utf-8", "ISO_8859_1", "SQL_ASCII", "auto"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["nope", "utf", "-", "utf8mb4"] {
            assert!(!is_known(name), "{name}");
        }
    }
}
