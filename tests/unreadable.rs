//! Files that the system refuses to read, because of a failing disk, a limit or permissions:
//! nothing is known of them, so that nothing counts as damaged and nothing is moved.

use crate::full_disk::SmallDisk;
use crate::needs;
use crate::support::{ProgramRun, Workdir, assert_contains, root};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// Numbers of the errors of the system.
pub const EIO: u32 = 5;
pub const EACCES: u32 = 13;
const EMFILE: u32 = 24;

/// A folder where `small.toml` was run.
fn finished() -> Workdir {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    compile_unreadable(&workdir);
    workdir
}

/// Makes the library that makes files unreadable.
pub fn compile_unreadable(workdir: &Workdir) {
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(workdir.path("unreadable.so"))
        .arg(root().join("tests/unreadable.c"))
        .arg("-ldl")
        .status();
    let status = status.expect("cc, which also links Rust programs");
    assert!(status.success());
}

/// Runs the program while files whose path contains `part` fail as the variables say.
pub fn run_without(
    workdir: &Workdir,
    arguments: &[&str],
    part: &str,
    failures: &[(&str, u32)],
) -> ProgramRun {
    let mut command = workdir.command(arguments);
    command
        .env("LD_PRELOAD", workdir.path("unreadable.so"))
        .env("UNREADABLE", part);
    for (variable, number) in failures {
        command.env(variable, number.to_string());
    }
    ProgramRun::of(&mut command)
}

#[test]
fn a_file_that_cannot_be_read_is_not_damaged() {
    let workdir = finished();
    let check = |file: &str, failure: (&str, u32), remedy: &str| {
        let run = |arguments: &[&str]| run_without(&workdir, arguments, file, &[failure]);
        let found = run(&["check"]).exits(5);
        let said = format!("/{file} could not be read: ");
        assert_contains(&found.stdout(), &[&said, remedy]);
        assert!(!found.stdout().contains("retry"), "{}", found.stdout());
        found.says(&["4 files could not be read: whether they are sound is not known"]);
        run(&["retry", "small", "--damaged"]).exits(5).says(&[
            &said,
            "nothing was set aside",
            remedy,
        ]);
    };
    let (read, open) = ("UNREADABLE_READ", "UNREADABLE_OPEN");
    check("model.safetensors", (read, EIO), "dmesg");
    check("model.safetensors", (open, EMFILE), "ulimit -n");
    check("model.safetensors", (open, EACCES), "permissions");
    check("job.json", (read, EIO), "dmesg");
    check("epoch-3/state.safetensors", (read, EIO), "dmesg");
    assert!(!workdir.path("results/damaged").exists());
    workdir.run(&["check"]).exits(0);
}

#[test]
fn what_is_known_is_told_where_a_log_cannot_be_read() {
    let workdir = finished();
    let job = workdir.job_folders().pop().expect("a job");
    fs::remove_file(job.join("model.safetensors")).expect("removes");
    let failures = [("UNREADABLE_READ", EIO)];
    let check = run_without(&workdir, &["check"], "events.jsonl", &failures).exits(5);
    assert_contains(&check.stdout(), &["model.safetensors is gone"]);
    check.says(&["events.jsonl: Input/output error", "dmesg"]);
}

#[test]
fn a_database_on_a_failing_disk_is_not_called_malformed() {
    let workdir = finished();
    let failures = [("UNREADABLE_READ", EIO), ("UNREADABLE_FROM", 4096)];
    for arguments in [
        &["status"][..],
        &["check"],
        &["check", "--quick"],
        &["report", "small"],
        &["run", "small.toml"],
    ] {
        let run = run_without(&workdir, arguments, "convsweep.sqlite", &failures).exits(5);
        let said = run.stderr() + &run.stdout();
        assert_contains(&said, &["convsweep.sqlite: Input/output error", "dmesg"]);
        assert!(
            !said.contains("malformed") && !said.contains("rebuild"),
            "{said}"
        );
    }
    workdir.run(&["check"]).exits(0);
}

#[test]
fn too_few_open_files_are_named_with_the_limit() {
    let workdir = finished();
    for limit in [10, 12, 14, 16, 20] {
        let script = format!("ulimit -n {limit}; exec \"$0\" run small.toml");
        let program = workdir.command(&[]);
        let mut limited = workdir.command_of("/bin/sh".as_ref(), &["-c", &script]);
        let run = ProgramRun::of(limited.arg(program.get_program()));
        let code = run.0.status.code();
        assert!(matches!(code, Some(4 | 5)), "{limit}: {code:?}");
        let named = format!("{limit} files may be open");
        run.says(&[&named, "raise the limit (ulimit -n 1024)"]);
    }
    workdir.run(&["check"]).exits(0);
}

#[test]
fn damaged_jobs_on_another_disk_are_set_aside() {
    let workdir = finished();
    let undisturbed = workdir.results();
    let Some(disk) = SmallDisk::mount(workdir.path("disk"), 64) else {
        return needs::skip("no file system can be mounted");
    };
    let moved = Command::new("mv")
        .args([workdir.path("results/jobs"), workdir.path("disk/jobs")])
        .status();
    assert!(moved.expect("mv").success());
    symlink(workdir.path("disk/jobs"), workdir.path("results/jobs")).expect("links");
    let job = workdir.job_folders().pop().expect("a job");
    fs::write(job.join("model.safetensors"), "damaged").expect("writes");
    workdir.run(&["retry", "small", "--damaged"]).exits(0);
    assert_eq!(workdir.results(), undisturbed);
    let id = job.file_name().expect("has a name").display();
    let aside = workdir.path(&format!("results/damaged/{id}-1"));
    let kept = fs::read_to_string(aside.join("model.safetensors")).expect("reads");
    assert_eq!(kept, "damaged");
    assert!(aside.join("states/epoch-3/state.safetensors").exists());
    workdir.run(&["check"]).exits(0);
    drop(disk);
}
