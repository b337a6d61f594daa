//! Scheduling decisions, without processes or clocks.

use crate::harness::quick_policy;
use convsweep_runner::schedule::{Consequence, NextStep, ScheduledJob, Scheduler};
use convsweep_spec::outcome::Outcome;

const CRASHED: Outcome = Outcome::Crashed {
    signal: Some(9),
    code: None,
};

fn failed() -> Outcome {
    Outcome::Failed {
        message: "m".into(),
    }
}

/// A scheduler with shorthands for tests.
struct Test(Scheduler);

impl Test {
    /// Independent jobs on slots of different devices.
    fn new(jobs: usize, slots: usize) -> Test {
        Test::with_parents(&vec![None; jobs], slots)
    }

    /// Jobs with these parents, each of a configuration of its own.
    fn with_parents(parents: &[Option<usize>], slots: usize) -> Test {
        let mut jobs = Vec::new();
        for (configuration, &parent) in parents.iter().enumerate() {
            jobs.push(ScheduledJob {
                attempt: 1,
                parent,
                configuration,
            });
        }
        let devices: Vec<usize> = (0..slots).collect();
        Test(Scheduler::new(&jobs, &devices, quick_policy()))
    }

    /// Assigns jobs and checks the assignments: slot, job, attempt.
    fn assigns(&mut self, expect: &[(usize, usize, u32)]) {
        let assigned = self.0.assign().into_iter();
        let assigned: Vec<_> = assigned.map(|a| (a.slot, a.job, a.attempt)).collect();
        assert_eq!(assigned, expect);
    }

    /// The attempt on a slot ends.
    fn ends(&mut self, slot: usize, outcome: &Outcome) -> Consequence {
        self.0.attempt_ended(slot, outcome).unwrap()
    }
}

#[test]
fn jobs_start_in_order_on_idle_slots() {
    let mut test = Test::new(4, 2);
    test.assigns(&[(0, 0, 1), (1, 1, 1)]);
    test.assigns(&[]);
    test.ends(1, &Outcome::Finished);
    test.assigns(&[(1, 2, 1)]);
    test.ends(0, &Outcome::Finished);
    test.0.worker_exiting(0);
    test.assigns(&[]);
    test.0.worker_exited(0);
    test.assigns(&[(0, 3, 1)]);
    test.ends(0, &Outcome::Finished);
    assert!(!test.0.is_over());
    test.ends(1, &Outcome::Finished);
    assert!(test.0.is_over() && test.0.remaining_jobs().is_empty());
}

#[test]
fn by_default_only_crashes_are_retried() {
    let diverged = Outcome::Diverged {
        epoch: 0,
        step: 1,
        learning_rate: 1.0,
        loss: None,
    };
    let stopped = Outcome::Stopped { reason: "r".into() };
    let final_outcomes = [
        Outcome::Finished,
        failed(),
        diverged,
        Outcome::OutOfMemory,
        Outcome::TimedOut,
        stopped,
    ];
    for outcome in final_outcomes {
        let mut test = Test::new(1, 1);
        test.assigns(&[(0, 0, 1)]);
        assert_eq!(test.ends(0, &outcome).next, NextStep::Done, "{outcome:?}");
        assert!(test.0.is_over());
    }
}

#[test]
fn a_crashed_job_is_retried_first_and_only_twice() {
    let mut test = Test::new(2, 1);
    for (attempt, next) in [
        (1, NextStep::Retry(2)),
        (2, NextStep::Retry(3)),
        (3, NextStep::Done),
    ] {
        test.assigns(&[(0, 0, attempt)]);
        test.0.worker_responded(0);
        assert_eq!(test.ends(0, &CRASHED).next, next);
    }
    assert_eq!((test.0.attempts(0), test.0.remaining_jobs()), (3, vec![1]));
    test.assigns(&[(0, 1, 1)]);
}

#[test]
fn launches_that_fail_are_repeated_later_and_later_and_cost_no_attempt() {
    let mut test = Test::new(3, 2);
    test.assigns(&[(0, 0, 1), (1, 1, 1)]);
    test.ends(1, &Outcome::Finished);
    let mut delays = vec![];
    for failures in 1..=3 {
        let consequence = test.0.launch_failed(0).unwrap();
        assert_eq!(consequence.next, NextStep::Retry(1));
        assert_eq!(test.0.start_failures(0), failures);
        for assignment in test.0.assign() {
            if assignment.slot == 0 {
                delays.push(assignment.delay.as_millis());
            }
        }
    }
    assert_eq!(delays, [1, 4]);
    assert!(!test.0.all_slots_closed());
    assert_eq!(test.0.attempts(0), 0);
    test.ends(1, &Outcome::Finished);
    test.assigns(&[(1, 0, 1)]);
}

