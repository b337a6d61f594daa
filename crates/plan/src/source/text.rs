//! A text that values and problems have their place in.

use super::span::Span;
use std::ops::Range;

/// One of a plan's texts.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    /// The file's path, or `--set`.
    pub name: String,
    pub text: String,
}

impl SourceText {
    /// The span as bytes of the text: on character boundaries, on one line, and at least one
    /// character wide if there is one.
    pub(crate) fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.text.floor_char_boundary(span.start as usize);
        let after_first = match self.text[start..].chars().next() {
            Some(first) => start + first.len_utf8(),
            None => start,
        };
        let end = self
            .text
            .floor_char_boundary(span.end as usize)
            .max(after_first);
        let line_end = match self.text[start..].find('\n') {
            Some(length) => start + length,
            None => self.text.len(),
        };
        start..end.min(line_end.max(start))
    }

    /// Line and column, both from 1; columns count characters.
    pub(crate) fn line_and_column(&self, span: Span) -> (usize, usize) {
        let start = self.bytes(span).start;
        let line_start = self.text[..start].rfind('\n').map_or(0, |n| n + 1);
        let column = self.text[line_start..start].chars().count() + 1;
        (self.line_at(start), column)
    }

    /// The line of a byte, from 1.
    pub(crate) fn line_at(&self, byte: usize) -> usize {
        let newlines = self.text.as_bytes()[..byte].iter();
        newlines.filter(|b| **b == b'\n').count() + 1
    }
}
