//! What follows from bad ends: retries with rests, breakers, limits.

use crate::common::{job, job_with, policy, run_by, slots, words};
use crate::control_group::ControlGroup;
use crate::needs;
use crate::processes::{fake_worker, write_scripts};
use convsweep_runner::local::LocalLauncher;
use convsweep_runner::policy::{ErrorStreak, is_failure};
use convsweep_runner::schedule::{Next, ScheduledJob, Scheduler};
use convsweep_runner::{HaltReason, RunEvent, RunPolicy, RunSummary, Slot, StopRequest};
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::run_settings::Retry;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

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

#[test]
fn each_kind_of_end_has_its_own_retries_and_rests_grow() {
    let retry = Retry {
        crashed: 1,
        lost: 2,
        failed: 1,
        timed_out: 0,
    };
    let policy = RunPolicy {
        retry,
        backoff: Duration::from_secs(1),
        ..policy()
    };
    let mut s = Scheduler::new(
        &[ScheduledJob {
            attempt: 1,
            parent: None,
            configuration: 0,
        }],
        &[0],
        policy.clone(),
    );
    let mut rests = vec![];
    for outcome in [CRASHED, LOST, failed("m"), LOST] {
        s.assign();
        let verdict = s.ended(0, &outcome).unwrap();
        assert!(matches!(verdict.next, Next::Again(_)), "{outcome:?}");
        rests.push(verdict.rest.as_secs());
        assert!(s.assign().is_empty(), "it rests");
        s.wake(0);
    }
    assert_eq!(rests, [1, 2, 4, 8]);
    s.assign();
    assert_eq!(s.ended(0, &LOST).unwrap().next, Next::Done);
    assert_eq!(policy.rest(60), RunPolicy::LONGEST_REST);
}

#[test]
fn nothing_repeats_what_would_only_repeat_itself() {
    let retry = Retry {
        crashed: 100,
        lost: 100,
        failed: 100,
        timed_out: 100,
    };
    for outcome in [
        Outcome::OutOfMemory,
        Outcome::Diverged {
            epoch: 0,
            step: 0,
            learning_rate: 1.0,
            loss: None,
        },
    ] {
        assert_eq!(retry.after(&outcome), 0);
    }
    assert!(!is_failure(&Outcome::Diverged {
        epoch: 0,
        step: 0,
        learning_rate: 1.0,
        loss: None
    }));
    assert!(
        is_failure(&Outcome::OutOfMemory)
            && is_failure(&Outcome::TimedOut)
            && !is_failure(&Outcome::Cancelled)
    );
}

#[test]
fn a_streak_is_of_one_kind_of_error_and_of_several_jobs_and_configurations() {
    let check = |ends: &[(Outcome, usize, usize)], configurations: usize, expect: bool| {
        let mut streak = ErrorStreak::default();
        let last = ends.iter().fold(None, |_, (o, job, c)| {
            streak.count(o, *job, *c, 3, configurations)
        });
        assert_eq!(last.is_some(), expect, "{ends:?}");
    };
    let crashes = |jobs: [(usize, usize); 3]| jobs.map(|(job, c)| (CRASHED, job, c));
    check(&crashes([(0, 0), (1, 1), (2, 2)]), 9, true);
    check(&crashes([(0, 0), (0, 0), (0, 0)]), 9, false);
    check(&crashes([(0, 0), (1, 0), (2, 0)]), 9, false);
    check(&crashes([(0, 0), (1, 0), (2, 0)]), 1, true);
    check(
        &[
            (CRASHED, 0, 0),
            (Outcome::Finished, 1, 1),
            (CRASHED, 2, 2),
            (CRASHED, 3, 3),
        ],
        9,
        false,
    );
    check(
        &[
            (CRASHED, 0, 0),
            (Outcome::TimedOut, 1, 1),
            (CRASHED, 2, 2),
            (CRASHED, 3, 3),
        ],
        9,
        true,
    );
    check(&[(CRASHED, 0, 0), (LOST, 1, 1), (CRASHED, 2, 2)], 9, false);
    let no_file = |n: usize| (failed(&format!("cannot read image {n}")), n, n);
    check(&[no_file(1), no_file(22), no_file(333)], 9, true);
    check(
        &[no_file(1), (failed("another thing"), 2, 2), no_file(3)],
        9,
        false,
    );
}

#[test]
fn a_broken_device_stops_eating_the_queue_and_the_other_goes_on() {
    let entries: Vec<ScheduledJob> = (0..20)
        .map(|i| ScheduledJob {
            attempt: 1,
            parent: None,
            configuration: i,
        })
        .collect();
    let retry = Retry::default();
    // Slots 0 and 1 are of the broken device.
    let mut s = Scheduler::new(
        &entries,
        &[0, 0, 1],
        RunPolicy {
            breaker: 4,
            retry,
            ..policy()
        },
    );
    let mut eaten = 0;
    while !s.is_over() {
        s.assign();
        s.ended(2, &Outcome::Finished);
        for slot in [0, 1] {
            if let Some(verdict) = s.ended(slot, &Outcome::OutOfMemory) {
                eaten += 1;
                if verdict.trips.is_some() {
                    assert!(s.close_device(slot).contains(&slot));
                }
            }
        }
    }
    assert!((4..=5).contains(&eaten), "{eaten}");
    assert!(s.left().is_empty() && !s.all_closed());
}

/// Runs scripts by a policy on one slot.
fn run(policy: RunPolicy, scripts: &[&str]) -> (Vec<String>, RunSummary, Vec<RunEvent>) {
    run_on(policy, scripts, |dir| {
        (dir.to_path_buf(), slots(1, &fake_worker()))
    })
}

