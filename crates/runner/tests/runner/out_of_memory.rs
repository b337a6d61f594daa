//! A worker that the kernel kills because memory runs out.

use crate::control_group::ControlGroup;
use crate::harness::{Clock, Reaction, quick_policy, run_all};
use crate::jobs::jobs;
use crate::needs;
use crate::processes::{fake_worker, launcher, write_scripts};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The worker runs in a control group of little memory and takes more.
#[test]
fn a_kill_by_the_kernel_for_lack_of_memory_is_not_a_crash() {
    let group = match ControlGroup::of_memory(64 << 20) {
        Ok(group) => group,
        Err(error) => return needs::skip(&format!("no control group can be made: {error}")),
    };
    let dir = tempfile::tempdir().unwrap();
    let wrapper = dir.path().join("limited");
    let text = format!(
        "#!/bin/sh\necho $$ > {}\nexec {}\n",
        group.processes().display(),
        fake_worker().display()
    );
    fs::write(&wrapper, text).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    let jobs = jobs(dir.path(), 2);
    write_scripts(&jobs, &["started, hog", "finish"]);
    let launcher = launcher(&wrapper);
    let react = |_: &_| Reaction::None;
    let run = run_all(Clock::Real, &launcher, jobs, quick_policy(), react);
    run.check(&[
        "0.1 on 0",
        "0.1 out-of-memory!",
        "0 done in 1",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
    ]);
}
