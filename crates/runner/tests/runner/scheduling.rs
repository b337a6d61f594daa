//! Scheduling decisions, without processes or clocks.

use crate::common::{job, job_with, policy};
use convsweep_runner::schedule::shared_states::parents;
use convsweep_runner::schedule::{JobAssignment, Next, ScheduledJob, Scheduler};
use convsweep_spec::job::SavedState;
use convsweep_spec::outcome::Outcome;
use std::path::Path;

const CRASHED: Outcome = Outcome::Crashed {
    signal: Some(9),
    code: None,
};

fn schedule(jobs: usize, slots: usize) -> Scheduler {
    schedule_of(&vec![None; jobs], slots)
}

/// Jobs with these parents, each of a configuration of its own, on devices of one slot.
fn schedule_of(parents: &[Option<usize>], slots: usize) -> Scheduler {
    let entry = |(configuration, &parent)| ScheduledJob {
        attempt: 1,
        parent,
        configuration,
    };
    let entries: Vec<ScheduledJob> = parents.iter().enumerate().map(entry).collect();
    Scheduler::new(&entries, &(0..slots).collect::<Vec<_>>(), policy())
}

/// Assignments as slot, job, attempt.
fn short(assigned: Vec<JobAssignment>) -> Vec<(usize, usize, u32)> {
    assigned
        .into_iter()
        .map(|a| (a.slot, a.job, a.attempt))
        .collect()
}

#[test]
fn jobs_start_in_order_on_idle_slots() {
    let mut s = schedule(4, 2);
    assert_eq!(short(s.assign()), [(0, 0, 1), (1, 1, 1)]);
    assert_eq!(short(s.assign()), []);
    s.ended(1, &Outcome::Finished);
    assert_eq!(short(s.assign()), [(1, 2, 1)]);
    s.ended(0, &Outcome::Finished);
    s.leaving(0);
    assert_eq!(short(s.assign()), []);
    s.gone(0);
    assert_eq!(short(s.assign()), [(0, 3, 1)]);
    s.ended(0, &Outcome::Finished);
    assert!(!s.is_over());
    s.ended(1, &Outcome::Finished);
    assert!(s.is_over() && s.left().is_empty());
}

#[test]
fn only_crashes_are_tried_again_and_only_so_often() {
    let outcomes = [
        Outcome::Finished,
        Outcome::Failed {
            message: "m".into(),
        },
        Outcome::Diverged {
            epoch: 0,
            step: 1,
            learning_rate: 1.0,
            loss: None,
        },
        Outcome::OutOfMemory,
        Outcome::TimedOut,
        Outcome::Stopped { reason: "r".into() },
    ];
    for outcome in outcomes {
        let mut s = schedule(1, 1);
        s.assign();
        assert_eq!(
            s.ended(0, &outcome).unwrap().next,
            Next::Done,
            "{outcome:?}"
        );
        assert!(s.is_over());
    }
    let mut s = schedule(2, 1);
    for expect in [Next::Again(2), Next::Again(3), Next::Done] {
        assert_eq!(s.assign()[0].job, 0);
        s.spoke(0);
        assert_eq!(s.ended(0, &CRASHED).unwrap().next, expect);
    }
    assert_eq!((s.attempts(0), s.left()), (3, vec![1]));
    assert_eq!(s.assign()[0].job, 1);
}

#[test]
fn a_bad_slot_is_closed_and_costs_no_job() {
    let mut s = schedule(3, 2);
    s.assign();
    s.ended(1, &Outcome::Finished);
    // Slot 0 cannot start a worker at all: the same job waits at the front under the same attempt,
    // later and later.
    let mut delays = vec![];
    for failures in 1..=3 {
        assert_eq!(s.not_launched(0).unwrap().next, Next::Again(1));
        assert_eq!(s.start_failures(0), failures);
        let next = s.assign();
        delays.extend(
            next.iter()
                .filter(|a| a.slot == 0)
                .map(|a| a.delay.as_millis()),
        );
    }
    assert_eq!(delays, [1, 4]);
    assert!(!s.all_closed());
    assert_eq!(s.attempts(0), 0);
    s.ended(1, &Outcome::Finished);
    assert_eq!(short(s.assign()), [(1, 0, 1)]);
}

