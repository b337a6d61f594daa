//! Decoded files that nothing uses are found and removed, and no others.

#![allow(clippy::unwrap_used)]

mod common;

use common::{decoded_file, open_in, pixels, spec};
use convsweep_data::{UnusedFile, remove_unused, unused_files};
use std::fs::{File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Sets both times of a file back.
fn age(path: &Path, by: Duration) {
    let time = SystemTime::now() - by;
    let times = FileTimes::new().set_accessed(time).set_modified(time);
    File::open(path).unwrap().set_times(times).unwrap();
}

fn unused(cache: &Path, idle: Duration) -> Vec<UnusedFile> {
    unused_files(cache, idle).unwrap()
}

#[test]
fn only_files_without_recent_use_are_removed() {
    let cache = tempfile::tempdir().unwrap();
    assert_eq!(unused(cache.path(), DAY), [], "no decoded files at all");
    let before = pixels(&open_in(cache.path(), &spec()).unwrap().train());
    let path = decoded_file(cache.path());
    assert_eq!(unused(cache.path(), DAY), []);
    age(&path, 3 * DAY);
    assert_eq!(unused(cache.path(), 4 * DAY), []);
    let found = unused(cache.path(), 2 * DAY);
    assert_eq!((found.len(), &found[0].path), (1, &path));
    assert_eq!(found[0].bytes, path.metadata().unwrap().len());
    assert!(found[0].idle >= 3 * DAY);
    assert!(remove_unused(&found[0]).unwrap() && !path.exists());
    assert!(!remove_unused(&found[0]).unwrap(), "it is gone already");
    let after = pixels(&open_in(cache.path(), &spec()).unwrap().train());
    assert!(before == after, "decoded again");
}

#[test]
fn a_use_is_noted() {
    let cache = tempfile::tempdir().unwrap();
    open_in(cache.path(), &spec()).unwrap();
    age(&decoded_file(cache.path()), 3 * DAY);
    open_in(cache.path(), &spec()).unwrap();
    assert_eq!(unused(cache.path(), DAY), []);
}

#[test]
fn open_files_are_in_use() {
    let cache = tempfile::tempdir().unwrap();
    let set = open_in(cache.path(), &spec()).unwrap();
    let path = decoded_file(cache.path());
    age(&path, 3 * DAY);
    assert_eq!(unused(cache.path(), DAY), []);
    let clone = set.clone();
    drop(set);
    assert_eq!(unused(cache.path(), DAY), [], "a clone has it open");
    drop(clone);
    let found = unused(cache.path(), DAY);
    assert_eq!(found.len(), 1);
    let _opened_again = open_in(cache.path(), &spec()).unwrap();
    assert!(!remove_unused(&found[0]).unwrap() && path.exists());
}

#[test]
fn half_written_files_are_removed_unless_a_process_writes_them() {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("decoded");
    std::fs::create_dir_all(&folder).unwrap();
    let partial = folder.join("shapes-0.v2.images.part");
    std::fs::write(&partial, "half").unwrap();
    std::fs::write(folder.join("notes.txt"), "not ours").unwrap();
    age(&partial, 3 * DAY);
    let lock = File::create(folder.join(".shapes-0.v2.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(
        unused(cache.path(), DAY),
        [],
        "a process is decoding the set"
    );
    drop(lock);
    let found = unused(cache.path(), DAY);
    assert_eq!((found.len(), &found[0].path), (1, &partial));
    assert!(remove_unused(&found[0]).unwrap());
    assert!(folder.join("notes.txt").exists());
}
