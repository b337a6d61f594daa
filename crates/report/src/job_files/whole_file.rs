//! Reading a file that a worker left, if it is what the job's log says.

use convsweep_files::read_regular;
use convsweep_spec::canonical::hash_of;
use convsweep_spec::seal::OTHER_HASH;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Largest file that is read, in bytes: predictions of ten million images.
const LARGEST: u64 = 4 << 30;

/// The file's bytes, after comparing them with the `hash` that the job's log has.
///
/// # Errors
/// If the file cannot be read, is no regular file, or has another hash.
pub fn read(path: &Path, hash: Option<&str>) -> Result<Vec<u8>, Error> {
    let bytes = read_regular(path, LARGEST).map_err(|error| error.source)?;
    match hash {
        Some(hash) if hash_of(&bytes) != hash => Err(Error::new(
            ErrorKind::InvalidData,
            format!("it {OTHER_HASH}"),
        )),
        Some(_) | None => Ok(bytes),
    }
}
