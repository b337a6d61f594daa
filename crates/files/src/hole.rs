//! Holes in files: parts that were never written, take no space and read as zero bytes.

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use std::fs::File;
use std::io;

/// A shorter hole at the end of a file is read like everything else, in bytes.
const LONG_END: u64 = 1 << 20;
/// A shorter hole before other data is read, too: what follows it may be whole.
const LONG_MIDDLE: u64 = 1 << 30;
/// Bytes of a long hole that are read, so that it is noticed.
const BEGINNING: u64 = 4096;
/// Holes that are looked at.
const MOST_HOLES: usize = 1000;

/// What is to be read of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadableLength {
    /// So many bytes from its beginning.
    pub bytes: u64,
    /// Whether data follow that are not read, behind a hole of more than 1 GiB.
    pub is_followed: bool,
}

/// How many bytes of a file are to be read. A long hole may be as large as any disk: where a file
/// ends with one, or has one of more than 1 GiB, it is read up to the beginning of the hole. The
/// file is read from its start afterwards.
///
/// # Errors
/// What the system reports.
pub fn length_before_hole(file: &File) -> io::Result<ReadableLength> {
    let length = file.metadata()?.len();
    let whole = ReadableLength {
        bytes: length,
        is_followed: false,
    };
    let found = before_long_hole(file, length);
    seek(file, SeekFrom::Start(0))?;
    Ok(found.unwrap_or(whole))
}

/// What is before the first long hole; `None` also where the file system knows no holes.
fn before_long_hole(file: &File, length: u64) -> Option<ReadableLength> {
    let mut position = 0;
    for _ in 0..MOST_HOLES {
        let hole = seek(file, SeekFrom::Hole(position)).ok()?;
        if hole >= length {
            return None;
        }
        let (end, longest) = match seek(file, SeekFrom::Data(hole)) {
            Err(Errno::NXIO) => (length, LONG_END),
            data => (data.ok()?, LONG_MIDDLE),
        };
        if end - hole > longest {
            return Some(ReadableLength {
                bytes: hole + BEGINNING,
                is_followed: end < length,
            });
        }
        position = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    #[test]
    fn a_long_hole_is_not_read() {
        let mut file = tempfile::tempfile().expect("a file");
        let found = |file: &File| length_before_hole(file).expect("looks");
        file.write_all(b"line\n").expect("writes");
        let whole = found(&file);
        assert_eq!((whole.bytes, whole.is_followed), (5, false));
        file.set_len(20 << 30).expect("a sparse file");
        let cut = found(&file);
        assert!(cut.bytes < 1 << 20 && !cut.is_followed, "{cut:?}");
        let mut text = String::new();
        let mut beginning = (&file).take(cut.bytes);
        beginning.read_to_string(&mut text).expect("reads");
        assert!(text.starts_with("line\n\0"), "from the start");
        // Whatever is behind it.
        file.seek(io::SeekFrom::End(0)).expect("seeks");
        file.write_all(b"line\n").expect("writes");
        let followed = found(&file);
        assert_eq!((followed.bytes, followed.is_followed), (cut.bytes, true));
        file.set_len(5).expect("cuts");
        assert_eq!(found(&file), whole);
    }

    #[test]
    fn data_behind_a_shorter_hole_are_read() {
        let mut file = tempfile::tempfile().expect("a file");
        file.set_len(3 << 20).expect("a sparse file");
        file.seek(io::SeekFrom::End(0)).expect("seeks");
        file.write_all(b"line\n").expect("writes");
        let found = length_before_hole(&file).expect("looks");
        assert_eq!((found.bytes, found.is_followed), ((3 << 20) + 5, false));
    }
}
