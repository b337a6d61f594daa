//! A finished job stores the bytes of each training state once.

mod common;

use common::*;
use convsweep_spec::job::Job;
use convsweep_spec::layout;
use convsweep_spec::outcome::Outcome;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use tempfile::tempdir;

const STATE: &str = "state.safetensors";

fn metadata(job: &Job, folder: &Path) -> Metadata {
    let path = job.execution.folder.join(folder).join(STATE);
    fs::metadata(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The last state is one file with two names; the state of an earlier phase has a file of its own.
fn assert_stored_once(job: &Job) {
    let checkpoint = metadata(job, Path::new(layout::CHECKPOINT));
    let first = metadata(job, &layout::state(1));
    let last = metadata(job, &layout::state(2));
    assert_eq!(checkpoint.ino(), last.ino(), "the state is stored twice");
    assert_eq!((last.nlink(), first.nlink()), (2, 1));
    assert_ne!(first.ino(), last.ino());
}

#[test]
fn checkpoint_and_last_state_are_one_file() {
    let results = tempdir().expect("temporary");
    let job = job(results.path(), &[(1, adam(3e-3)), (1, adam(3e-4))]);
    assert_eq!(outcome(&run(&job, None)), Some(&Outcome::Finished));
    assert_stored_once(&job);
}

#[test]
fn checkpoint_and_last_state_are_one_file_after_kills() {
    for failpoint in ["checkpoint-renamed:2", "state-link:2", "state-saved:2"] {
        let results = tempdir().expect("temporary");
        let mut job = job(results.path(), &[(1, adam(3e-3)), (1, adam(3e-4))]);
        assert_eq!(outcome(&run(&job, Some(failpoint))), None, "{failpoint}");
        job.execution.attempt = 2;
        assert_eq!(outcome(&run(&job, None)), Some(&Outcome::Finished));
        assert_stored_once(&job);
        let states = fs::read_dir(job.execution.folder.join(layout::state(2)));
        assert_eq!(states.expect("lists").count(), 1, "{failpoint}");
    }
}

/// The next checkpoint replaces the name, so that the kept state stays what it was.
#[test]
fn a_kept_state_does_not_change_with_later_checkpoints() {
    let results = tempdir().expect("temporary");
    let mut job = job(results.path(), &[(1, adam(3e-3)), (1, adam(3e-4))]);
    let path = job.execution.folder.join(layout::state(1)).join(STATE);
    assert_eq!(outcome(&run(&job, Some("state-saved"))), None);
    assert_eq!(metadata(&job, &layout::state(1)).nlink(), 2);
    let bytes = fs::read(&path).expect("kept");
    job.execution.attempt = 2;
    assert_eq!(outcome(&run(&job, None)), Some(&Outcome::Finished));
    assert_eq!(fs::read(&path).expect("kept"), bytes);
}
