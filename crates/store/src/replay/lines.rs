//! What a line of a log says, and what is wrong with it.

use convsweep_spec::event::Envelope;
use convsweep_spec::log::LogEntry;
use serde::de::DeserializeOwned;

/// How every line begins.
const START: &[u8] = br#"{"format":"#;

/// A value and whether an incomplete line stood before it on the same line; else what is wrong.
pub(super) type Parsed<T> = Result<(T, bool), String>;

/// A line of a log.
pub(super) trait LogLine: DeserializeOwned {
    /// What nobody can have written in it, such as an epoch of four thousand millions.
    fn absurdity(&self) -> Option<String>;
}

impl LogLine for Envelope {
    fn absurdity(&self) -> Option<String> {
        Envelope::absurdity(self)
    }
}

impl LogLine for LogEntry {
    fn absurdity(&self) -> Option<String> {
        LogEntry::absurdity(self)
    }
}

/// Parses a line, or the complete line that follows an incomplete one on it.
pub(super) fn parse<T: LogLine>(line: &[u8]) -> Parsed<T> {
    let problem = match from_json(line) {
        Ok(value) => return Ok((value, false)),
        Err(problem) => problem,
    };
    let last_start = (1..line.len().saturating_sub(START.len()))
        .rev()
        .find(|&i| line[i..].starts_with(START));
    if let Some(start) = last_start
        && let Ok(value) = from_json(&line[start..])
    {
        return Ok((value, true));
    }
    Err(format!(
        "could not be read and was ignored ({problem}): {}",
        beginning(line)
    ))
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

fn from_json<T: LogLine>(line: &[u8]) -> Result<T, String> {
    let value = serde_json::from_slice::<T>(line).map_err(|error| error.to_string())?;
    match value.absurdity() {
        Some(absurdity) => Err(absurdity),
        None => Ok(value),
    }
}
