//! A disk that becomes full while jobs are trained. Only root can mount one that is small enough.

use crate::needs;
use crate::processes::{event_count, exit_code, has_ended, start, wait_until};
use crate::support::{Workdir, assert_contains};
use crate::torture::workdir;
use std::path::PathBuf;
use std::process::Command;

/// A small file system in memory, unmounted at the end.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// `None` where the system does not allow it.
    pub fn mount(folder: PathBuf, megabytes: u32) -> Option<SmallDisk> {
        std::fs::create_dir_all(&folder).ok()?;
        let size = format!("size={megabytes}m");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&folder);
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        is_mounted.then_some(SmallDisk { folder })
    }

    /// Writes a file as large as there is room for.
    pub fn fill(&self) -> PathBuf {
        let filler = self.folder.join("filler");
        let mut dd = Command::new("dd");
        let target = format!("of={}", filler.display());
        let output = dd.args(["if=/dev/zero", &target, "bs=4k"]).output();
        output.expect("dd starts");
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}

#[test]
fn a_full_disk_ends_the_run_and_the_same_command_continues_when_there_is_room() {
    let rates = "[1e-3, 3e-3]";
    let undisturbed = workdir(rates);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    let workdir = workdir(rates);
    let Some(disk) = SmallDisk::mount(workdir.path("results"), 16) else {
        return needs::skip("no file system can be mounted");
    };
    let filler = run_until_full(&workdir, &disk);
    let full = workdir.run(&["run", "small.toml"]).exits(5);
    assert_contains(&full.stderr(), &["no space left on the disk"]);
    std::fs::remove_file(filler).expect("removed");
    workdir.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.results(), undisturbed.results());
    workdir.run(&["check"]).exits(0);
}

/// Fills the disk while jobs are trained; returns the file that fills it.
fn run_until_full(workdir: &Workdir, disk: &SmallDisk) -> PathBuf {
    let mut program = start(workdir);
    wait_until("jobs are trained", || {
        event_count(workdir) > 10 || has_ended(&mut program)
    });
    let filler = disk.fill();
    let code = exit_code(&mut program);
    assert_eq!(code, Some(5), "the results folder is unusable");
    filler
}

#[test]
fn prune_gives_room_back_on_a_full_disk() {
    let workdir = workdir("[1e-3, 3e-3]");
    let Some(disk) = SmallDisk::mount(workdir.path("results"), 16) else {
        return needs::skip("no file system can be mounted");
    };
    workdir.run(&["run", "small.toml"]).exits(0);
    let checkpoints = |workdir: &Workdir| {
        let mut folders = workdir.job_folders();
        folders.retain(|job| job.join("states").is_dir());
        folders.len()
    };
    assert!(checkpoints(&workdir) > 0);
    // As after a kill and a restart of the machine: the write-ahead log has rows that the file
    // lacks, and its index is gone.
    let writer = rusqlite::Connection::open(workdir.path("results/convsweep.sqlite"));
    let writer = writer.expect("opens");
    writer
        .execute_batch("create table padding (a)")
        .expect("writes");
    let files = ["", "-wal"].map(|suffix| {
        let path = workdir.path(&format!("results/convsweep.sqlite{suffix}"));
        (std::fs::read(&path).expect("read"), path)
    });
    drop(writer);
    for (bytes, path) in files {
        assert!(!bytes.is_empty());
        std::fs::write(path, bytes).expect("written");
    }
    let _ = std::fs::remove_file(workdir.path("results/convsweep.sqlite-shm"));
    let filler = disk.fill();
    workdir.run(&["prune", "--states"]).exits(0);
    assert_eq!(checkpoints(&workdir), 0);
    assert!(filler.exists());
}
