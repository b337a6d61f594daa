//! A table's bytes as text, and what separates its columns.

use crate::DataError;
use std::path::Path;

/// Separators that are looked for, the usual one first.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// The text of a table, without a byte order mark.
///
/// # Errors
/// `Damaged` if it is not UTF-8, with the encoding that it probably has and the remedy.
pub(super) fn text<'a>(path: &Path, table: &'a [u8]) -> Result<&'a [u8], DataError> {
    let table = table.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(table);
    let utf16 = match table {
        [0xFF, 0xFE, ..] | [_, 0, _, 0, ..] => Some("UTF-16LE"),
        [0xFE, 0xFF, ..] | [0, _, 0, _, ..] => Some("UTF-16BE"),
        _ => None,
    };
    if utf16.is_none() && table.contains(&0) {
        return Err(DataError::damaged(
            path,
            "is no text: save the table as CSV, in UTF-8",
        ));
    }
    let (encoding, line) = match (utf16, std::str::from_utf8(table)) {
        (Some(encoding), _) => (encoding, 1),
        (None, Ok(_)) => return Ok(table),
        (None, Err(error)) => {
            let before = &table[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            ("ISO-8859-1", line)
        }
    };
    let name = path.file_name().unwrap_or_default().display();
    let (what, place) = match utf16 {
        Some(_) => ("UTF-16".to_string(), String::new()),
        None => (
            "not UTF-8, but probably Latin-1 or Windows-1252".to_string(),
            format!("line {line} "),
        ),
    };
    Err(DataError::damaged(
        path,
        format!(
            "{place}is {what}: save it as UTF-8 (\"CSV UTF-8\" in a spreadsheet), or \
             `iconv -f {encoding} -t UTF-8 {name} > utf8-{name}`"
        ),
    ))
}

/// The character that separates the columns: of those that are in the first line outside quotes,
/// the most frequent one.
pub(super) fn separator(text: &[u8]) -> u8 {
    let mut counts = [0usize; SEPARATORS.len()];
    let mut is_quoted = false;
    for byte in text {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            byte if !is_quoted => {
                let place = SEPARATORS.iter().position(|separator| separator == byte);
                if let Some(place) = place {
                    counts[place] += 1;
                }
            }
            _ => {}
        }
    }
    let most = (0..SEPARATORS.len()).rev().max_by_key(|i| counts[*i]);
    SEPARATORS[most.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_found_outside_quotes() {
        assert_eq!(separator(b"path,label\na;b;c;d"), b',');
        assert_eq!(separator(b"path;\"a,b,c\"\n"), b';');
        assert_eq!(separator(b"path\tlabel"), b'\t');
        assert_eq!(separator(b"path"), b',');
    }

    #[test]
    fn encodings_are_known_and_said() {
        let path = Path::new("a.csv");
        let problem = |bytes: &[u8]| text(path, bytes).expect_err("refused").to_string();
        assert_eq!(text(path, b"\xEF\xBB\xBFa").ok(), Some(b"a".as_slice()));
        assert!(problem(b"\xFF\xFEa\0").contains("-f UTF-16LE"));
        assert!(problem(b"\0a\0,").contains("-f UTF-16BE"));
        assert!(problem(b"a\nb\xE9").contains("line 2 is not UTF-8"));
        assert!(problem(b"PK\x03\x04\x14\0\x06\0\x08").contains("is no text"));
    }
}
