//! What the reader's side can show.

use super::text;

/// The widest line of a report, in columns.
pub const WIDEST: usize = 88;
/// Below this nothing would fit; a narrower terminal gets lines of this width.
const NARROWEST: usize = 40;

/// How a report for people is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    width: usize,
    unicode: bool,
    verbose: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            width: WIDEST,
            unicode: true,
            verbose: false,
        }
    }
}

impl Look {
    /// For a terminal of so many columns.
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns.clamp(NARROWEST, WIDEST);
        self
    }

    /// Whether more than ASCII may be printed.
    pub fn unicode(mut self, unicode: bool) -> Self {
        self.unicode = unicode;
        self
    }

    /// Whether every check is shown with its facts.
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = verbose;
        self
    }

    /// The width of a line, in columns.
    pub fn columns(self) -> usize {
        self.width
    }

    /// Whether every check is shown with its facts.
    pub fn is_verbose(self) -> bool {
        self.verbose
    }

    /// The characters for a bar: a whole cell and half a cell.
    pub fn bar(self) -> [char; 2] {
        if self.unicode {
            ['━', '╸']
        } else {
            ['=', '-']
        }
    }

    /// Text, foreign or not, as it may be printed here.
    pub fn text(self, text: &str) -> String {
        if self.unicode {
            text::plain(text)
        } else {
            text::ascii(text)
        }
    }
}
