//! Simulated sweeps that are interrupted at every event of their history, also twice, and also so
//! that the last records are lost: they decide as undisturbed ones do.

use crate::simulated_sweep::{Disk, SimulatedJob, Sweep};
use convsweep_runner::search::{JobStatus, SearchRules};
use convsweep_spec::metric::Direction;
use convsweep_spec::search::{SearchSettings, StopRule};

const HALVING: StopRule = StopRule::SuccessiveHalving { eta: 3, first: 1 };
const LATE_HALVING: StopRule = StopRule::SuccessiveHalving { eta: 2, first: 2 };
const ASHA: StopRule = StopRule::Asha { eta: 3, first: 1 };
const MEDIAN: StopRule = StopRule::Median { first: 2 };

/// A pseudorandom number below 1.
fn noise(seed: u64) -> f64 {
    let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// Which kinds of jobs a sweep has besides ordinary ones.
#[derive(Clone, Copy, PartialEq)]
enum Kinds {
    Ordinary,
    /// Some crash whenever they are tried, some end early, some keep their best weights.
    Mixed,
}

fn jobs(configurations: usize, seeds: usize, epochs: u32, kinds: Kinds) -> Vec<SimulatedJob> {
    let mut jobs = Vec::new();
    for configuration in 0..configurations {
        for seed in 0..seeds {
            let number = jobs.len() as u64;
            let top = 0.4 + 0.5 * noise(configuration as u64) + 0.05 * noise(100 + number);
            let value = |epoch: u32| {
                let rising = top * (1.0 - 0.6f64.powi(epoch as i32));
                rising + 0.1 * noise(1000 * number + u64::from(epoch))
            };
            let is_mixed = kinds == Kinds::Mixed;
            jobs.push(SimulatedJob {
                configuration,
                seed,
                values: (1..=epochs).map(value).collect(),
                keeps_best: is_mixed && number % 3 == 1,
                fails_after: (is_mixed && number % 5 == 2).then_some(number as u32 % 4),
                ends_after: (is_mixed && number % 7 == 3).then_some(1 + number as u32 % 4),
            });
        }
    }
    jobs
}

fn sweep(
    stop: Option<StopRule>,
    start_seeds: Option<u32>,
    slots: usize,
    jobs: Vec<SimulatedJob>,
) -> Sweep {
    Sweep {
        rules: SearchRules {
            settings: SearchSettings { stop, start_seeds },
            direction: Direction::Max,
            baseline: None,
        },
        jobs,
        slots,
        arrival: 0,
    }
}

/// Interrupts the sweep at every event, then (each time) a second time soon after, and compares
/// how it ends.
fn check_interruptions(sweep: &Sweep, is_as: impl Fn(&Disk, &Disk) -> Result<(), String>) {
    let mut undisturbed = Disk::new(sweep);
    assert!(undisturbed.run(sweep, None), "it ends");
    let events = undisturbed.events;
    assert!(undisturbed.verdicts().len() > 2, "something is decided");
    for first in 0..events {
        for (second, loses) in [(None, false), (Some(2 + first % 5), false), (None, true)] {
            let mut disk = Disk::new(sweep);
            let mut rest = Sweep {
                arrival: first,
                ..sweep.clone()
            };
            assert!(!disk.run(sweep, Some(first)), "interrupted after {first}");
            let before = disk.clone();
            if loses {
                disk.lose_unsynced();
            }
            if let Some(second) = second {
                disk.run(&rest, Some(disk.events + second));
                rest.arrival += 1;
            }
            assert!(disk.run(&rest, None), "it ends");
            disk.check_nothing_is_decided_again(sweep);
            let place = format!("{:?}, {first}, {second:?}, {loses}", sweep.rules.settings);
            is_as(&disk, &undisturbed).unwrap_or_else(|text| panic!("{place}: {text}"));
            if !loses {
                assert!(
                    disk.log.starts_with(&before.log),
                    "{place}: history changed"
                );
            }
        }
    }
}

/// The same decisions from the same values, the same jobs spared, the same winner.
fn ends_equal(disk: &Disk, undisturbed: &Disk) -> Result<(), String> {
    for (what, found, expected) in [
        ("verdicts", disk.verdicts(), undisturbed.verdicts()),
        ("records", disk.reported(), undisturbed.reported()),
        ("spared jobs", disk.outcomes(), undisturbed.outcomes()),
    ] {
        if found != expected {
            let mut pairs = found.iter().zip(&expected);
            let first = pairs.find(|(found, expected)| found != expected);
            let (found, expected) = (found.len(), expected.len());
            return Err(format!("{what}: {found}, not {expected}; {first:?}"));
        }
    }
    (disk.winner() == undisturbed.winner())
        .then_some(())
        .ok_or("another winner".to_string())
}

#[test]
fn rules_of_fixed_order_decide_as_if_undisturbed() {
    for kinds in [Kinds::Ordinary, Kinds::Mixed] {
        for slots in [1, 3] {
            for (stop, race, jobs) in [
                (Some(HALVING), None, jobs(9, 1, 9, kinds)),
                (Some(LATE_HALVING), None, jobs(5, 2, 8, kinds)),
                (None, Some(2), jobs(4, 5, 2, kinds)),
                (Some(HALVING), Some(2), jobs(5, 4, 4, kinds)),
            ] {
                check_interruptions(&sweep(stop, race, slots, jobs), ends_equal);
            }
        }
    }
}

/// What another experiment has trained is judged as if it was trained now: the decisions, and the
/// jobs that count in the end, are those of a sweep that trains everything itself.
#[test]
fn jobs_that_were_trained_before_change_no_decision() {
    for kinds in [Kinds::Ordinary, Kinds::Mixed] {
        for (stop, race, jobs) in [
            (Some(HALVING), None, jobs(9, 1, 9, kinds)),
            (Some(LATE_HALVING), None, jobs(5, 2, 8, kinds)),
            (None, Some(2), jobs(4, 5, 2, kinds)),
            (Some(HALVING), Some(2), jobs(5, 4, 4, kinds)),
            (Some(ASHA), None, jobs(9, 1, 9, kinds)),
            (Some(MEDIAN), None, jobs(6, 2, 6, kinds)),
        ] {
            let sweep = sweep(stop, race, 1, jobs);
            let mut alone = Disk::new(&sweep);
            assert!(alone.run(&sweep, None), "it ends");
            let all = 0..sweep.jobs.len();
            let is_trained = |job: &usize| sweep.jobs[*job].fails_after.is_none();
            let is_arrival = stop.is_some_and(|rule| rule.depends_on_arrival());
            for every in 1..4 {
                // Where the order of arrival counts, all that was trained before comes first.
                let before: Vec<usize> = all
                    .clone()
                    .filter(is_trained)
                    .filter(|job| job % every == 0 || is_arrival)
                    .collect();
                if is_arrival && before.len() < sweep.jobs.len() {
                    continue;
                }
                let mut disk = Disk::new(&sweep);
                disk.train_before(&sweep, before);
                assert!(disk.run(&sweep, None), "it ends");
                let place = format!("{:?}, every {every}", sweep.rules.settings);
                assert_eq!(disk.verdicts(), alone.verdicts(), "{place}");
                assert_eq!(disk.statuses(&sweep), alone.statuses(&sweep), "{place}");
                assert_eq!(disk.reported(), alone.reported(), "{place}");
                disk.check_nothing_is_decided_again(&sweep);
            }
        }
    }
}

#[test]
fn smaller_can_be_better_and_the_baseline_stays() {
    let mut sweep = sweep(Some(HALVING), None, 2, jobs(9, 1, 9, Kinds::Mixed));
    sweep.rules.direction = Direction::Min;
    sweep.rules.baseline = Some(4);
    check_interruptions(&sweep, ends_equal);
}

#[test]
fn rules_of_arrival_on_one_slot_decide_as_if_undisturbed() {
    for kinds in [Kinds::Ordinary, Kinds::Mixed] {
        for (rule, race) in [(ASHA, None), (MEDIAN, None), (ASHA, Some(2))] {
            let jobs = jobs(8, 2 + race.unwrap_or(0) as usize, 6, kinds);
            check_interruptions(&sweep(Some(rule), race, 1, jobs), ends_equal);
        }
    }
}

#[test]
fn rules_of_arrival_on_several_slots_keep_what_was_decided() {
    for kinds in [Kinds::Ordinary, Kinds::Mixed] {
        for rule in [ASHA, MEDIAN] {
            let sweep = sweep(Some(rule), None, 3, jobs(10, 1, 6, kinds));
            // That the history is kept and replayed is checked for all rules.
            check_interruptions(&sweep, |_, _| Ok(()));
        }
    }
}

#[test]
fn configurations_that_are_added_later_are_judged_by_the_recorded_values() {
    let all = sweep(Some(HALVING), None, 2, jobs(12, 1, 9, Kinds::Ordinary));
    let mut begun = all.clone();
    begun.jobs.truncate(9);
    let mut disk = Disk::new(&begun);
    assert!(disk.run(&begun, None));
    let before = disk.verdicts();
    disk.add_jobs(&all);
    assert!(disk.run(&all, None));
    disk.check_nothing_is_decided_again(&all);
    let after = disk.verdicts();
    assert!(after.starts_with(&before), "what was decided stays");
    let mut added: Vec<usize> = after[before.len()..].iter().map(|(job, ..)| *job).collect();
    added.sort_unstable();
    added.dedup();
    assert_eq!(added, [9, 10, 11], "only they are judged");
}

#[test]
fn seeds_that_are_added_later_follow_their_configuration() {
    let all = sweep(Some(HALVING), None, 2, jobs(9, 2, 9, Kinds::Ordinary));
    let mut begun = all.clone();
    begun.jobs.retain(|job| job.seed == 0);
    let mut disk = Disk::new(&begun);
    assert!(disk.run(&begun, None));
    let statuses = disk.statuses(&begun);
    disk.add_jobs(&all);
    assert!(disk.run(&all, None));
    let (mut finished, mut untrained) = (0, 0);
    for (number, job) in all.jobs.iter().enumerate().filter(|(_, job)| job.seed == 1) {
        let first = statuses[job.configuration];
        assert_eq!(disk.statuses(&all)[number], first, "job {number}");
        finished += usize::from(first == JobStatus::Finished);
        untrained += usize::from(disk.trained_epochs(number) == 0);
    }
    assert_eq!((finished, untrained), (1, 8));
}

#[test]
fn a_job_that_failed_at_a_decision_is_judged_by_it_when_it_succeeds() {
    let mut sweep = sweep(Some(HALVING), None, 1, jobs(9, 1, 9, Kinds::Ordinary));
    sweep.jobs[4].fails_after = Some(0);
    let mut disk = Disk::new(&sweep);
    assert!(disk.run(&sweep, None));
    let before = disk.verdicts();
    for (value, expected) in [(2.0, JobStatus::Finished), (-1.0, JobStatus::Pruned)] {
        let mut disk = disk.clone();
        sweep.jobs[4].fails_after = None;
        sweep.jobs[4].values = vec![value; 9];
        assert!(disk.run(&sweep, None));
        assert!(disk.verdicts().starts_with(&before));
        assert_eq!(disk.statuses(&sweep)[4], expected);
    }
}

#[test]
fn another_rule_is_not_bound_by_what_was_decided() {
    let one = sweep(Some(HALVING), None, 2, jobs(9, 1, 9, Kinds::Ordinary));
    let mut disk = Disk::new(&one);
    assert!(disk.run(&one, None));
    let stopped = |disk: &Disk, sweep: &Sweep| {
        let statuses = disk.statuses(sweep);
        statuses
            .iter()
            .filter(|status| **status == JobStatus::Pruned)
            .count()
    };
    assert_eq!(stopped(&disk, &one), 8);
    let mut other = one.clone();
    other.rules.settings.stop = Some(LATE_HALVING);
    assert!(disk.run(&other, None));
    assert_eq!(stopped(&disk, &other), 7, "of 9, 5, 3 and 2 go on");
    // The first rule's decisions bind again where the file asks for it again.
    assert!(disk.run(&one, None));
    disk.check_nothing_is_decided_again(&one);
}

#[test]
fn a_race_ends_although_its_baseline_is_not_pruned() {
    let mut sweep = sweep(None, Some(2), 1, jobs(4, 5, 2, Kinds::Ordinary));
    for configuration in 0..4 {
        sweep.rules.baseline = Some(configuration);
        let mut disk = Disk::new(&sweep);
        assert!(disk.run(&sweep, None), "it ends");
        disk.check_nothing_is_decided_again(&sweep);
    }
}
