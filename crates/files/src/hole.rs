//! Holes in files: parts that were never written, take no space and read as zero bytes.

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use std::fs::File;
use std::io;

/// A shorter hole is read like everything else, in bytes.
const LONG_HOLE: u64 = 1 << 20;
/// Bytes of a long hole that are read, so that it is noticed.
const BEGINNING: u64 = 4096;
/// Holes that are looked at.
const MOST_HOLES: usize = 1000;

/// How many bytes of a file are to be read: all of them, but of a long hole at its end, which may be
/// as large as any disk, only the beginning. The file is read from its start afterwards.
///
/// # Errors
/// What the system reports.
pub fn length_before_hole(file: &File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let end = end_of_data(file, length);
    seek(file, SeekFrom::Start(0))?;
    Ok(match end {
        Some(end) if length - end > LONG_HOLE => end + BEGINNING,
        _ => length,
    })
}

/// Where the last hole begins, if it reaches to the end; `None` also where the file system knows no
/// holes.
fn end_of_data(file: &File, length: u64) -> Option<u64> {
    let mut position = 0;
    for _ in 0..MOST_HOLES {
        let hole = seek(file, SeekFrom::Hole(position)).ok()?;
        if hole >= length {
            return None;
        }
        match seek(file, SeekFrom::Data(hole)) {
            Err(Errno::NXIO) => return Some(hole),
            data => position = data.ok()?,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn a_long_hole_at_the_end_is_not_read() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"line\n").expect("writes");
        assert_eq!(length_before_hole(&file).expect("looks"), 5);
        file.set_len(20 << 30).expect("a sparse file");
        let length = length_before_hole(&file).expect("looks");
        assert!(length < 1 << 20, "{length}");
        let mut text = String::new();
        let mut beginning = (&file).take(length);
        beginning.read_to_string(&mut text).expect("reads");
        assert!(text.starts_with("line\n\0"), "from the start");
        file.set_len(5).expect("cuts");
        assert_eq!(length_before_hole(&file).expect("looks"), 5);
    }
}
