//! Foreign text made safe to print.

/// The longest piece of foreign text that is shown, in characters.
const LONGEST: usize = 500;

/// Makes text safe for a terminal: control characters and the invisible characters that
/// reorder or hide text become escapes, and what is too long is cut.
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            safe.push('…');
            break;
        }
        if character.is_control() || is_invisible(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Line and paragraph separators, zero-width characters and bidirectional controls.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_gets_through() {
        assert_eq!(plain("a\x1b[2Jb\rc\nd"), "a\\u{1b}[2Jb\\u{d}c\\u{a}d");
        assert_eq!(plain("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(plain("é 漢 ok"), "é 漢 ok");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(plain(&"x".repeat(9_999)).chars().count(), LONGEST + 1);
    }
}
