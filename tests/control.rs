//! Commands given to a sweep from another terminal: pause, resume and cancel; and after it, retry
//! and prune.

use crate::processes::{
    event_count, exit_code, has_ended, start, wait_for_events, wait_until, workers,
};
use crate::support::{SMALL, Workdir, assert_contains, small_with_epochs};
use std::time::Duration;

#[test]
fn a_paused_sweep_continues_to_the_same_results() {
    let undisturbed = Workdir::with(&small_with_epochs(60));
    undisturbed.run(&["run", "small.toml"]).exits(0);
    let workdir = Workdir::with(&small_with_epochs(60));
    let mut program = start(&workdir);
    wait_for_events(&workdir, 4);
    workdir.run(&["pause"]).exits(0);
    wait_until("both running jobs have written a checkpoint", || {
        workdir.attempts("cancelled") >= 2.0
    });
    let events = event_count(&workdir);
    let picture = workdir.stdout(&["watch", "--once"]);
    assert_contains(&picture, &["small", "of 4 jobs"]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(event_count(&workdir), events, "nothing is trained");
    assert!(!has_ended(&mut program), "the program waits");
    workdir.run(&["resume"]).exits(0);
    assert_eq!(exit_code(&mut program), Some(0));
    assert_eq!(workdir.results(), undisturbed.results());
    workdir.run(&["check-db"]).exits(0);
    workdir
        .run(&["pause"])
        .exits(2)
        .says(&["nothing is running"]);
}

#[test]
fn a_cancelled_job_is_left_and_the_others_finish() {
    let experiment = small_with_epochs(60) + "\n[run]\nslots = { cpu = 1 }\n";
    let workdir = Workdir::with(&experiment);
    let mut program = start(&workdir);
    wait_for_events(&workdir, 4);
    let attempts = || workdir.texts("select job from attempts");
    wait_until("the database lists it", || !attempts().is_empty());
    let running = attempts().remove(0);
    let waiting = workdir.text("select job from jobs where attempts = 0 order by job");
    workdir.run(&["cancel", &running, &waiting[..10]]).exits(0);
    assert_eq!(exit_code(&mut program), Some(1), "not all jobs finished");
    assert_eq!(workdir.jobs("finished"), 2.0);
    let explained = workdir.stdout(&["explain", &running]);
    assert_contains(&explained, &["cancelled", "continues from its checkpoint"]);
    let explained = workdir.stdout(&["explain", &waiting]);
    assert_contains(&explained, &["waits", "0 attempts"]);
    workdir.run(&["run", "small.toml"]).exits(0);
    assert!(workers(&workdir).is_empty());
}

/// Number of jobs that have a checkpoint.
fn checkpoints(workdir: &Workdir) -> usize {
    let mut folders = workdir.job_folders();
    folders.retain(|job| job.join("checkpoint").is_dir());
    folders.len()
}

#[test]
fn diverged_jobs_can_be_retried_and_their_checkpoints_pruned() {
    let workdir = Workdir::with(&SMALL.replace("[1e-3, 1e-2]", "[1e-3, 1e30]"));
    let notify = "echo $CONVSWEEP_EVENT $CONVSWEEP_EXPERIMENT >> notified";
    workdir
        .run(&["run", "small.toml", "--notify", notify])
        .exits(1);
    assert_eq!(
        workdir.read("notified"),
        "finished small\n",
        "a diverged job is not a failure"
    );
    assert_eq!(workdir.all_attempts(), 4.0);
    workdir.run(&["retry", "small"]).exits(1);
    assert_eq!(workdir.all_attempts(), 6.0, "the two diverged jobs again");
    let before = checkpoints(&workdir);
    let announced = workdir.stdout(&["prune", "--dry-run"]);
    assert_contains(&announced, &["would free ", " of 2 jobs"]);
    assert_eq!(checkpoints(&workdir), before);
    workdir.run(&["prune"]).exits(0);
    assert_eq!(checkpoints(&workdir), before - 2);
    workdir.run(&["run", "small.toml"]).exits(1);
    assert_eq!(workdir.all_attempts(), 6.0, "pruned jobs stay finished");
    workdir.run(&["check-db"]).exits(0);
}
