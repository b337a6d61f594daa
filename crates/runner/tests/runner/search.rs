//! Stopping rules over recorded curves: what they spare, what they find, and what the order of
//! arrival changes.

use convsweep_runner::search::{
    JobStatus, SearchAction, SearchController, SearchJob, SearchRules, Simulation, simulate,
};
use convsweep_spec::log::Verdict;
use convsweep_spec::metric::Direction;
use convsweep_spec::search::{SearchSettings, StopRule};
use std::collections::BTreeMap;

const HALVING: StopRule = StopRule::SuccessiveHalving { eta: 3, first: 2 };

fn search(stop: Option<StopRule>, start_seeds: Option<u32>) -> SearchRules {
    SearchRules {
        settings: SearchSettings { stop, start_seeds },
        direction: Direction::Max,
        baseline: None,
    }
}

/// Curves that rise to a height of their own: `height(configuration, seed)`.
fn sweep(
    configurations: usize,
    seeds: usize,
    epochs: u32,
    height: impl Fn(usize, usize) -> f64,
) -> Vec<SearchJob> {
    let entry = |configuration: usize, seed: usize| {
        let top = height(configuration, seed);
        let curve = (1..=epochs)
            .map(|e| (e, top * (1.0 - 0.7f64.powi(e as i32))))
            .collect();
        SearchJob {
            configuration,
            seed,
            epochs,
            curve,
            standing: JobStatus::Finished,
        }
    };
    (0..configurations)
        .flat_map(|c| (0..seeds).map(move |s| (c, s)))
        .map(|(c, s)| entry(c, s))
        .collect()
}

fn rising(configurations: usize, seeds: usize) -> Vec<SearchJob> {
    sweep(configurations, seeds, 18, |c, s| {
        0.5 + 0.05 * c as f64 + 0.001 * (s % 3) as f64
    })
}

#[test]
fn halving_spends_a_part_and_finds_the_same_winner() {
    let recorded = rising(9, 2);
    let Simulation {
        jobs,
        spared,
        epochs,
        spent,
        best,
        found,
    } = simulate(&search(Some(HALVING), None), &recorded);
    assert_eq!((jobs, spared, epochs), (18, 16, 18 * 18));
    // Nine configurations for 2 epochs, three up to 6, one up to 18; two seeds each.
    assert_eq!(spent, 2 * (9 * 2 + 3 * 4 + 12));
    assert_eq!(best.unwrap().0, 8);
    assert_eq!(best, found);
}

/// Plays the sweep with `pick` choosing whose epoch comes next, and returns who was spared after
/// how many epochs.
fn play(
    search: SearchRules,
    recorded: &[SearchJob],
    mut pick: impl FnMut(usize) -> usize,
) -> BTreeMap<usize, u32> {
    let open = |e: &SearchJob| SearchJob {
        curve: BTreeMap::new(),
        standing: JobStatus::Open,
        ..e.clone()
    };
    let (mut director, mut actions) =
        SearchController::new(search, recorded.iter().map(open).collect());
    let (mut free, mut spared, mut done) = (vec![], BTreeMap::new(), vec![0; recorded.len()]);
    loop {
        for action in std::mem::take(&mut actions) {
            match action {
                SearchAction::Free(job) => free.push(job),
                SearchAction::Decide {
                    job,
                    epoch,
                    verdict: Verdict::Stop,
                    ..
                } => {
                    assert_eq!(spared.insert(job, epoch), None, "a job is spared once");
                    free.retain(|other| *other != job);
                }
                SearchAction::Decide { .. } => {}
            }
        }
        if free.is_empty() {
            break;
        }
        let place = pick(free.len());
        let job = free[place];
        done[job] += 1;
        let epoch: u32 = done[job];
        if epoch > recorded[job].epochs {
            free.remove(place);
            actions = director.ended(job, true);
            continue;
        }
        actions = director.metric(job, epoch, recorded[job].curve[&epoch]);
        if director.until(job) == Some(epoch) {
            free.retain(|other| *other != job);
            actions.extend(director.paused(job));
        }
    }
    assert!(
        director
            .entries()
            .iter()
            .all(|e| matches!(e.standing, JobStatus::Finished | JobStatus::Spared))
    );
    spared
}

/// A small generator of its own: the order of arrival, by a seed.
fn order(mut state: u64) -> impl FnMut(usize) -> usize {
    move |many| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % many
    }
}