#[test]
fn a_job_that_kills_its_workers_at_the_start_closes_no_slot() {
    let mut test = Test::new(3, 1);
    let mut order = vec![];
    while let Some(assignment) = test.0.assign().first().cloned() {
        order.push((assignment.job, assignment.attempt));
        if assignment.job == 0 {
            let closes_slot = test.0.worker_died_at_start(0).unwrap().closes_slot;
            assert!(!closes_slot || test.0.remaining_jobs().is_empty());
        } else {
            test.0.worker_responded(0);
            test.ends(0, &Outcome::Finished);
        }
    }
    assert_eq!(order, [(0, 1), (1, 1), (2, 1), (0, 2), (0, 3)]);
    assert!(test.0.is_over() && test.0.remaining_jobs().is_empty());
}

#[test]
fn jobs_remain_when_all_slots_are_closed() {
    let mut test = Test::new(9, 1);
    for job in 0..3 {
        test.assigns(&[(0, job, 1)]);
        let consequence = test.0.worker_died_at_start(0).unwrap();
        assert_eq!(consequence.closes_slot, job == 2);
        assert_eq!(consequence.next, NextStep::Retry(2));
    }
    assert!(test.0.is_over() && test.0.all_slots_closed());
    assert_eq!(test.0.remaining_jobs().len(), 9);
}

#[test]
fn a_stopped_run_starts_and_retries_nothing() {
    let mut test = Test::new(4, 2);
    test.assigns(&[(0, 0, 1), (1, 1, 1)]);
    test.0.stop();
    assert!(!test.0.is_over());
    assert_eq!(test.ends(0, &CRASHED).next, NextStep::Postponed);
    assert_eq!(test.ends(1, &Outcome::Cancelled).next, NextStep::Postponed);
    test.assigns(&[]);
    assert!(test.0.is_over());
    assert_eq!(test.0.remaining_jobs(), [0, 1, 2, 3]);
}

#[test]
fn a_job_waits_for_the_state_of_another_and_then_comes_first() {
    let mut test = Test::with_parents(&[Some(3), None, None, None], 2);
    test.assigns(&[(0, 1, 1), (1, 2, 1)]);
    test.ends(0, &Outcome::Finished);
    test.assigns(&[(0, 3, 1)]);
    test.ends(1, &Outcome::Finished);
    test.assigns(&[]);
    assert!(!test.0.is_over());
    test.ends(0, &CRASHED);
    test.assigns(&[(0, 3, 2)]);
    assert_eq!(test.0.dependents(3), [0]);
    test.0.state_saved(3, 0);
    test.assigns(&[(1, 0, 1)]);
    // A state that is saved again by a later attempt releases no job twice.
    test.0.state_saved(3, 0);
    test.ends(0, &failed());
    test.assigns(&[]);
}

#[test]
fn a_job_starts_without_a_state_that_will_never_be_saved() {
    let mut test = Test::with_parents(&[None, Some(0)], 1);
    test.assigns(&[(0, 0, 1)]);
    test.ends(0, &Outcome::OutOfMemory);
    test.assigns(&[(0, 1, 1)]);
}

#[test]
fn suspended_jobs_start_when_they_are_resumed() {
    let mut test = Test::new(3, 1);
    test.0.suspend(&[0, 1].into());
    test.assigns(&[(0, 2, 1)]);
    test.ends(0, &Outcome::Finished);
    test.assigns(&[]);
    test.0.resume_job(1);
    test.assigns(&[(0, 1, 1)]);
    test.ends(0, &Outcome::Cancelled);
    test.0.suspend_after_pause(1);
    assert!(test.0.skip(0), "a suspended job can be skipped");
    test.0.resume_job(1);
    test.assigns(&[(0, 1, 2)]);
    assert!(!test.0.skip(1) && !test.0.postpone(1), "it runs");
    test.ends(0, &Outcome::Finished);
    assert!(test.0.is_over() && test.0.remaining_jobs().is_empty());
}
