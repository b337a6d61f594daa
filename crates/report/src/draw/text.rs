//! Lines of text in a scene.

use super::color::{Color, INK};
use super::font;

/// Size of ordinary text, pixels an em.
pub const TEXT: f64 = 11.5;
/// Size of small text, pixels an em.
pub const SMALL: f64 = 10.0;
/// Size of a panel's heading, pixels an em.
pub const HEADING: f64 = 12.5;

/// One line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Position of the anchor, on the baseline.
    pub at: (f64, f64),
    /// The text.
    pub text: String,
    /// Pixels an em.
    pub size: f64,
    /// Colour.
    pub color: Color,
    /// Which part of the text is at `at`.
    pub anchor: Anchor,
    /// Whether it is semi-bold.
    pub bold: bool,
    /// Whether it reads from bottom to top.
    pub upright: bool,
}

/// Which part of a text is at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its first character.
    Start,
    /// Its middle.
    Middle,
    /// Its last character.
    End,
}

impl Text {
    /// Ordinary text whose baseline is at `at`.
    pub fn new(at: (f64, f64), text: impl Into<String>, anchor: Anchor) -> Text {
        Text {
            at,
            text: text.into(),
            size: TEXT,
            color: INK,
            anchor,
            bold: false,
            upright: false,
        }
    }

    /// The same text at another size.
    pub fn size(self, size: f64) -> Text {
        Text { size, ..self }
    }

    /// The same text in another colour.
    pub fn color(self, color: Color) -> Text {
        Text { color, ..self }
    }

    /// The same text in semi-bold.
    pub fn bold(self) -> Text {
        Text { bold: true, ..self }
    }

    /// The same text, reading from bottom to top.
    pub fn upright(self) -> Text {
        Text {
            upright: true,
            ..self
        }
    }

    /// The box that the text covers: left, top, right, bottom.
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        let width = font::width(&self.text, self.size, self.bold);
        let start = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => -width / 2.0,
            Anchor::End => -width,
        };
        let (x, y) = self.at;
        let (ascent, descent) = (font::CAP_HEIGHT * self.size, 0.2 * self.size);
        if self.upright {
            (x - ascent, y - start - width, x + descent, y - start)
        } else {
            (x + start, y - ascent, x + start + width, y + descent)
        }
    }
}

/// Distance from the middle of a row down to the baseline of a text of this size that is centred in
/// it.
pub fn centred(size: f64) -> f64 {
    size * 0.36
}
