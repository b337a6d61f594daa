//! The event or entry on a line of a log. Whoever reads a log takes its lines from here, so that all
//! readers agree on what it says.

use crate::event::Envelope;
use crate::log::LogEntry;
use crate::words::{printable, shortened};
use serde::de::DeserializeOwned;

/// How every line begins.
const START: &[u8] = br#"{"format":"#;
/// Characters of a line that a message shows, and the bytes that contain them.
const SHOWN: (usize, usize) = (60, 400);

/// What a line of a log says.
pub trait LogLine: DeserializeOwned {
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

/// The value on a line that a [`crate::log_line::LineChecker`] lets be read, and whether an
/// incomplete line stands before it on the same line.
///
/// # Errors
/// What is wrong with the line, in printable words that follow its place.
pub fn parse<T: LogLine>(line: &[u8]) -> Result<(T, bool), String> {
    let line = line.trim_ascii();
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
        "could not be read and was ignored ({}): {}",
        printable(&problem),
        beginning(line)
    ))
}

/// The beginning of a line as printable text; `…` stands for what is left out. Zeros, which a power
/// cut may leave, are not.
pub fn beginning(line: &[u8]) -> String {
    let (characters, bytes) = SHOWN;
    let text = String::from_utf8_lossy(&line[..line.len().min(bytes)]);
    let text = text.trim_end_matches(|c: char| c == '\0' || c.is_whitespace());
    match text.is_empty() && line.first() == Some(&0) {
        true => "zeros".into(),
        false => shortened(text, characters).into_owned(),
    }
}

fn from_json<T: LogLine>(line: &[u8]) -> Result<T, String> {
    let value = serde_json::from_slice::<T>(line).map_err(|error| error.to_string())?;
    match value.absurdity() {
        Some(absurdity) => Err(absurdity),
        None => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"format":1,"job":"j","attempt":1,"n":0,"time":1.5,"event":{"event":"warning","text":"w"}}"#;

    #[test]
    fn the_whole_line_behind_a_torn_one_is_read() {
        let (whole, is_torn) = parse::<Envelope>(LINE.as_bytes()).expect("is whole");
        assert!(!is_torn);
        let both = [&LINE[..30], LINE].concat();
        let read = parse::<Envelope>(both.as_bytes()).expect("has a whole line");
        assert_eq!(read, (whole, true));
    }

    #[test]
    fn what_is_wrong_is_said_in_printable_words() {
        let absurd = LINE.replace("\"attempt\":1", "\"attempt\":4000000000");
        let problem = parse::<Envelope>(absurd.as_bytes()).expect_err("is absurd");
        assert!(problem.contains("an attempt of 4000000000"), "{problem}");
        let steering = LINE.replace("warning", "\\u001b[2J");
        for line in [steering.as_bytes(), b"\x1b[2J\x07"] {
            let problem = parse::<Envelope>(line).expect_err("is no event");
            assert!(!problem.contains(char::is_control), "{problem:?}");
        }
    }

    #[test]
    fn only_what_is_cut_ends_with_an_ellipsis() {
        assert_eq!(beginning(&[0; 600]), "zeros");
        assert_eq!(beginning("x".repeat(60).as_bytes()), "x".repeat(60));
        assert_eq!(beginning("x".repeat(61).as_bytes()), "x".repeat(59) + "…");
        assert_eq!(beginning("😀".repeat(99).as_bytes()), "😀".repeat(59) + "…");
    }
}
