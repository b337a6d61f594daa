//! A worker that the kernel kills because memory runs out. Needs the right to make a control group.

use crate::harness::{Clock, Reaction, quick_policy, run_all};
use crate::jobs::jobs;
use crate::processes::{fake_worker, launcher, write_scripts};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A worker in a control group of little memory. Where no control group can be made, the kernel
/// itself is not tested; what it counts is tested beside `oom_kills.rs`.
#[test]
fn a_kill_by_the_kernel_for_lack_of_memory_is_not_a_crash() {
    let group =
        Path::new("/sys/fs/cgroup/memory").join(format!("convsweep-test-{}", std::process::id()));
    if fs::create_dir(&group).is_err() {
        eprintln!("no control group can be made here");
        return;
    }
    let limited = fs::write(group.join("memory.limit_in_bytes"), "67108864");
    let dir = tempfile::tempdir().unwrap();
    let wrapper = dir.path().join("limited");
    let text = format!(
        "#!/bin/sh\necho $$ > {}/cgroup.procs\nexec {}\n",
        group.display(),
        fake_worker().display()
    );
    fs::write(&wrapper, text).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let jobs = jobs(dir.path(), 2);
    write_scripts(&jobs, &["started, hog", "finish"]);
    let launcher = launcher(&wrapper);
    let run = run_all(Clock::Real, &launcher, jobs, quick_policy(), |_| {
        Reaction::None
    });
    let _ = fs::remove_dir(&group);
    limited.unwrap();
    run.check(&[
        "0.1 on 0",
        "0.1 out-of-memory!",
        "0 done in 1",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
    ]);
}
