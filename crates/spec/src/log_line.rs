//! Lines of logs that carry a checksum and their number, so that damage, and missing, doubled or
//! exchanged lines, are known when a log is read.
//!
//! A line is one JSON object: `{"format":2,"line":17,…,"check":"1a2b3c4d"}`. `line` is its number
//! in the file, from 1. `check` is the CRC-32 of all bytes before `,"check":"` and stands at the
//! end of the line in every format, so that damage to the format's number is not taken for a newer
//! program. Older programs wrote lines of format 1, with neither; they are accepted before the
//! first line with a checksum.

use serde::Deserialize;

/// Version of the lines of logs; readers refuse newer ones.
pub const LOG_FORMAT: u32 = 2;

/// No program writes a longer line, in bytes.
pub const LONGEST_LINE: u64 = 64 << 20;

const CHECK: &[u8] = br#","check":""#;
/// Length in bytes of the end of a line, from [`CHECK`] on.
const END: usize = CHECK.len() + 8 + 2;
/// How lines without a checksum begin.
const UNCHECKED: &[u8] = br#"{"format":1,"#;

/// The line, with its end, that stands at place `number` of a log. `json` is an object whose first
/// member is its format.
pub fn seal(number: u64, json: &[u8]) -> Vec<u8> {
    let json = json.trim_ascii_end();
    let rest = json.iter().position(|&byte| byte == b',');
    let rest = rest.map_or(&b""[..], |comma| &json[comma..json.len() - 1]);
    let mut line = format!(r#"{{"format":{LOG_FORMAT},"line":{number}"#).into_bytes();
    line.reserve(rest.len() + END + 1);
    line.extend_from_slice(rest);
    with_check(line)
}

/// A line, with its end, from a JSON object without its closing brace.
pub fn with_check(mut object: Vec<u8>) -> Vec<u8> {
    let check = crc32fast::hash(&object);
    object.extend_from_slice(CHECK);
    object.extend_from_slice(format!("{check:08x}\"}}\n").as_bytes());
    object
}

/// What a reader may make of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineCheck {
    /// It is as it was written, and in its place.
    Sound,
    /// An older program wrote it without a checksum: it is read, but not vouched for.
    Unchecked,
    /// Nothing stands on it, and it follows lines of an older program.
    Blank,
    /// It is as it was written, but lines before it are missing.
    AfterGap {
        /// The number that it should have.
        expected: u64,
        /// The number that it has.
        found: u64,
    },
    /// It is a line that stands further up as well, or belongs there: not to be read.
    OutOfPlace {
        /// The number that it has.
        found: u64,
    },
    /// It is not as it was written: not to be read.
    Damaged(LineDamage),
    /// A newer program wrote it, in this format: not to be read.
    Newer(u32),
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineDamage {
    /// Its bytes do not fit its checksum.
    Checksum,
    /// It has no checksum, although lines before it have one.
    NoChecksum,
    /// It is no line of a log.
    NoLine,
    /// It is longer than [`LONGEST_LINE`].
    TooLong,
}

impl LineCheck {
    /// Whether the line is to be read.
    pub fn is_read(self) -> bool {
        matches!(
            self,
            LineCheck::Sound | LineCheck::Unchecked | LineCheck::AfterGap { .. }
        )
    }

    /// What is wrong with the log at this line, in words that follow its place; `None` if nothing
    /// is.
    pub fn problem(self) -> Option<String> {
        let text = match self {
            LineCheck::Sound | LineCheck::Unchecked | LineCheck::Blank => return None,
            LineCheck::AfterGap { expected, found } if found - expected == 1 => {
                format!("line {expected} is missing before this one")
            }
            LineCheck::AfterGap { expected, found } => {
                format!(
                    "the lines {expected} to {} are missing before this one",
                    found - 1
                )
            }
            LineCheck::OutOfPlace { found } => {
                format!("is line {found} again, or in the wrong place, and was ignored")
            }
            LineCheck::Damaged(LineDamage::Checksum) => {
                "does not fit its checksum and was ignored".into()
            }
            LineCheck::Damaged(LineDamage::NoChecksum) => {
                "has no checksum, although lines before it have one, and was ignored".into()
            }
            LineCheck::Damaged(LineDamage::NoLine) => "could not be read and was ignored".into(),
            LineCheck::Damaged(LineDamage::TooLong) => {
                let megabytes = LONGEST_LINE >> 20;
                format!("is longer than {megabytes} MiB and was ignored")
            }
            LineCheck::Newer(format) => format!("has format {format} of a newer program"),
        };
        Some(text)
    }
}

/// Follows the lines of one log from its beginning, or from where another one ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineChecker {
    /// Number of the last line in its place.
    pub last: u64,
    /// Damaged lines since then.
    pub damaged: u64,
    /// Lines with a checksum so far.
    pub checked: u64,
}

