//! Lines of a log, some of which may be incomplete after a crash.

use crate::error::StoreError;
use convsweep_spec::FORMAT;
use convsweep_spec::event::Envelope;
use convsweep_spec::log::{LogEntry, newer_format};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// No line of a worker comes near this; a file without line ends must not fill the memory.
const LONGEST_LINE: u64 = 256 << 20;
/// How every line begins.
const START: &[u8] = br#"{"format":"#;

/// A value and whether an incomplete line stood before it on the same line; else what is wrong.
pub(super) type Parsed<T> = Result<(T, bool), String>;

/// A line of a log, which says in which format it is written.
pub(super) trait LogLine: DeserializeOwned {
    /// [`FORMAT`] of the program that wrote it.
    fn format(&self) -> u32;
}

impl LogLine for Envelope {
    fn format(&self) -> u32 {
        self.format
    }
}

impl LogLine for LogEntry {
    fn format(&self) -> u32 {
        self.format
    }
}

/// Reads one line into `line`, with its end; the answer is its length in bytes.
pub(super) fn read_line(
    reader: &mut BufReader<File>,
    line: &mut Vec<u8>,
) -> std::io::Result<usize> {
    line.clear();
    reader.by_ref().take(LONGEST_LINE).read_until(b'\n', line)
}

/// Parses a line, or the complete line that follows an incomplete one on it.
pub(super) fn parse<T: LogLine>(path: &Path, line: &[u8]) -> Result<Parsed<T>, StoreError> {
    let problem = match from_json(path, line)? {
        Ok(value) => return Ok(Ok((value, false))),
        Err(problem) => problem,
    };
    let last_start = (1..line.len().saturating_sub(START.len()))
        .rev()
        .find(|&i| line[i..].starts_with(START));
    if let Some(start) = last_start
        && let Ok(value) = from_json(path, &line[start..])?
    {
        return Ok(Ok((value, true)));
    }
    Ok(Err(format!(
        "could not be read and was ignored ({problem}): {}",
        beginning(line)
    )))
}

/// The beginning of a line, for a message.
pub(super) fn beginning(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(240)]);
    let shown: String = text
        .trim_end()
        .chars()
        .take(60)
        .flat_map(char::escape_default)
        .collect();
    if line.len() > shown.len() + 1 {
        format!("{shown}…")
    } else {
        shown
    }
}

fn from_json<T: LogLine>(path: &Path, line: &[u8]) -> Result<Result<T, String>, StoreError> {
    let parsed = serde_json::from_slice::<T>(line).map_err(|e| e.to_string());
    if parsed.as_ref().is_ok_and(|value| value.format() <= FORMAT) {
        return Ok(parsed);
    }
    // A number that cannot be a format is one more way of being broken.
    match newer_format(line).map(u32::try_from) {
        Some(Ok(found)) => Err(StoreError::Newer {
            path: path.to_path_buf(),
            found,
            known: FORMAT,
        }),
        Some(Err(_)) | None => Ok(parsed),
    }
}