fn run_on(
    policy: RunPolicy,
    scripts: &[&str],
    place: impl Fn(&Path) -> (std::path::PathBuf, Vec<Slot>),
) -> (Vec<String>, RunSummary, Vec<RunEvent>) {
    let dir = tempfile::tempdir().unwrap();
    let (at, slots) = place(dir.path());
    let jobs: Vec<Job> = (0..).zip(scripts).map(|(seed, _)| job(&at, seed)).collect();
    write_scripts(&jobs, scripts);
    let launcher = LocalLauncher {
        grace: policy.grace,
    };
    let (events, summary) = run_by(policy, &launcher, jobs.clone(), slots, |_| None);
    (words(&events, &jobs), summary, events)
}

#[test]
fn a_frozen_worker_is_lost_and_its_job_comes_again() {
    let quick = RunPolicy {
        lost_after: Duration::from_millis(400),
        ..policy()
    };
    let (words, summary, events) = run(quick, &["started, freeze | alive 20, finish", "finish"]);
    let expect = [
        "0.1 on 0",
        "0.1 lost!",
        "0 again as 2",
        "0.2 on 0",
        "0.2 finished",
        "0 done in 2",
        "1.1 on 0",
        "1.1 finished",
        "1 done in 1",
    ];
    let mut sorted = words.clone();
    sorted.sort();
    let mut wanted = expect.to_vec();
    wanted.sort_unstable();
    assert_eq!(sorted, wanted, "{words:?}");
    assert_eq!(summary.well(), 2);
    let lost = events.iter().find_map(|e| match e {
        RunEvent::AttemptEnded {
            outcome: Outcome::Lost { seconds },
            ..
        } => Some(*seconds),
        _ => None,
    });
    assert!((0.4..5.0).contains(&lost.unwrap()), "{lost:?}");
}

#[test]
fn a_job_whose_time_is_up_writes_a_checkpoint_or_is_killed() {
    let quick = RunPolicy {
        time_limit: Some(Duration::from_millis(300)),
        ..policy()
    };
    let (words, summary, _) = run(quick.clone(), &["started, wait", "finish"]);
    assert_eq!(words[..3], ["0.1 on 0", "0.1 timed-out", "0 done in 1"]);
    assert_eq!(summary.well(), 1);
    let began = Instant::now();
    let (words, ..) = run(quick, &["started, hang"]);
    assert_eq!(words, ["0.1 on 0", "0.1 timed-out!", "0 done in 1"]);
    assert!(began.elapsed() > Duration::from_millis(1500));
}

#[test]
fn a_run_whose_time_is_up_drains() {
    let quick = RunPolicy {
        sweep_time_limit: Some(Duration::from_millis(300)),
        ..policy()
    };
    let (words, summary, _) = run(quick, &["started, wait", "finish"]);
    assert_eq!(words, ["0.1 on 0", "halting TimeLimit", "0.1 cancelled"]);
    assert_eq!(
        (summary.halted, summary.left.len(), summary.stopped),
        (Some(HaltReason::TimeLimit), 2, StopRequest::No)
    );
    assert!(summary.error.is_none());
}

#[test]
fn so_many_failures_stop_the_run() {
    let stop = RunPolicy {
        stop_after: Some(2),
        ..policy()
    };
    let (words, summary, _) = run(stop, &["fail", "finish", "fail", "finish"]);
    assert_eq!(words.last().unwrap(), "halting Failures(2)");
    assert_eq!((summary.ended.len(), summary.left.len()), (3, 1));
    assert_eq!(run(policy(), &["fail", "fail", "finish"]).1.ended.len(), 3);
}

#[test]
fn a_device_on_which_everything_fails_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let jobs: Vec<Job> = (1..10)
        .map(|epochs| job_with(dir.path(), 0, &[(epochs, 0.1 * f64::from(epochs))]))
        .collect();
    write_scripts(&jobs, &["fail"; 9]);
    let launcher = LocalLauncher {
        grace: policy().grace,
    };
    let (events, summary) = run_by(
        policy(),
        &launcher,
        jobs.clone(),
        slots(1, &fake_worker()),
        |_| None,
    );
    assert_eq!(words(&events, &jobs).last().unwrap(), "slot 0 closed");
    assert_eq!((summary.ended.len(), summary.left.len()), (5, 4));
    let text = summary.error.unwrap().to_string();
    assert!(
        text.contains("5 jobs in succession ended in the same error (failed: as told)"),
        "{text}"
    );
    assert!(text.contains("the device cuda:0 gets no more"), "{text}");
}

/// The kernel kills a worker that takes more memory than its control group has.
#[test]
fn a_kill_by_the_kernel_for_want_of_memory_is_no_crash() {
    let group = match ControlGroup::of_memory(64 << 20) {
        Ok(group) => group,
        Err(error) => return needs::skip(&format!("no control group can be made: {error}")),
    };
    let (words, summary, events) = run_on(policy(), &["started, hog", "finish"], |dir| {
        let wrapper = dir.join("limited");
        let text = format!(
            "#!/bin/sh\necho $$ > {}\nexec {}\n",
            group.processes().display(),
            fake_worker().display()
        );
        fs::write(&wrapper, text).unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        (dir.to_path_buf(), slots(1, &wrapper))
    });
    assert_eq!(
        words,
        [
            "0.1 on 0",
            "0.1 out-of-memory!",
            "0 done in 1",
            "1.1 on 0",
            "1.1 finished",
            "1 done in 1"
        ]
    );
    assert_eq!(summary.well(), 1, "{events:?}");
}
