//! What the terminal, or whatever the output goes to, can show.

use std::env;
use std::io::IsTerminal;

use anstream::ColorChoice;
use pgcheck::cli::{Output, When};
use pgcheck::render::look::{Look, WIDEST};

/// How a report on standard output is to look.
pub fn look(output: &Output) -> Look {
    Look::default()
        .width(columns())
        .unicode(is_utf8())
        .verbose(output.verbose)
}

/// Whether to colour: what the option says, else what NO_COLOR, CLICOLOR_FORCE, CLICOLOR,
/// TERM and the stream itself say.
pub fn choice(when: When, stream: &impl anstream::stream::RawStream) -> ColorChoice {
    match when {
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
        When::Auto => anstream::AutoStream::choice(stream),
    }
}

/// COLUMNS where it is set, else the terminal's own word.
fn columns() -> usize {
    let set = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let terminal = || terminal_size::terminal_size_of(std::io::stdout());
    set.filter(|columns| *columns > 0)
        .or_else(|| terminal().map(|(width, _)| usize::from(width.0)))
        .unwrap_or(WIDEST)
}

/// Whether the locale's characters are UTF-8: the first that is set of LC_ALL, LC_CTYPE
/// and LANG decides (POSIX, "Environment Variables", 8.2). Without any it is `C`, ASCII.
pub fn is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(env::var_os)
        .find(|value| !value.is_empty());
    locale.is_some_and(|locale| names_utf8(&locale.to_string_lossy()))
}

fn names_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The columns of standard error where it is a terminal on which a line can be erased.
pub fn erasable() -> Option<usize> {
    let able = env::var_os("TERM").is_some_and(|term| term != "dumb" && !term.is_empty());
    let stderr = std::io::stderr();
    if !able || !stderr.is_terminal() {
        return None;
    }
    let size = terminal_size::terminal_size_of(stderr);
    Some(size.map_or(80, |(width, _)| usize::from(width.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_characters() {
        assert!(names_utf8("en_US.UTF-8") && names_utf8("C.utf8"));
        assert!(!names_utf8("C") && !names_utf8("de_DE.ISO-8859-1") && !names_utf8("POSIX"));
    }
}
