//! How many files this program may have open, and how many workers that leaves room for.

use crate::error::RunnerError;
use convsweep_spec::words::counted;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;

/// Files that a worker takes: its pipes, its process, the log of its standard error.
const PER_WORKER: u64 = 5;
/// Files that a run opens besides: those of its event loop, and pipes while a worker starts.
const RESERVE: u64 = 7;
/// Limit that leaves room for a worker on each core of most machines.
const RECOMMENDED: u64 = 1024;

/// Lets this program and its workers have as many files open as the system allows it.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Without it, the lower limit holds.
    _ = setrlimit(Resource::Nofile, raised);
}

/// Number of workers that may run at the same time, at most `wanted`, and a note if these are
/// fewer.
///
/// # Errors
/// [`RunnerError::TooFewOpenFiles`] if there is no room for any.
pub(crate) fn workers_with_files(wanted: usize) -> Result<(usize, Option<String>), RunnerError> {
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return Ok((wanted, None));
    };
    // One of them is the folder itself, which is closed again.
    let open = fs::read_dir("/proc/self/fd").map_or(0, |files| files.count() as u64);
    fit(wanted, limit, open.saturating_sub(1))
}

fn fit(wanted: usize, limit: u64, open: u64) -> Result<(usize, Option<String>), RunnerError> {
    let room = limit.saturating_sub(open + RESERVE) / PER_WORKER;
    if room >= wanted as u64 {
        return Ok((wanted, None));
    }
    if room == 0 {
        return Err(RunnerError::TooFewOpenFiles { limit });
    }
    let note = format!(
        "{} instead of {wanted}, because only {limit} files may be open at the same time: raise \
         the limit (ulimit -n {RECOMMENDED}) for more",
        counted(room, "slot")
    );
    Ok((room as usize, Some(note)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_workers_run_as_there_are_files_for() {
        assert_eq!(fit(8, 1024, 20).unwrap(), (8, None));
        let (slots, note) = fit(8, 40, 19).unwrap();
        assert_eq!(slots, 2);
        assert!(
            note.unwrap()
                .starts_with("2 slots instead of 8, because only 40 files")
        );
        let error = fit(8, 20, 12).unwrap_err();
        assert_eq!(error.exit_code(), 4);
        assert!(error.to_string().contains("ulimit -n"), "{error}");
    }
}
