//! Places in the texts of a plan.

use std::ops::Range;

/// A range of bytes in one of a plan's texts: the experiment file, a file that it includes, or an
/// override of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    /// Index of the text.
    pub text: u32,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The span of values that are in no text because the program supplied them.
    pub(crate) const BUILT_IN: Span = Span {
        text: u32::MAX,
        start: 0,
        end: 0,
    };

    /// A range of bytes of a text whose first byte is number `base`.
    pub(crate) fn new(text: u32, base: usize, bytes: Range<usize>) -> Span {
        Span {
            text,
            start: clamped(base + bytes.start),
            end: clamped(base + bytes.end),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether all of `other` lies within this span.
    pub(crate) fn contains(self, other: Span) -> bool {
        self.text == other.text && self.start <= other.start && other.end <= self.end
    }
}

fn clamped(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}
