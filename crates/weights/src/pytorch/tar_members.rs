//! The members of a tar archive of `torch.save`, which is checked to be a plain one.

use std::collections::HashSet;

const BLOCK: usize = 512;
const DAMAGED: &str = "is a damaged tar archive";

/// Names and contents of the members.
///
/// # Errors
/// Why the archive is refused, phrased to follow the file's name.
pub(super) fn members(file: &[u8]) -> Result<Vec<(&str, &[u8])>, String> {
    let (mut members, mut names) = (Vec::new(), HashSet::new());
    let mut rest = file;
    while let Some(header) = rest.get(..BLOCK) {
        if header.iter().all(|&byte| byte == 0) {
            break;
        }
        let name = member_name(header)?;
        let size = size(header).ok_or(DAMAGED)?;
        let bytes = rest.get(BLOCK..).and_then(|behind| behind.get(..size));
        let bytes = bytes.ok_or_else(|| format!("is cut off: it ends within \"{name}\""))?;
        if !names.insert(name) {
            return Err(format!("is refused: it has two members \"{name}\""));
        }
        members.push((name, bytes));
        let padded = BLOCK + size.next_multiple_of(BLOCK);
        rest = rest.get(padded..).unwrap_or_default();
    }
    Ok(members)
}

/// The name of a member that is a plain file in the archive itself.
fn member_name(header: &[u8]) -> Result<&str, String> {
    let name = header[..100].split(|&byte| byte == 0).next();
    let name = std::str::from_utf8(name.unwrap_or_default()).map_err(|_| DAMAGED)?;
    let is_plain = matches!(header[156], b'0' | 0) && &header[257..262] == b"ustar";
    let short = name.strip_prefix("./").unwrap_or(name);
    if !is_plain || short.contains(['/', '\\']) || short.is_empty() || header[345] != 0 {
        return Err(format!(
            "is refused: its member \"{name}\" is not a plain file in the archive"
        ));
    }
    Ok(short)
}

/// The size of a member, in octal digits.
fn size(header: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(&header[124..136]).ok()?;
    let digits = digits.trim_matches(|c: char| c == ' ' || c == '\0');
    usize::from_str_radix(digits, 8).ok()
}
