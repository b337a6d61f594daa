//! The operands of a pickle's operations.

use super::symbol::Symbol;

const CUT_OFF: &str = "is cut off: it ends within its pickle";

/// A pickle's bytes and the position in them.
pub(super) struct PickleBytes<'a> {
    bytes: &'a [u8],
    pub(super) position: usize,
}

impl<'a> PickleBytes<'a> {
    pub(super) fn new(bytes: &'a [u8], position: usize) -> PickleBytes<'a> {
        PickleBytes { bytes, position }
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let taken = rest.get(..length).ok_or(CUT_OFF)?;
        self.position += length;
        Ok(taken)
    }

    pub(super) fn skip(&mut self, length: u64) -> Result<(), String> {
        self.take(length)?;
        Ok(())
    }

    /// A value of this many bytes, whatever it is.
    pub(super) fn opaque(&mut self, length: u64) -> Result<Symbol<'a>, String> {
        self.skip(length)?;
        Ok(Symbol::Other)
    }

    /// A value whose bytes follow their number, whatever it is.
    pub(super) fn counted_opaque(&mut self, size: u64) -> Result<Symbol<'a>, String> {
        self.counted(size)?;
        Ok(Symbol::Other)
    }

    pub(super) fn u8(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    /// A little-endian number of `size` bytes, at most eight.
    pub(super) fn number(&mut self, size: u64) -> Result<u64, String> {
        let bytes = self.take(size)?;
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        Ok(u64::from_le_bytes(wide))
    }

    /// The rest of a line, without its end.
    pub(super) fn line(&mut self) -> Result<&'a [u8], String> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let end = rest.iter().position(|&b| b == b'\n').ok_or(CUT_OFF)?;
        self.position += end + 1;
        let line = &rest[..end];
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Bytes that follow their length, a number of `size` bytes.
    pub(super) fn counted(&mut self, size: u64) -> Result<&'a [u8], String> {
        let length = self.number(size)?;
        self.take(length)
    }

    /// The same as a text; other bytes stand for nothing that matters.
    pub(super) fn text(&mut self, size: u64) -> Result<Symbol<'a>, String> {
        let bytes = self.counted(size)?;
        Ok(std::str::from_utf8(bytes).map_or(Symbol::Other, Symbol::Text))
    }

    /// A module and a name, on a line each.
    pub(super) fn name(&mut self) -> Result<Symbol<'a>, String> {
        let (module, name) = (self.line_text()?, self.line_text()?);
        Ok(Symbol::Name(module, name))
    }

    /// A whole number in decimal digits on a line, perhaps with an `L` behind it.
    pub(super) fn decimal(&mut self) -> Result<Symbol<'a>, String> {
        let text = self.line_text()?;
        let number = text.strip_suffix('L').unwrap_or(text).parse();
        Ok(number.map_or(Symbol::Other, Symbol::Number))
    }

    /// An index into the memo in decimal digits on a line.
    pub(super) fn index(&mut self) -> Result<u32, String> {
        let text = self.line_text()?;
        text.parse()
            .map_err(|_| "has a damaged pickle: it remembers a value under no number".to_string())
    }

    fn line_text(&mut self) -> Result<&'a str, String> {
        let line = self.line()?;
        std::str::from_utf8(line).map_err(|_| "has a pickle with a name that is no text".into())
    }
}
