//! The directory of a zip archive of `torch.save`, which is checked to be a plain one: members one
//! after the other, none compressed, encrypted or twice there, and no other directory.

use std::collections::HashSet;

/// Most members of an archive; there is one for each tensor.
const MOST_MEMBERS: u64 = 100_000;
const END: usize = 22;
const LOCATOR: usize = 20;
const END64: usize = 56;
const HEADER: usize = 46;
const LOCAL_HEADER: usize = 30;
const DAMAGED: &str = "is a damaged zip archive: its directory does not fit its members";

/// A member of an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ZipEntry<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
    /// Whether its bytes are there as they are.
    pub is_stored: bool,
}

/// The members of an archive.
///
/// # Errors
/// Why it is refused, phrased to follow the file's name.
pub(super) fn members(file: &[u8]) -> Result<Vec<ZipEntry<'_>>, String> {
    let directory = Directory::find(file)?;
    let mut headers = file.get(directory.start..directory.end).ok_or(DAMAGED)?;
    let (mut members, mut names) = (Vec::new(), HashSet::new());
    for _ in 0..directory.count {
        let member = next_member(file, &mut headers, directory.start)?;
        if !names.insert(member.name) {
            return Err(format!(
                "is refused: it has two members \"{}\"",
                member.name
            ));
        }
        members.push(member);
    }
    match headers.is_empty() {
        true => Ok(members),
        false => Err(DAMAGED.into()),
    }
}

/// The archive in two parts, without the wide form of its end between them, which PyTorch always
/// writes, where the narrow form says it all. `zip` 9.8 takes the second header of a directory for
/// the first if the first is as long as the wide form (76 bytes: an archive's name of 21 letters).
pub(super) fn without_wide_end(file: &[u8]) -> Result<[&[u8]; 2], String> {
    let directory = Directory::find(file)?;
    let end = &file[file.len() - END..];
    let is_only_wide = |offset: usize| end[offset..offset + 2] == [0xff, 0xff];
    match [10, 12, 14, 16, 18].into_iter().any(is_only_wide) {
        true => Ok([file, &[]]),
        false => Ok([&file[..directory.end], end]),
    }
}

/// Where the headers of an archive's members are.
struct Directory {
    start: usize,
    end: usize,
    count: u64,
}

impl Directory {
    /// Finds the directory, which must end where the records of the archive's end begin.
    fn find(file: &[u8]) -> Result<Directory, String> {
        let end_at = file.len().checked_sub(END).ok_or(CUT_OFF)?;
        let record = &file[end_at..];
        let is_last = record.starts_with(b"PK\x05\x06") && number(record, 20, 2) == Ok(0);
        if !is_last {
            return Err(CUT_OFF.into());
        }
        let disks = number(record, 4, 4)?;
        let (mut count, mut size) = (number(record, 10, 2)?, number(record, 12, 4)?);
        let (mut start, mut end) = (number(record, 16, 4)?, end_at);
        let locator = end_at.checked_sub(LOCATOR).map(|at| &file[at..end_at]);
        if let Some(locator) = locator.filter(|bytes| bytes.starts_with(b"PK\x06\x07")) {
            end = to_usize(number(locator, 8, 8)?)?;
            if end.checked_add(END64 + LOCATOR) != Some(end_at) {
                return Err(DAMAGED.into());
            }
            let record = &file[end..];
            let (wide_count, wide_size) = (number(record, 32, 8)?, number(record, 40, 8)?);
            let wide_start = number(record, 48, 8)?;
            let fits = record.starts_with(b"PK\x06\x06")
                && is_narrow(count, wide_count, 0xffff)
                && is_narrow(size, wide_size, 0xffff_ffff)
                && is_narrow(start, wide_start, 0xffff_ffff);
            if !fits {
                return Err(DAMAGED.into());
            }
            (count, size, start) = (wide_count, wide_size, wide_start);
        }
        if count > MOST_MEMBERS {
            return Err(format!(
                "is refused: it has more than {MOST_MEMBERS} members"
            ));
        }
        let (start, size) = (to_usize(start)?, to_usize(size)?);
        if disks != 0 || start.checked_add(size) != Some(end) {
            return Err(DAMAGED.into());
        }
        Ok(Directory { start, end, count })
    }
}

