//! A run is asked to stop.

use crate::fake_launcher::{FakeLauncher, Step, fail, finish, warn};
use crate::harness::{Reaction, quick_policy};
use crate::jobs::jobs;
use convsweep_runner::{RunEvent, RunPolicy, StopRequest};
use convsweep_spec::job::Job;

#[test]
fn draining_lets_running_jobs_write_a_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(2, |_| vec![warn("w"), Step::AwaitStop]);
    let mut responded = 0;
    let run = launcher.run_reacting(jobs(dir.path(), 5), |event| {
        responded += usize::from(matches!(event, RunEvent::Worker(_)));
        match responded {
            2 => Reaction::Stop(StopRequest::Drain),
            _ => Reaction::None,
        }
    });
    let mut story = run.story();
    story[3..].sort();
    let expect = [
        "0.1 on 0",
        "1.1 on 1",
        "stopping Drain 2",
        "0.1 cancelled",
        "1.1 cancelled",
    ];
    assert_eq!(story, expect);
    assert_eq!(run.summary.remaining.len(), 5);
    assert_eq!(run.summary.stop_request, StopRequest::Drain);
    assert!(run.summary.error.is_none());
}

#[test]
fn stopping_now_kills_a_worker_that_does_not_react() {
    let dir = tempfile::tempdir().unwrap();
    let launcher = FakeLauncher::new(1, |_| vec![warn("w"), Step::Hang]);
    let run = launcher.run_reacting(jobs(dir.path(), 3), |event| match event {
        RunEvent::Worker(_) => Reaction::Stop(StopRequest::Drain),
        RunEvent::Stopping {
            request: StopRequest::Drain,
            ..
        } => Reaction::Stop(StopRequest::Now),
        _ => Reaction::None,
    });
    run.check(&[
        "0.1 on 0",
        "stopping Drain 1",
        "stopping Now 1",
        "0.1 cancelled!",
    ]);
    assert_eq!(run.summary.remaining.len(), 3);
    assert_eq!(run.summary.stop_request, StopRequest::Now);
}

#[test]
fn failures_stop_the_run_at_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let every_other = |job: &Job| match job.question.seed % 2 {
        0 => vec![fail("m")],
        _ => finish(job),
    };
    let launcher = FakeLauncher::new(1, every_other);
    let policy = RunPolicy {
        stop_after: Some(2),
        ..quick_policy()
    };
    let run = launcher.run_by(policy, jobs(dir.path(), 4));
    assert_eq!(run.story().last().unwrap(), "limit of 2 failures");
    assert_eq!(
        (run.summary.done.len(), run.summary.remaining.len()),
        (3, 1)
    );

    let unlimited = launcher.run(jobs(dir.path(), 4));
    assert_eq!(unlimited.summary.done.len(), 4);
}