impl LineChecker {
    /// The number of the line that is appended next.
    pub fn next(&self) -> u64 {
        self.last.saturating_add(self.damaged).saturating_add(1)
    }

    /// Judges the next line, given without its end.
    pub fn check(&mut self, line: &[u8]) -> LineCheck {
        let check = self.judge(line);
        match check {
            LineCheck::Sound | LineCheck::AfterGap { .. } | LineCheck::Newer(_) => {
                self.checked += 1;
            }
            LineCheck::Unchecked | LineCheck::Blank => self.advance(self.next()),
            LineCheck::Damaged(_) => self.damaged += 1,
            LineCheck::OutOfPlace { .. } => {}
        }
        check
    }

    /// Judges a line of which only its length is known, which exceeds [`LONGEST_LINE`].
    pub fn too_long(&mut self) -> LineCheck {
        self.damaged += 1;
        LineCheck::Damaged(LineDamage::TooLong)
    }

    fn judge(&mut self, line: &[u8]) -> LineCheck {
        let Some(body) = checked_body(line) else {
            return self.without_check(line);
        };
        let Some(body) = body else {
            return LineCheck::Damaged(LineDamage::Checksum);
        };
        match head(body) {
            Some((format, _)) if format > LOG_FORMAT => LineCheck::Newer(format),
            Some((LOG_FORMAT, number)) => self.in_place(number),
            _ => LineCheck::Damaged(LineDamage::NoLine),
        }
    }

    fn without_check(&self, line: &[u8]) -> LineCheck {
        if self.checked > 0 {
            LineCheck::Damaged(LineDamage::NoChecksum)
        } else if line.trim_ascii().is_empty() && self.last > 0 {
            LineCheck::Blank
        } else if line.starts_with(UNCHECKED) && !line[UNCHECKED.len()..].starts_with(br#""line":"#)
        {
            LineCheck::Unchecked
        } else {
            LineCheck::Damaged(LineDamage::NoLine)
        }
    }

    fn in_place(&mut self, found: u64) -> LineCheck {
        let expected = self.next();
        if found <= self.last {
            return LineCheck::OutOfPlace { found };
        }
        self.advance(found);
        if found > expected {
            LineCheck::AfterGap { expected, found }
        } else {
            LineCheck::Sound
        }
    }

    fn advance(&mut self, last: u64) {
        (self.last, self.damaged) = (last, 0);
    }
}

/// What the checksum covers of a line that has one; inside, `None` if it does not fit.
fn checked_body(line: &[u8]) -> Option<Option<&[u8]>> {
    let (body, end) = line.split_at_checked(line.len().checked_sub(END)?)?;
    let check = end.strip_prefix(CHECK)?.strip_suffix(br#""}"#)?;
    let expected = format!("{:08x}", crc32fast::hash(body));
    Some((check == expected.as_bytes()).then_some(body))
}

/// Format and number of a line whose checksum is right.
fn head(body: &[u8]) -> Option<(u32, u64)> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
        line: u64,
    }
    let end = body.iter().enumerate().filter(|(_, byte)| **byte == b',');
    let end = end.map(|(index, _)| index).nth(1).unwrap_or(body.len());
    let object = [&body[..end], b"}"].concat();
    let Head { format, line } = serde_json::from_slice(&object).ok()?;
    Some((format, line))
}

#[cfg(test)]
#[path = "log_line_tests.rs"]
mod tests;