const CUT_OFF: &str = "is cut off, or is no archive of torch.save: it does not end with the \
                       directory of a zip archive";

/// Whether a field repeats the value of its wide form, or says that only that one counts.
fn is_narrow(field: u64, wide: u64, only_wide: u64) -> bool {
    field == only_wide || field == wide
}

/// Reads the first of `headers` and goes behind it; members lie before `end`.
fn next_member<'a>(
    file: &'a [u8],
    headers: &mut &'a [u8],
    end: usize,
) -> Result<ZipEntry<'a>, String> {
    let header = *headers;
    let at = |offset, size| number(header, offset, size);
    if !header.starts_with(b"PK\x01\x02") {
        return Err(DAMAGED.into());
    }
    let (flags, method) = (at(8, 2)?, at(10, 2)?);
    let [name_length, extra_length, comment] = [at(28, 2)?, at(30, 2)?, at(32, 2)?];
    let name_end = HEADER + to_usize(name_length)?;
    let extra_end = name_end + to_usize(extra_length)?;
    let name = header.get(HEADER..name_end).ok_or(DAMAGED)?;
    let name = std::str::from_utf8(name).map_err(|_| DAMAGED)?;
    check_name(name)?;
    let is_stored = method == 0 && flags & 1 == 0;
    let extra = header.get(name_end..extra_end).ok_or(DAMAGED)?;
    let mut wide = wide_fields(extra);
    let mut full = |field: u64| match field {
        0xffff_ffff => wide.next().ok_or(DAMAGED),
        field => Ok(field),
    };
    let (size, packed, offset) = (full(at(24, 4)?)?, full(at(20, 4)?)?, full(at(42, 4)?)?);
    if is_stored && size != packed {
        return Err(DAMAGED.into());
    }
    *headers = header
        .get(extra_end + to_usize(comment)?..)
        .ok_or(DAMAGED)?;
    let bytes = data(file, to_usize(offset)?, to_usize(packed)?, end)?;
    Ok(ZipEntry {
        name,
        bytes,
        is_stored,
    })
}

/// Checks that a member's name cannot be taken for a place outside the archive.
fn check_name(name: &str) -> Result<(), String> {
    let leads_out = |part: &str| part == ".." || part == ".";
    let is_plain = !name.starts_with('/')
        && !name.contains(['\\', '\0', ':'])
        && !name.split('/').any(leads_out);
    match is_plain {
        true => Ok(()),
        false => Err(format!(
            "is refused: its member \"{name}\" names a place outside the archive"
        )),
    }
}

/// The values of the zip64 field among the extra fields of a header.
fn wide_fields(mut extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut values: &[u8] = &[];
    while let (Ok(id), Ok(length)) = (number(extra, 0, 2), number(extra, 2, 2)) {
        let end = 4 + length as usize;
        if id == 1 {
            values = extra.get(4..end).unwrap_or_default();
            break;
        }
        extra = extra.get(end..).unwrap_or_default();
    }
    let (numbers, _) = values.as_chunks();
    numbers.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The bytes of the member whose local header is at `offset`.
fn data(file: &[u8], offset: usize, size: usize, end: usize) -> Result<&[u8], String> {
    let before = file.get(..end).ok_or(DAMAGED)?;
    let local = before.get(offset..).ok_or(DAMAGED)?;
    let (name, extra) = (number(local, 26, 2)?, number(local, 28, 2)?);
    if !local.starts_with(b"PK\x03\x04") {
        return Err(DAMAGED.into());
    }
    let start = LOCAL_HEADER + to_usize(name)? + to_usize(extra)?;
    let bytes = local.get(start..).and_then(|rest| rest.get(..size));
    Ok(bytes.ok_or("is cut off: a member ends after its directory begins")?)
}

/// A little-endian number of `size` bytes, at most eight.
fn number(bytes: &[u8], offset: usize, size: usize) -> Result<u64, String> {
    let rest = bytes.get(offset..).ok_or(DAMAGED)?;
    let bytes = rest.get(..size).ok_or(DAMAGED)?;
    let mut wide = [0; 8];
    wide[..size].copy_from_slice(bytes);
    Ok(u64::from_le_bytes(wide))
}

fn to_usize(number: u64) -> Result<usize, String> {
    usize::try_from(number).map_err(|_| DAMAGED.to_string())
}
