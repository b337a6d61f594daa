//! Time limits and silence, on a paused clock.

use crate::fake_launcher::{FakeLauncher, Step, finish, warn};
use crate::harness::{Finished, quick_policy};
use crate::jobs::jobs;
use convsweep_runner::{LimitReached, RunPolicy, StopRequest};
use convsweep_spec::event::Event;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Runs a job with this script in its first attempt and another job that finishes.
fn run(policy: RunPolicy, script: fn() -> Vec<Step>) -> Finished {
    let dir = tempfile::tempdir().unwrap();
    let first = move |job: &Job| match (job.question.seed, job.execution.attempt) {
        (0, 1) => script(),
        _ => finish(job),
    };
    FakeLauncher::new(1, first).run_by(policy, jobs(dir.path(), 2))
}

#[test]
fn a_silent_worker_is_lost_and_its_job_is_retried() {
    let run = run(quick_policy(), || vec![warn("w"), Step::Hang]);
    let mut story = run.story();
    story.sort();
    let expect = [
        "0 again as 2",
        "0 done in 2",
        "0.1 lost!",
        "0.1 on 0",
        "0.2 finished",
        "0.2 on 0",
        "1 done in 1",
        "1.1 finished",
        "1.1 on 0",
    ];
    assert_eq!(story, expect);
    assert_eq!(run.outcomes()[0], &Outcome::Lost { seconds: 60.0 });
    assert_eq!(run.summary.successful(), 2);
}

#[test]
fn a_worker_that_shows_signs_of_life_is_not_lost() {
    let run = run(quick_policy(), || {
        let mut steps = vec![warn("w")];
        for _ in 0..10 {
            steps.extend([Step::Train(MINUTE / 2), Step::Report(Event::Alive)]);
        }
        steps.push(Step::Report(Event::Ended {
            outcome: Outcome::Finished,
            seconds: 300.0,
            peak_memory_bytes: 1,
        }));
        steps
    });
    assert_eq!(run.story()[..2], ["0.1 on 0", "0.1 finished"]);
}

fn time_limit(limit: Duration) -> RunPolicy {
    RunPolicy {
        time_limit: Some(limit),
        ..quick_policy()
    }
}

#[test]
fn a_job_whose_time_is_over_writes_a_checkpoint() {
    let run = run(time_limit(MINUTE / 2), || vec![warn("w"), Step::AwaitStop]);
    assert_eq!(
        run.story()[..3],
        ["0.1 on 0", "0.1 timed-out", "0 done in 1"]
    );
    assert_eq!(run.summary.successful(), 1);
}

#[test]
fn a_job_that_does_not_end_when_its_time_is_over_is_killed() {
    let policy = RunPolicy {
        grace_period: Duration::from_secs(5),
        ..time_limit(MINUTE / 3)
    };
    let run = run(policy, || vec![warn("w"), Step::Hang]);
    assert_eq!(
        run.story()[..3],
        ["0.1 on 0", "0.1 timed-out!", "0 done in 1"]
    );
}

#[test]
fn a_sweep_whose_time_is_over_drains() {
    let policy = RunPolicy {
        sweep_time_limit: Some(HOUR / 120),
        ..quick_policy()
    };
    let run = run(policy, || vec![warn("w"), Step::AwaitStop]);
    run.check(&["0.1 on 0", "time limit", "0.1 cancelled"]);
    assert_eq!(run.summary.limit_reached, Some(LimitReached::TimeLimit));
    assert_eq!(run.summary.remaining.len(), 2);
    assert_eq!(run.summary.stop_request, StopRequest::No);
    assert!(run.summary.error.is_none());
}
