//! Consecutive equal errors close a device.

use crate::harness::quick_policy;
use convsweep_runner::RunPolicy;
use convsweep_runner::schedule::{ErrorStreak, ScheduledJob, Scheduler};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::run_settings::Retry;

const CRASHED: Outcome = Outcome::Crashed {
    signal: Some(11),
    code: None,
};
const LOST: Outcome = Outcome::Lost { seconds: 60.0 };

fn failed(message: &str) -> Outcome {
    Outcome::Failed {
        message: message.into(),
    }
}

/// Whether the last of these outcomes (of the jobs 0, 1, …, each of a configuration of its own)
/// closes a device at three errors.
fn check(outcomes: &[Outcome], expect: bool) {
    let jobs: Vec<(usize, usize)> = (0..outcomes.len()).map(|i| (i, i)).collect();
    check_jobs(outcomes, &jobs, 9, expect);
}

/// [`check`] for jobs with these numbers and configurations, in a run of `configurations`
/// configurations.
fn check_jobs(outcomes: &[Outcome], jobs: &[(usize, usize)], configurations: usize, expect: bool) {
    let mut streak = ErrorStreak::default();
    let mut closes = None;
    for (outcome, job) in outcomes.iter().zip(jobs) {
        closes = streak.count(outcome, *job, 3, configurations);
    }
    assert_eq!(closes.is_some(), expect, "{outcomes:?} {jobs:?}");
}

#[test]
fn a_streak_has_errors_of_one_kind() {
    check(&[CRASHED, CRASHED, CRASHED], true);
    check(&[CRASHED, LOST, CRASHED], false);
    check(&[CRASHED, Outcome::Finished, CRASHED, CRASHED], false);
    check(&[CRASHED, Outcome::TimedOut, CRASHED, CRASHED], true);
    let unreadable = |n| failed(&format!("cannot read image {n}"));
    check(&[unreadable(1), unreadable(22), unreadable(333)], true);
    check(
        &[unreadable(1), failed("another error"), unreadable(3)],
        false,
    );
}

#[test]
fn a_streak_has_several_jobs_and_configurations() {
    let crashes = [CRASHED, CRASHED, CRASHED];
    check_jobs(&crashes, &[(0, 0), (0, 0), (0, 0)], 9, false);
    check_jobs(&crashes, &[(0, 0), (1, 0), (2, 0)], 9, false);
    check_jobs(&crashes, &[(0, 0), (1, 0), (2, 0)], 1, true);
}

#[test]
fn a_broken_device_is_closed_and_the_other_does_the_work() {
    let job = |configuration| ScheduledJob {
        attempt: 1,
        parent: None,
        configuration,
    };
    let jobs: Vec<ScheduledJob> = (0..20).map(job).collect();
    let policy = RunPolicy {
        breaker: 4,
        retry: Retry::default(),
        ..quick_policy()
    };
    // The slots 0 and 1 belong to the broken device.
    let mut scheduler = Scheduler::new(&jobs, &[0, 0, 1], policy);
    let mut lost_jobs = 0;
    while !scheduler.is_over() {
        scheduler.assign();
        scheduler.attempt_ended(2, &Outcome::Finished);
        for slot in [0, 1] {
            let Some(consequence) = scheduler.attempt_ended(slot, &Outcome::OutOfMemory) else {
                continue;
            };
            lost_jobs += 1;
            if consequence.device_problem.is_some() {
                assert!(scheduler.close_device(slot).contains(&slot));
            }
        }
    }
    assert!((4..=5).contains(&lost_jobs), "{lost_jobs}");
    assert!(scheduler.remaining_jobs().is_empty() && !scheduler.all_slots_closed());
}
