//! JSON whose text cannot act on what shows it. Whatever the value, a terminal or a log
//! viewer that gets to see the JSON gets escapes; a parser gets the text itself.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::render::text::{acts, json_escape};

/// Indented, with a line end.
pub fn pretty(value: &impl Serialize) -> String {
    write(value, PrettyFormatter::new())
}

/// On one line, with its end.
pub fn compact(value: &impl Serialize) -> String {
    write(value, CompactFormatter)
}

fn write(value: &impl Serialize, formatter: impl Formatter) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Escaping(formatter));
    // Structs with string keys serialize, and writing to a vector does not fail.
    let written = value.serialize(&mut serializer);
    debug_assert!(written.is_ok());
    bytes.push(b'\n');
    String::from_utf8(bytes).unwrap_or_default()
}

/// Escapes what acts, and the first of two `#`, as [`crate::render::text::plain`] does.
struct Escaping<F>(F);

impl<F: Formatter> Formatter for Escaping<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut characters = fragment.chars().peekable();
        while let Some(character) = characters.next() {
            let starts_command = character == '#' && characters.peek() == Some(&'#');
            if starts_command || acts(character) {
                writer.write_all(json_escape(character).as_bytes())?;
            } else {
                writer.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_escaped_and_comes_back() {
        let text = "\u{9b}2J \u{202e} ##[error]x\n\u{e0041}";
        let json = compact(&text);
        assert_eq!(
            json,
            "\"\\u009b2J \\u202e \\u0023#[error]x\\n\\udb40\\udc41\"\n"
        );
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }

    proptest! {
        #[test]
        fn every_text_comes_back_and_none_acts(text in any::<String>()) {
            let json = pretty(&[&text]);
            let parsed: Vec<String> = serde_json::from_str(&json).expect("JSON");
            prop_assert_eq!(&parsed[0], &text);
            prop_assert!(!json.contains("##"));
            prop_assert!(json.lines().count() == 3 && !json.replace('\n', "").chars().any(acts));
        }
    }
}
