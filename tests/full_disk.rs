//! A disk that becomes full while jobs are trained. Only root can mount one that is small enough.

use crate::needs;
use crate::processes::{event_count, exit_code, has_ended, start, wait_for_events, wait_until};
use crate::support::{ProgramRun, SMALL, Workdir, assert_contains, entries, small_with_epochs};
use crate::torture::workdir;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// Mounts a folder at another place too.
fn mount_again(folder: &Path, at: &Path) -> SmallDisk {
    std::fs::create_dir_all(at).expect("creates");
    let mount = Command::new("mount")
        .arg("--bind")
        .args([folder, at])
        .status();
    assert!(mount.expect("mount").success());
    SmallDisk {
        folder: at.to_path_buf(),
    }
}

/// Runs jobs while the disk of this folder goes away, and again when it is back.
fn run_while_disk_goes_away(name: &str) {
    let experiment = small_with_epochs(150);
    let workdir = Workdir::with(&experiment);
    let folder = workdir.path(name);
    let Some(disk) = SmallDisk::mount(folder.clone(), 64) else {
        return needs::skip("no file system can be mounted");
    };
    let elsewhere = mount_again(&folder, &workdir.path("elsewhere"));
    let mut command = workdir.command(&["run", "small.toml"]);
    let errors = std::fs::File::create(workdir.path("errors")).expect("created");
    let mut program = command.stdout(Stdio::null()).stderr(errors).spawn();
    let program = program.as_mut().expect("starts");
    wait_for_events(&workdir, 10);
    drop(disk);
    assert_eq!(exit_code(program), Some(5), "{}", workdir.read("errors"));
    let words = ["vanished while jobs were trained", "bring it back"];
    assert_contains(&workdir.read("errors"), &words);
    assert_eq!(
        entries(&folder),
        Vec::<PathBuf>::new(),
        "nothing is written"
    );
    let back = mount_again(&elsewhere.folder, &folder);
    workdir.run(&["run", "small.toml"]).exits(0);
    workdir.run(&["check"]).exits(0);
    let disturbed = workdir.results();
    drop((back, elsewhere));
    let undisturbed = Workdir::with(&experiment);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    assert_eq!(disturbed, undisturbed.results());
}

#[test]
fn an_empty_mount_point_is_not_written_when_the_results_folder_goes_away() {
    run_while_disk_goes_away("results");
}

#[test]
fn an_empty_mount_point_is_not_written_when_the_folder_of_the_jobs_goes_away() {
    run_while_disk_goes_away("results/jobs");
}

/// Runs `small.toml` with a limit on the size of files, in blocks of 512 or 1,024 bytes.
fn run_with_size_limit(workdir: &Workdir, blocks: u32) -> ProgramRun {
    let script = format!("ulimit -f {blocks}; exec \"$0\" run small.toml");
    let program = workdir.command(&[]);
    let mut shell = workdir.command_of(Path::new("/bin/sh"), &["-c", &script]);
    ProgramRun::of(shell.arg(program.get_program()))
}

#[test]
fn a_limit_on_the_size_of_files_is_named_and_ends_no_program_by_a_signal() {
    // The weights of a job are larger than the database.
    let experiment = SMALL.replace("{ dropout = 0.1 }", "{ dense = 512 }");
    let workdir = Workdir::with(&experiment);
    for blocks in [1, 20, 100, 600] {
        let run = run_with_size_limit(&workdir, blocks).exits(5);
        run.says(&["File too large", "file size limit (ulimit -f"]);
    }
    let attempts = workdir.attempts("disk-full");
    assert!(attempts > 0.0, "a worker has met the limit");
    workdir.run(&["run", "small.toml"]).exits(0);
    workdir.run(&["check"]).exits(0);
    let undisturbed = Workdir::with(&experiment);
    undisturbed.run(&["run", "small.toml"]).exits(0);
    assert_eq!(workdir.results(), undisturbed.results());
}
