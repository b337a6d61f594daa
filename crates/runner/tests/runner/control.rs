//! People pause, resume and cancel.

use crate::fake_launcher::{FakeLauncher, Step, finish, warn};
use crate::harness::Reaction;
use crate::jobs::jobs;
use convsweep_runner::{ControlRequest, RunEvent};
use convsweep_spec::job::Job;

/// The first attempts wait to be told to stop, all others finish.
fn wait_in_first_attempt(job: &Job) -> Vec<Step> {
    match job.execution.attempt {
        1 => vec![warn("w"), Step::AwaitStop],
        _ => finish(job),
    }
}

#[test]
fn a_paused_run_goes_on_with_its_running_job() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(1, wait_in_first_attempt);
    let run = launcher.run_reacting(jobs(dir.path(), 1), |event| match event {
        RunEvent::Worker(event) if event.attempt == 1 && event.n == 0 => {
            Reaction::Control(ControlRequest::Pause)
        }
        RunEvent::AttemptEnded { attempt: 1, .. } => Reaction::Control(ControlRequest::Resume),
        _ => Reaction::None,
    });
    run.check(&[
        "0.1 on 0",
        "paused",
        "0.1 cancelled",
        "resumed",
        "0.2 on 0",
        "0.2 finished",
        "0 done in 2",
    ]);
}

#[test]
fn cancelled_jobs_remain_and_the_others_are_trained() {
    let dir = tempfile::tempdir().unwrap();
    let script = |job: &Job| match job.question.seed {
        0 => vec![warn("w"), Step::AwaitStop],
        _ => finish(job),
    };
    let jobs = jobs(dir.path(), 4);
    let cancelled = vec![jobs[0].id.clone(), jobs[2].id.clone()];
    let launcher = FakeLauncher::new(1, script);
    let run = launcher.run_reacting(jobs, |event| match event {
        RunEvent::Worker(event) if event.job == cancelled[0] && event.n == 0 => {
            Reaction::Control(ControlRequest::Cancel {
                jobs: cancelled.clone(),
            })
        }
        _ => Reaction::None,
    });
    run.check(&[
        "0.1 on 0",
        "0.1 cancelled",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
        "3.1 on 0",
        "3.1 finished",
        "3 done in 1",
    ]);
    assert_eq!(run.summary.remaining, cancelled);
}
