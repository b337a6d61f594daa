//! Lines of a file of any size, read one by one in bounded memory.

use std::io::{self, BufRead};

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// With a newline.
    Whole,
    /// With the file: whoever wrote it has not come to its end.
    Torn,
    /// With a newline, but it is longer than was allowed: only its beginning was kept.
    TooLong,
}

/// A line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRead {
    /// Its length in the file, with its newline.
    pub bytes: u64,
    /// How it ended.
    pub end: LineEnd,
}

/// Reads the next line into `line`, without its newline and at most `longest` bytes of it; `None`
/// at the end of the file.
///
/// # Errors
/// What the reader reports.
pub fn read_line(
    reader: &mut impl BufRead,
    line: &mut Vec<u8>,
    longest: u64,
) -> io::Result<Option<LineRead>> {
    line.clear();
    let mut bytes = 0u64;
    loop {
        let buffer = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if buffer.is_empty() {
            let end = LineEnd::Torn;
            return Ok((bytes > 0).then_some(LineRead { bytes, end }));
        }
        let newline = buffer.iter().position(|&byte| byte == b'\n');
        let part = newline.unwrap_or(buffer.len());
        let room = longest.saturating_sub(line.len() as u64);
        line.extend_from_slice(&buffer[..part.min(usize::try_from(room).unwrap_or(usize::MAX))]);
        let consumed = part + usize::from(newline.is_some());
        reader.consume(consumed);
        bytes += consumed as u64;
        if newline.is_some() {
            let end = match bytes - 1 > longest {
                true => LineEnd::TooLong,
                false => LineEnd::Whole,
            };
            return Ok(Some(LineRead { bytes, end }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    #[test]
    fn lines_are_read_in_bounded_memory() {
        let text = b"one\n\nfour5\nsix";
        for capacity in [1, 2, 3, 100] {
            let mut reader = BufReader::with_capacity(capacity, &text[..]);
            let (mut line, mut found) = (vec![], vec![]);
            while let Some(read) = read_line(&mut reader, &mut line, 4).expect("reads") {
                let text = String::from_utf8(line.clone()).expect("UTF-8");
                found.push((text, read.bytes, read.end));
            }
            let expect = [
                ("one", 4, LineEnd::Whole),
                ("", 1, LineEnd::Whole),
                ("four", 6, LineEnd::TooLong),
                ("six", 3, LineEnd::Torn),
            ];
            let expect = expect.map(|(text, bytes, end)| (text.to_string(), bytes, end));
            assert_eq!(found, expect, "capacity {capacity}");
        }
    }
}
