//! Lines of a log, some of which a crash may have torn.

use crate::error::StoreError;
use convsweep_spec::FORMAT;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

pub(super) fn read_line(
    reader: &mut BufReader<File>,
    line: &mut Vec<u8>,
) -> std::io::Result<usize> {
    /// No line of a worker is near this; a file without line ends must not fill the memory.
    const LONGEST: u64 = 256 << 20;
    line.clear();
    reader.by_ref().take(LONGEST).read_until(b'\n', line)
}

pub(super) type Parsed<T> = Result<(T, bool), String>;

/// Reads a line; `true` if another line, torn by a crash, stood before it on the same line.
pub(super) fn parse<T: for<'de> serde::Deserialize<'de>>(
    path: &Path,
    line: &[u8],
) -> Result<Parsed<T>, StoreError> {
    const START: &[u8] = br#"{"format":"#;
    let whole = read(path, line)?;
    let Err(problem) = whole else {
        return Ok(whole.map(|value| (value, false)));
    };
    let begins = (1..line.len().saturating_sub(START.len()))
        .rev()
        .find(|&i| line[i..].starts_with(START));
    if let Some(begin) = begins
        && let Ok(value) = read(path, &line[begin..])?
    {
        return Ok(Ok((value, true)));
    }
    Ok(Err(format!(
        "could not be read and was left out ({problem}): {}",
        beginning(line)
    )))
}

fn read<T: for<'de> serde::Deserialize<'de>>(
    path: &Path,
    line: &[u8],
) -> Result<Result<T, String>, StoreError> {
    let Format { format } = serde_json::from_slice(line).unwrap_or(Format { format: 0 });
    if format > FORMAT {
        return Err(StoreError::Newer {
            path: path.to_path_buf(),
            found: format,
            known: FORMAT,
        });
    }
    Ok(serde_json::from_slice(line).map_err(|e| e.to_string()))
}

/// Of a line only this much, so that a newer one is told from a broken one.
#[derive(serde::Deserialize)]
struct Format {
    format: u32,
}

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