#[test]
fn halving_and_racing_do_not_depend_on_the_order_of_arrival() {
    for rule in [
        search(Some(HALVING), None),
        search(None, Some(2)),
        search(Some(HALVING), Some(2)),
    ] {
        let recorded = rising(9, 4);
        let expect = play(rule.clone(), &recorded, |_| 0);
        assert!(!expect.is_empty());
        for seed in 0..20 {
            assert_eq!(
                play(rule.clone(), &recorded, order(seed)),
                expect,
                "{rule:?}"
            );
        }
    }
}

#[test]
fn asha_finds_the_winner_but_spares_others_in_another_order() {
    let recorded = rising(27, 1);
    let asha = search(Some(StopRule::Asha { eta: 3, first: 2 }), None);
    let runs: Vec<_> = (0..10)
        .map(|seed| play(asha.clone(), &recorded, order(seed)))
        .collect();
    assert!(
        runs.iter()
            .all(|spared| !spared.contains_key(&26) && !spared.is_empty())
    );
    assert!(
        runs.iter().any(|spared| *spared != runs[0]),
        "the order of arrival matters"
    );
    assert!(
        StopRule::Asha { eta: 3, first: 2 }.depends_on_arrival() && !HALVING.depends_on_arrival()
    );
    let mixed = sweep(27, 1, 18, |c, _| 0.5 + 0.01 * ((c * 10) % 27) as f64);
    let Simulation {
        spent,
        epochs,
        best,
        found,
        ..
    } = simulate(&asha, &mixed);
    assert!(spent < epochs * 2 / 3, "{spent} of {epochs}");
    assert_eq!(best, found);
}

#[test]
fn the_median_rule_spares_the_lower_half_at_most() {
    let simulated = simulate(
        &search(Some(StopRule::Median { first: 4 }), None),
        &sweep(12, 1, 18, |c, _| 0.5 + 0.05 * ((c * 5) % 12) as f64),
    );
    assert!((1..=8).contains(&simulated.spared), "{simulated:?}");
    assert_eq!(simulated.best, simulated.found);
}

#[test]
fn a_race_gives_more_seeds_to_rivals_alone() {
    // Configurations 3 and 4 differ by less than their seeds do; the others are far below.
    let noise = [0.0, 0.03, -0.02, 0.01, -0.03, 0.02];
    let height = |c: usize, s: usize| {
        [0.2, 0.3, 0.4, 0.80, 0.81][c] + if c == 3 { noise[s] } else { -noise[s] }
    };
    let recorded = sweep(5, 6, 4, height);
    let spared = play(search(None, Some(2)), &recorded, |_| 0);
    let seeds = |c: usize| 6 - spared.keys().filter(|&&job| job / 6 == c).count();
    assert_eq!(
        [seeds(0), seeds(1), seeds(2), seeds(3), seeds(4)],
        [2, 2, 2, 6, 6]
    );
    assert!(
        spared.values().all(|epoch| *epoch == 0),
        "spared before they began"
    );
}

#[test]
fn the_baseline_and_what_came_before_count() {
    let recorded = rising(9, 1);
    let with_baseline = SearchRules {
        baseline: Some(0),
        ..search(Some(HALVING), None)
    };
    assert!(!play(with_baseline, &recorded, |_| 0).contains_key(&0));
    // A sweep that goes on: everything is known up to epoch 2, nothing is asked again.
    let known = |e: &SearchJob| {
        let curve = e.curve.range(..=2).map(|(k, v)| (*k, *v)).collect();
        SearchJob {
            curve,
            standing: JobStatus::Open,
            ..e.clone()
        }
    };
    let (_, actions) = SearchController::new(
        search(Some(HALVING), None),
        recorded.iter().map(known).collect(),
    );
    let freed: Vec<_> = actions
        .iter()
        .filter(|a| matches!(a, SearchAction::Free(_)))
        .collect();
    assert_eq!(
        freed,
        [
            &SearchAction::Free(6),
            &SearchAction::Free(7),
            &SearchAction::Free(8)
        ]
    );
    let reasons = actions.iter().filter_map(|a| match a {
        SearchAction::Decide { job: 0, reason, .. } => Some(reason.clone()),
        _ => None,
    });
    let reason = reasons.collect::<Vec<_>>().concat();
    assert_eq!(
        reason,
        "0.2550 after 2 epochs is place 9 of 9; the best 3 go on (down to 0.4080)"
    );
}

#[test]
fn a_configuration_without_a_value_is_the_worst() {
    let mut recorded = rising(3, 1);
    recorded[2].curve.retain(|epoch, _| *epoch < 2);
    recorded[2].standing = JobStatus::Bad;
    let simulated = simulate(&search(Some(HALVING), None), &recorded);
    assert_eq!((simulated.found.unwrap().0, simulated.spared), (1, 1));
}
