//! Whether the database file is what its writer left, and what the next writer does if it is not.

use crate::folder::{Folder, member};
use convsweep_spec::metric::Direction;
use convsweep_store::{DatabaseWriter, Integrity, rebuild};
use std::fs;

/// A closed database with one finished job.
fn closed() -> Folder {
    let mut folder = Folder::live();
    folder.revision(1, "e", &[], Direction::Max);
    let member = member(0, 8, 2, 1, &[]);
    folder.member("e", &member);
    folder.train(&member.jobs[0].job, 0.75);
    folder.writer = None;
    folder
}

/// Changes a recorded accuracy in the file, as a flipped bit would.
fn change_a_value(folder: &Folder) {
    let path = folder.results.database();
    let mut bytes = fs::read(&path).expect("reads");
    let value = 0.75f64.to_be_bytes();
    let position = bytes.windows(8).position(|window| window == value);
    bytes[position.expect("is there") + 2] ^= 0x10;
    fs::write(&path, bytes).expect("writes");
}

#[test]
fn a_value_changed_in_the_file_is_noticed_and_comes_back_from_the_logs() {
    let mut folder = closed();
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Intact);
    let expected = folder.dump();
    change_a_value(&folder);
    assert_ne!(folder.dump(), expected, "SQLite does not notice it");
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Changed);
    let problems = folder.synced();
    assert!(
        problems[0].contains("built again from the logs"),
        "{problems:?}"
    );
    assert_eq!(folder.dump(), expected);
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Intact);
    assert_eq!(folder.synced(), Vec::<String>::new());
}

#[test]
fn a_database_that_was_not_closed_is_built_again() {
    let mut folder = closed();
    let expected = folder.dump();
    // A killed run: the digest is gone, and the file may hold anything.
    let writer = DatabaseWriter::open(&folder.results).expect("opens");
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Unknown);
    std::mem::forget(writer);
    change_a_value(&folder);
    assert_ne!(folder.dump(), expected);
    assert_eq!(folder.synced(), Vec::<String>::new());
    assert_eq!(folder.dump(), expected);
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Intact);
}

#[test]
fn rebuilding_leaves_a_digest() {
    let folder = closed();
    change_a_value(&folder);
    rebuild(&folder.results).expect("rebuilds");
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Intact);
}

/// Pipes, folders and links without end in the place of the digest or the database.
#[test]
fn what_is_no_file_is_named_and_never_waited_for() {
    let folder = closed();
    let database = folder.results.database();
    let digest = folder.results.0.join("convsweep.sqlite.blake3");
    fs::remove_file(&digest).expect("removes");
    make_pipe(&digest);
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Unknown);
    drop(DatabaseWriter::open(&folder.results).expect("replaces it"));
    assert_eq!(Integrity::of_results(&folder.results), Integrity::Intact);
    fs::remove_file(&digest).expect("removes");
    fs::create_dir(&digest).expect("makes");
    let error = DatabaseWriter::open(&folder.results).expect_err("a folder is in the way");
    assert!(
        format!("{error}").contains("convsweep.sqlite.blake3"),
        "{error}"
    );
    fs::remove_dir(&digest).expect("removes");
    fs::remove_file(&database).expect("removes");
    make_pipe(&database);
    let error = DatabaseWriter::open(&folder.results).expect_err("a pipe is in the way");
    assert!(format!("{error}").contains("convsweep.sqlite"), "{error}");
}

fn make_pipe(path: &std::path::Path) {
    let status = std::process::Command::new("mkfifo").arg(path).status();
    assert!(status.expect("mkfifo starts").success());
}
