//! Foreign text made safe to print: what a server, a certificate, DNS or a URI says.
//!
//! Nothing that comes out of [`plain`] can move a cursor, end a line, reorder what is
//! beside it or be taken for a command by a log viewer, whatever went in.

use std::borrow::Cow;
use std::fmt::Write;

/// The longest piece of foreign text that is shown, in characters.
pub const LONGEST: usize = 1_000;

/// Text without characters that do something instead of showing something: they become
/// escapes such as `\u{1b}`. What is too long is cut.
///
/// The first of two `#` is escaped as well: `##[` and `##vso[` anywhere in a line start
/// commands in the logs of GitHub Actions and of Azure Pipelines.
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len().min(LONGEST));
    let mut characters = text.chars().peekable();
    let mut count = 0;
    while let Some(character) = characters.next() {
        if count == LONGEST {
            safe.push('…');
            break;
        }
        let starts_command = character == '#' && characters.peek() == Some(&'#');
        if starts_command || acts(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
        count += 1;
    }
    safe
}

/// The same in ASCII, for a terminal that is not known to show more.
pub fn ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in plain(text).chars() {
        match character {
            '…' => ascii.push_str("..."),
            '–' | '—' => ascii.push('-'),
            '→' => ascii.push_str("->"),
            '‘' | '’' => ascii.push('\''),
            '“' | '”' => ascii.push('"'),
            character if character.is_ascii() => ascii.push(character),
            other => ascii.extend(other.escape_unicode()),
        }
    }
    ascii
}

/// The text itself where it is short, else its beginning and an ellipsis: never more than
/// so many characters.
pub fn bounded(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let mut cut: String = text.chars().take(longest.saturating_sub(1)).collect();
            cut.push('…');
            Cow::Owned(cut)
        }
    }
}

/// Whether a character acts on what shows it instead of being seen: controls (C1
/// included), line and paragraph separators, and the invisible characters that reorder or
/// hide text.
pub fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A character as JSON writes it when it is escaped.
pub fn json_escape(character: char) -> String {
    let mut escaped = String::new();
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string does not fail.
        let _ = write!(escaped, "\\u{unit:04x}");
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_gets_through() {
        assert_eq!(plain("a\x1b[2Jb\rc\nd"), "a\\u{1b}[2Jb\\u{d}c\\u{a}d");
        assert_eq!(plain("a\u{202e}b\u{9b}2J"), "a\\u{202e}b\\u{9b}2J");
        assert_eq!(plain("é 漢 ok"), "é 漢 ok");
    }

    #[test]
    fn nothing_that_a_log_viewer_obeys_gets_through() {
        assert_eq!(plain("##[error]x ###"), "\\u{23}#[error]x \\u{23}\\u{23}#");
        assert_eq!(plain("issue #7"), "issue #7");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(plain(&"x".repeat(9_999)).chars().count(), LONGEST + 1);
        assert_eq!(bounded("abcdef", 4), "abc…");
        assert_eq!(bounded("abcd", 4), "abcd");
    }

    #[test]
    fn ascii_keeps_what_can_be_kept() {
        assert_eq!(ascii("a… – “é”"), "a... - \"\\u{e9}\"");
    }

    proptest! {
        #[test]
        fn whatever_goes_in_nothing_acts_that_comes_out(text in any::<String>()) {
            prop_assert!(!plain(&text).chars().any(acts));
            prop_assert!(!plain(&text).contains("##"));
            prop_assert!(ascii(&text).chars().all(|c| c == ' ' || c.is_ascii_graphic()));
        }
    }
}
