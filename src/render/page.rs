//! A page of text for people. It is the one place where text meets a terminal: whatever
//! is put on it is escaped here, so that no renderer has to think of it. Escape sequences
//! come from styles and line ends from the page itself.

use std::borrow::Cow;

use anstyle::Style;
use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use super::look::Look;

/// Text in one style.
pub struct Span<'a> {
    style: Style,
    text: Cow<'a, str>,
}

impl<'a> Span<'a> {
    /// Text in this style. A styled text should not end with a space.
    pub fn new(style: Style, text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self { style, text }
    }

    /// Text as it is.
    pub fn raw(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Style::new(), text)
    }
}

/// Lines of text, none wider than the look allows, none with a space at its end.
pub struct Page {
    look: Look,
    text: String,
}

/// A paragraph: a label, a text that is wrapped beside it, and something at the right edge.
pub struct Paragraph<'a> {
    /// What stands before the text in the first line.
    pub label: Vec<Span<'a>>,
    /// How far the other lines are indented; at least 1.
    pub indent: usize,
    /// The text.
    pub text: Span<'a>,
    /// What stands at the right edge of the first line, and how many columns all lines
    /// leave for it.
    pub right: Option<(Span<'a>, usize)>,
}

impl Page {
    /// An empty page.
    pub fn new(look: Look) -> Self {
        Self {
            look,
            text: String::new(),
        }
    }

    /// How the page is to look.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Ends a paragraph with an empty line.
    pub fn blank(&mut self) {
        self.text.push('\n');
    }

    /// A label and a text that is wrapped to the page.
    pub fn wrapped<'a>(&mut self, label: Vec<Span<'a>>, indent: usize, text: Span<'a>) {
        self.paragraph(&Paragraph {
            label,
            indent,
            text,
            right: None,
        });
    }

    /// A head and parts that follow it in the same line, each whole where it fits.
    pub fn parts(&mut self, head: Span, parts: &[String]) {
        const GAP: usize = 2;
        const INDENT: usize = 4;
        self.wrapped(vec![], INDENT, head);
        let last = self.text.lines().last().unwrap_or_default();
        let mut used = display_width(last);
        for part in parts {
            let part = self.look.text(part);
            let width = display_width(&part);
            if used + GAP + width <= self.look.columns() {
                self.text.pop();
                self.text.push_str("  ");
                self.text.push_str(&part);
                self.text.push('\n');
                used += GAP + width;
            } else {
                self.wrapped(vec![Span::raw("    ")], INDENT, Span::raw(part));
                let last = self.text.lines().last().unwrap_or_default();
                used = display_width(last);
            }
        }
    }

    /// A paragraph.
    pub fn paragraph(&mut self, paragraph: &Paragraph) {
        let label: Vec<Span> = paragraph.label.iter().map(|s| self.safe(s)).collect();
        let right = (paragraph.right.as_ref()).map(|(span, columns)| (self.safe(span), *columns));
        let label_width = width(&label);
        let margin = right.as_ref().map_or(0, |(_, columns)| *columns);
        let text = self.look.text(&paragraph.text.text);
        let lines = wrap(
            &text,
            self.look.columns() - margin,
            label_width,
            paragraph.indent,
        );
        for (index, part) in lines.iter().enumerate() {
            let mut line = match index {
                0 if is_blank(&label) => indentation(label_width, part),
                0 => label.iter().map(styled).collect(),
                _ => indentation(paragraph.indent, part),
            };
            line.push_str(&styled(&Span::new(paragraph.text.style, part.as_ref())));
            if let (0, Some((span, _))) = (index, &right) {
                let used = label_width + display_width(part) + display_width(&span.text);
                line.extend(std::iter::repeat_n(
                    ' ',
                    self.look.columns().saturating_sub(used),
                ));
                line.push_str(&styled(span));
            }
            self.text.push_str(line.trim_end_matches(' '));
            self.text.push('\n');
        }
    }

    /// The text, styles included.
    pub fn finish(self) -> String {
        self.text
    }

    fn safe<'b>(&self, span: &Span) -> Span<'b> {
        Span::new(span.style, self.look.text(&span.text))
    }
}

/// Breaks at spaces only, so that what is to be pasted stays whole, and inside words that
/// are longer than a line.
fn wrap(text: &str, columns: usize, first: usize, indent: usize) -> Vec<Cow<'_, str>> {
    let (first, rest) = (" ".repeat(first), " ".repeat(indent));
    let options = Options::new(columns)
        .initial_indent(&first)
        .subsequent_indent(&rest)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    let lines = textwrap::wrap(text, options).into_iter().enumerate();
    lines
        .map(|(index, line)| {
            let indent = if index == 0 { first.len() } else { rest.len() };
            let text = line.get(indent..).unwrap_or_default().to_owned();
            Cow::Owned(text)
        })
        .collect()
}

/// A line that begins with `::` would be a command to GitHub's runner.
fn indentation(columns: usize, line: &str) -> String {
    let mut indentation = " ".repeat(columns);
    if line.starts_with("::") {
        indentation.pop();
        indentation.push('\\');
    }
    indentation
}

fn is_blank(label: &[Span]) -> bool {
    label.iter().all(|span| span.text.trim().is_empty())
}

fn width(spans: &[Span]) -> usize {
    spans.iter().map(|span| display_width(&span.text)).sum()
}

fn styled(span: &Span) -> String {
    let Span { style, text } = span;
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> String {
        let mut page = Page::new(Look::default().width(40));
        page.wrapped(vec![Span::raw("  saw:  ")], 8, Span::raw(text));
        page.finish()
    }

    #[test]
    fn wraps_by_display_width() {
        let text = page("漢字漢字漢字漢字 漢字漢字漢字漢字 漢字");
        assert_eq!(
            text,
            "  saw:  漢字漢字漢字漢字\n        漢字漢字漢字漢字 漢字\n"
        );
    }

    #[test]
    fn what_is_to_be_pasted_stays_whole() {
        let text = page("turn the line into a hostssl-line-of-it");
        assert!(text.contains("        hostssl-line-of-it\n"), "{text}");
    }

    #[test]
    fn no_line_starts_a_workflow_command() {
        let text = page("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ::error::forged");
        assert!(text.contains("\n       \\::error::forged\n"), "{text}");
        for (label, line) in [("", "\\::a::b\n"), ("  ", " \\::a::b\n")] {
            let mut page = Page::new(Look::default());
            page.wrapped(vec![Span::raw(label)], 4, Span::raw("::a::b"));
            assert_eq!(page.finish(), line);
        }
    }

    #[test]
    fn a_line_has_no_space_at_its_end() {
        assert_eq!(page(""), "  saw:\n");
    }
}
