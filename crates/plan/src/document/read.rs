//! How files are read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Largest text that is read, in bytes.
pub(crate) const LARGEST_TEXT: u64 = 64 << 20;

/// Reads a file of at most the given number of bytes, from the disk or from what a revision
/// recorded.
pub type ReadFile<'a> = dyn Fn(&Path, u64) -> io::Result<Vec<u8>> + 'a;

/// Reads a file of at most `most` bytes from the disk.
///
/// # Errors
/// Those of the system, and `FileTooLarge` for a larger file. Devices and pipes do not say how
/// large they are; no more than 64 MiB are read from them.
pub fn from_disk(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let most = if metadata.is_file() {
        most
    } else {
        most.min(LARGEST_TEXT)
    };
    if metadata.len() > most {
        return Err(too_large(most));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

fn too_large(most: u64) -> io::Error {
    let message = format!("it has more than {most} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}
