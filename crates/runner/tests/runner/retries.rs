//! Which outcomes are retried, how often and after which back-off.

use crate::fake_launcher::{FakeLauncher, Step, finish, warn};
use crate::harness::quick_policy;
use crate::jobs::jobs;
use convsweep_runner::schedule::{NextStep, ScheduledJob, Scheduler};
use convsweep_runner::{RunPolicy, is_failure};
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::run_settings::Retry;
use std::time::Duration;

const CRASHED: Outcome = Outcome::Crashed {
    signal: Some(11),
    code: None,
};
const LOST: Outcome = Outcome::Lost { seconds: 60.0 };
const DIVERGED: Outcome = Outcome::Diverged {
    epoch: 0,
    step: 0,
    learning_rate: 1.0,
    loss: None,
};

#[test]
fn each_outcome_has_its_own_retries_and_backoff_grows() {
    let policy = RunPolicy {
        retry: Retry {
            crashed: 1,
            lost: 2,
            failed: 1,
            timed_out: 0,
        },
        first_backoff: Duration::from_secs(1),
        ..quick_policy()
    };
    let job = ScheduledJob {
        attempt: 1,
        parent: None,
        configuration: 0,
    };
    let mut scheduler = Scheduler::new(&[job], &[0], policy.clone());
    let failed = Outcome::Failed {
        message: "m".into(),
    };
    for (outcome, backoff) in [(CRASHED, 1), (LOST, 2), (failed, 4), (LOST, 8)] {
        scheduler.assign();
        let consequence = scheduler.attempt_ended(0, &outcome).unwrap();
        assert!(
            matches!(consequence.next, NextStep::Retry(_)),
            "{outcome:?}"
        );
        assert_eq!(consequence.backoff.as_secs(), backoff);
        assert!(scheduler.assign().is_empty(), "it backs off");
        scheduler.backoff_over(0);
    }
    scheduler.assign();
    let last = scheduler.attempt_ended(0, &LOST).unwrap();
    assert_eq!(last.next, NextStep::Done);
    assert_eq!(policy.backoff(60), RunPolicy::LONGEST_BACKOFF);
}

#[test]
fn outcomes_that_would_only_repeat_are_never_retried() {
    let retry = Retry {
        crashed: 100,
        lost: 100,
        failed: 100,
        timed_out: 100,
    };
    assert_eq!(retry.after(&Outcome::OutOfMemory), 0);
    assert_eq!(retry.after(&DIVERGED), 0);
}

#[test]
fn a_diverged_or_cancelled_job_is_not_a_failure() {
    assert!(is_failure(&Outcome::OutOfMemory) && is_failure(&Outcome::TimedOut));
    assert!(!is_failure(&DIVERGED) && !is_failure(&Outcome::Cancelled));
}

#[test]
fn other_jobs_run_while_one_backs_off() {
    let dir = tempfile::tempdir().unwrap();
    let script = |job: &Job| match (job.question.seed, job.execution.attempt) {
        (0, 1) => vec![warn("w"), Step::Die],
        (1, _) => {
            let mut steps = vec![warn("w"), Step::Train(Duration::from_secs(20))];
            steps.extend(finish(job));
            steps
        }
        _ => finish(job),
    };
    let policy = RunPolicy {
        first_backoff: Duration::from_secs(10),
        ..quick_policy()
    };
    let run = FakeLauncher::new(1, script).run_by(policy, jobs(dir.path(), 3));
    run.check(&[
        "0.1 on 0",
        "0.1 crashed!",
        "0 again as 2",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
        "0.2 on 0",
        "0.2 finished",
        "0 done in 2",
        "2.1 on 0",
        "2.1 finished",
        "2 done in 1",
    ]);
}
