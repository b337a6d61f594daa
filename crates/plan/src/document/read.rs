//! How files are read.

use convsweep_files::read_regular;
use std::io;
use std::path::Path;

/// Largest text that is read, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 64 << 20;

/// Reads a file of at most the given number of bytes, from the disk or from what a revision
/// recorded.
pub type ReadFile<'a> = dyn Fn(&Path, u64) -> io::Result<Vec<u8>> + 'a;

/// Reads a file of at most `most` bytes from the disk. Pipes, sockets, devices and folders are
/// refused without being opened.
///
/// # Errors
/// Those of the system, `InvalidInput` for what is no regular file, and `FileTooLarge` for a larger
/// file.
pub fn from_disk(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_regular(path, most).map_err(|error| error.source)
}
