//! The file of a training state: whole, and of this job.

use super::vouched::{Vouched, check_values, unreadable};
use convsweep_files::{FileError, open_regular};
use convsweep_spec::checkpoint::Position;
use convsweep_spec::id::JobId;
use convsweep_spec::seal::{self, SealCheck};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 20;

/// Reads the state of a job, by the rules by which a worker does: its length is that of its header,
/// its bytes have the hash that it carries, and its position is the job's. The job's log may name
/// the hash that it `logged`. Only the header and a block of the rest are in memory.
///
/// # Errors
/// The reason why it is damaged, phrased to follow the file's name.
pub(super) fn check_state(
    path: &Path,
    job: &JobId,
    logged: Option<&str>,
) -> Result<Vouched, String> {
    let (mut file, metadata) = open_regular(path).map_err(unreadable)?;
    let failed = |error| unreadable(FileError::at("read", path)(error));
    let beginning = beginning(&mut file, metadata.len()).map_err(failed)?;
    seal::check_length(&beginning, metadata.len())?;
    let found = hash_of_rest(&mut file, &beginning, path)?;
    let position = Position::in_file(&beginning, found.is_some())?;
    if position.job != *job {
        return Err(format!("is a state of job {}", position.job));
    }
    match (found, logged) {
        (Some(found), Some(logged)) if found != logged => {
            Err("is another state than the one in the job's log".into())
        }
        (Some(_), _) => Ok(Vouched::Yes),
        (None, Some(_)) => Err("is damaged: its hash is missing".into()),
        (None, None) => check_values(path),
    }
}

/// The hash that a file carries, after comparing it with the bytes; `None` if it carries none.
fn hash_of_rest(file: &mut File, beginning: &[u8], path: &Path) -> Result<Option<String>, String> {
    let Some(mut check) = SealCheck::begin(beginning) else {
        return Ok(None);
    };
    let mut block = vec![0; BLOCK];
    loop {
        let read = file.read(&mut block);
        match read.map_err(|error| unreadable(FileError::at("read", path)(error)))? {
            0 => break,
            count => check.update(&block[..count]),
        }
    }
    check
        .finish()
        .map(Some)
        .map_err(|broken| broken.to_string())
}

/// The length of the header and the header of a file of `length` bytes.
fn beginning(file: &mut File, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(8).read_to_end(&mut bytes)?;
    let header = seal::header_length(&bytes).min(length);
    file.take(header).read_to_end(&mut bytes)?;
    Ok(bytes)
}
