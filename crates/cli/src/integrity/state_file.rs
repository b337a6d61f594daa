//! The file of a training state: whole, and of this job.

use super::fault::FileProblem;
use super::vouched::{Vouched, check_values};
use convsweep_files::open_regular;
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
/// The reason why it is damaged, or could not be read.
pub(super) fn check_state(
    path: &Path,
    job: &JobId,
    logged: Option<&str>,
) -> Result<Vouched, FileProblem> {
    let (mut file, metadata) = open_regular(path)?;
    let beginning = beginning(&mut file, metadata.len())?;
    seal::check_length(&beginning, metadata.len())?;
    let found = hash_of_rest(&mut file, &beginning)?;
    let position = Position::in_file(&beginning, found.is_some())?;
    if position.job != *job {
        return Err(format!("is a state of job {}", position.job).into());
    }
    match (found, logged) {
        (Some(found), Some(logged)) if found != logged => {
            Err("is another state than the one in the job's log"
                .to_string()
                .into())
        }
        (Some(_), _) => Ok(Vouched::Yes),
        (None, Some(_)) => Err("is damaged: its hash is missing".to_string().into()),
        (None, None) => check_values(path),
    }
}

/// The hash that a file carries, after comparing it with the bytes; `None` if it carries none.
fn hash_of_rest(file: &mut File, beginning: &[u8]) -> Result<Option<String>, FileProblem> {
    let Some(mut check) = SealCheck::begin(beginning) else {
        return Ok(None);
    };
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block)? {
            0 => break,
            count => check.update(&block[..count]),
        }
    }
    check
        .finish()
        .map(Some)
        .map_err(|broken| broken.to_string().into())
}

/// The length of the header and the header of a file of `length` bytes.
fn beginning(file: &mut File, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(8).read_to_end(&mut bytes)?;
    let header = seal::header_length(&bytes).min(length);
    file.take(header).read_to_end(&mut bytes)?;
    Ok(bytes)
}