#[test]
fn a_job_that_kills_workers_at_the_start_takes_no_slot_with_it() {
    let mut s = schedule(3, 1);
    let mut order = vec![];
    while let Some(a) = s.assign().first().cloned() {
        order.push((a.job, a.attempt));
        if a.job == 0 {
            assert!(!s.died_at_start(0).unwrap().closes || s.left().is_empty());
        } else {
            s.spoke(0);
            s.ended(0, &Outcome::Finished);
        }
    }
    assert_eq!(order, [(0, 1), (1, 1), (2, 1), (0, 2), (0, 3)]);
    assert!(s.is_over() && s.left().is_empty());
}

#[test]
fn when_all_slots_are_closed_the_rest_is_left() {
    let mut s = schedule(9, 1);
    for job in 0..3 {
        assert_eq!(s.assign()[0].job, job);
        let verdict = s.died_at_start(0).unwrap();
        assert_eq!((verdict.closes, verdict.next), (job == 2, Next::Again(2)));
    }
    assert!(s.is_over() && s.all_closed());
    assert_eq!(s.left().len(), 9);
}

#[test]
fn a_stopped_run_starts_nothing_and_keeps_what_is_left() {
    let mut s = schedule(4, 2);
    s.assign();
    s.stop();
    assert!(!s.is_over());
    assert_eq!(s.ended(0, &CRASHED).unwrap().next, Next::Left);
    assert_eq!(s.ended(1, &Outcome::Cancelled).unwrap().next, Next::Left);
    assert_eq!(short(s.assign()), []);
    assert!(s.is_over());
    assert_eq!(s.left(), [0, 1, 2, 3]);
}

#[test]
fn a_child_waits_for_its_parent_and_then_comes_first() {
    let mut s = schedule_of(&[Some(3), None, None, None], 2);
    assert_eq!(short(s.assign()), [(0, 1, 1), (1, 2, 1)]);
    s.ended(0, &Outcome::Finished);
    assert_eq!(short(s.assign()), [(0, 3, 1)]);
    s.ended(1, &Outcome::Finished);
    assert_eq!(short(s.assign()), []);
    assert!(!s.is_over());
    s.ended(0, &CRASHED);
    assert_eq!(short(s.assign()), [(0, 3, 2)]);
    assert_eq!(s.waiting_for(3), [0]);
    s.release(3, 0);
    assert_eq!(short(s.assign()), [(1, 0, 1)]);
    // A state that is saved again by a further attempt releases nothing twice.
    s.release(3, 0);
    s.ended(
        0,
        &Outcome::Failed {
            message: "m".into(),
        },
    );
    assert_eq!(short(s.assign()), []);

    let mut s = schedule_of(&[None, Some(0)], 1);
    s.assign();
    s.ended(0, &Outcome::OutOfMemory);
    assert_eq!(
        short(s.assign()),
        [(0, 1, 1)],
        "a parent that failed releases its children"
    );
}

#[test]
fn a_job_starts_from_the_longest_state_that_another_saves() {
    let at = Path::new("r");
    let short = job_with(at, 0, &[(10, 0.1)]);
    let phased = job_with(at, 0, &[(10, 0.1), (5, 0.01)]);
    let longer = job_with(at, 0, &[(10, 0.1), (5, 0.01), (5, 0.001)]);
    let other_seed = job_with(at, 1, &[(20, 0.1)]);
    let other_rate = job_with(at, 0, &[(12, 0.2)]);
    let mut fed = job_with(at, 0, &[(10, 0.1), (7, 0.05)]);
    fed.execution.start_from = Some(SavedState {
        job: short.id.clone(),
        epoch: 10,
        key: short.question.state_key(10),
        path: "p".into(),
    });
    let jobs = [longer, phased, short, other_seed, other_rate, fed];
    let found: Vec<_> = parents(&jobs)
        .into_iter()
        .map(|p| p.map(|p| (p.job, p.epoch)))
        .collect();
    assert_eq!(
        found,
        [Some((1, 15)), Some((2, 10)), None, None, None, None]
    );
    let many: Vec<_> = (0..5).map(|seed| job(at, seed)).collect();
    assert!(parents(&many).iter().all(Option::is_none));
}
