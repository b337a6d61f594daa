//! Stopping rules over recorded curves: what they prune, what they find, and whether the order in
//! which results arrive matters.

use convsweep_runner::search::{
    Curve, JobStatus, SearchAction, SearchController, SearchJob, SearchRules, Simulation, simulate,
};
use convsweep_spec::log::JobVerdict;
use convsweep_spec::metric::Direction;
use convsweep_spec::search::{SearchSettings, StopRule};
use std::collections::BTreeMap;

const HALVING: StopRule = StopRule::SuccessiveHalving { eta: 3, first: 2 };
const ASHA: StopRule = StopRule::Asha { eta: 3, first: 2 };

fn rules(stop: Option<StopRule>, start_seeds: Option<u32>) -> SearchRules {
    SearchRules {
        settings: SearchSettings { stop, start_seeds },
        direction: Direction::Max,
        baseline: None,
    }
}

/// A value that approaches `top`.
fn rising(top: f64, epoch: u32) -> f64 {
    top * (1.0 - 0.7f64.powi(epoch as i32))
}

/// Finished jobs whose curves approach `top(configuration, seed)`.
fn sweep(
    configurations: usize,
    seeds: usize,
    epochs: u32,
    top: impl Fn(usize, usize) -> f64,
) -> Vec<SearchJob> {
    let mut jobs = Vec::new();
    for configuration in 0..configurations {
        for seed in 0..seeds {
            let top = top(configuration, seed);
            jobs.push(SearchJob {
                configuration,
                seed,
                epochs,
                curve: (1..=epochs)
                    .map(|epoch| (epoch, rising(top, epoch)))
                    .collect(),
                status: JobStatus::Finished,
            });
        }
    }
    jobs
}

/// Later configurations are better; seeds differ little.
fn ordered_sweep(configurations: usize, seeds: usize) -> Vec<SearchJob> {
    sweep(configurations, seeds, 18, |configuration, seed| {
        0.5 + 0.05 * configuration as f64 + 0.001 * (seed % 3) as f64
    })
}

/// A sweep that is replayed with a chosen order of arrival.
struct Replay<'a> {
    recorded: &'a [SearchJob],
    search: SearchController,
    /// Jobs that may train.
    released: Vec<usize>,
    /// Pruned jobs, and after how many epochs.
    pruned: BTreeMap<usize, u32>,
    /// Trained epochs of each job.
    trained: Vec<u32>,
}

impl<'a> Replay<'a> {
    /// Replays to the end; `pick` chooses the next job out of the given number. Returns the pruned
    /// jobs, and after how many epochs each was pruned.
    fn run(
        rules: &SearchRules,
        recorded: &'a [SearchJob],
        mut pick: impl FnMut(usize) -> usize,
    ) -> BTreeMap<usize, u32> {
        let untrained = |job: &SearchJob| SearchJob {
            curve: Curve::default(),
            status: JobStatus::Active,
            ..job.clone()
        };
        let jobs = recorded.iter().map(untrained).collect();
        let (search, actions) = SearchController::new(rules.clone(), jobs);
        let mut replay = Replay {
            recorded,
            search,
            released: vec![],
            pruned: BTreeMap::new(),
            trained: vec![0; recorded.len()],
        };
        replay.apply(actions);
        while !replay.released.is_empty() {
            let job = replay.released[pick(replay.released.len())];
            replay.train_one_epoch(job);
        }
        let ended = |job: &SearchJob| matches!(job.status, JobStatus::Finished | JobStatus::Pruned);
        assert!(replay.search.jobs().iter().all(ended));
        replay.pruned
    }

    fn train_one_epoch(&mut self, job: usize) {
        self.trained[job] += 1;
        let epoch = self.trained[job];
        let Some(value) = self.recorded[job].curve.kept_value(epoch) else {
            self.remove(job);
            let actions = self.search.job_ended(job, true);
            return self.apply(actions);
        };
        let actions = self.search.epoch_completed(job, epoch, value, None);
        let pauses = self.search.pause_epoch(job) == Some(epoch);
        self.apply(actions);
        if pauses {
            self.remove(job);
            let actions = self.search.job_paused(job);
            self.apply(actions);
        }
    }

    fn apply(&mut self, actions: Vec<SearchAction>) {
        for action in actions {
            match action {
                SearchAction::Release(job) => self.released.push(job),
                SearchAction::Decide {
                    job,
                    epoch,
                    verdict: JobVerdict::Stop,
                    ..
                } => {
                    let earlier = self.pruned.insert(job, epoch);
                    assert_eq!(earlier, None, "a job is pruned once");
                    self.remove(job);
                }
                SearchAction::Decide { .. } | SearchAction::Judge(_) => {}
            }
        }
    }

    fn remove(&mut self, job: usize) {
        self.released.retain(|other| *other != job);
    }
}

/// A pseudorandom order of arrival.
fn shuffled(mut state: u64) -> impl FnMut(usize) -> usize {
    move |count| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    }
}

fn first(_: usize) -> usize {
    0
}

#[test]
fn halving_trains_a_part_and_finds_the_same_winner() {
    let recorded = ordered_sweep(9, 2);
    let found = simulate(&rules(Some(HALVING), None), &recorded);
    assert_eq!((found.jobs, found.pruned, found.epochs), (18, 16, 18 * 18));
    // Nine configurations for 2 epochs, three of them up to 6, one up to 18; two seeds each.
    assert_eq!(found.spent, 2 * (9 * 2 + 3 * 4 + 12));
    assert_eq!(found.best.unwrap().0, 8);
    assert_eq!((found.best, found.regret()), (found.found, 0.0));
}

#[test]
fn halving_and_races_do_not_depend_on_the_order_of_arrival() {
    let recorded = ordered_sweep(9, 4);
    for rules in [
        rules(Some(HALVING), None),
        rules(None, Some(2)),
        rules(Some(HALVING), Some(2)),
    ] {
        let expect = Replay::run(&rules, &recorded, first);
        assert!(!expect.is_empty());
        for seed in 0..20 {
            let pruned = Replay::run(&rules, &recorded, shuffled(seed));
            assert_eq!(pruned, expect, "{rules:?}");
        }
    }
}

#[test]
fn asha_finds_the_winner_in_any_order_but_prunes_other_jobs() {
    let recorded = ordered_sweep(27, 1);
    let asha = rules(Some(ASHA), None);
    let replay = |seed| Replay::run(&asha, &recorded, shuffled(seed));
    let runs: Vec<_> = (0..10).map(replay).collect();
    for pruned in &runs {
        assert!(!pruned.is_empty() && !pruned.contains_key(&26));
    }
    assert!(runs.iter().any(|pruned| *pruned != runs[0]));
    assert!(ASHA.depends_on_arrival() && !HALVING.depends_on_arrival());
}

#[test]
fn asha_saves_a_third_of_a_mixed_sweep() {
    let top = |configuration: usize, _| 0.5 + 0.01 * ((configuration * 10) % 27) as f64;
    let found = simulate(&rules(Some(ASHA), None), &sweep(27, 1, 18, top));
    assert!(found.saved_fraction() > 1.0 / 3.0, "{found:?}");
    assert_eq!(found.best, found.found);
}

#[test]
fn the_median_rule_prunes_the_lower_half_at_most() {
    let top = |configuration: usize, _| 0.5 + 0.05 * ((configuration * 5) % 12) as f64;
    let median = rules(Some(StopRule::Median { first: 4 }), None);
    let found = simulate(&median, &sweep(12, 1, 18, top));
    assert!((1..=8).contains(&found.pruned), "{found:?}");
    assert_eq!(found.best, found.found);
}

#[test]
fn a_race_gives_more_seeds_only_to_rivals() {
    // Configurations 3 and 4 differ by less than their seeds do; the others are far below.
    let noise = [0.0, 0.03, -0.02, 0.01, -0.03, 0.02];
    let top = |configuration: usize, seed: usize| match configuration {
        3 => 0.80 + noise[seed],
        4 => 0.81 - noise[seed],
        other => 0.2 + 0.1 * other as f64 - noise[seed],
    };
    let recorded = sweep(5, 6, 4, top);
    let pruned = Replay::run(&rules(None, Some(2)), &recorded, first);
    let mut seeds = [6; 5];
    for job in pruned.keys() {
        seeds[recorded[*job].configuration] -= 1;
    }
    assert_eq!(seeds, [2, 2, 2, 6, 6]);
    assert!(
        pruned.values().all(|epoch| *epoch == 0),
        "pruned before they started"
    );
}

#[test]
fn the_baseline_is_never_pruned() {
    let rules = SearchRules {
        baseline: Some(0),
        ..rules(Some(HALVING), None)
    };
    let pruned = Replay::run(&rules, &ordered_sweep(9, 1), first);
    assert!(!pruned.is_empty() && !pruned.contains_key(&0));
}

#[test]
fn a_continued_sweep_uses_what_was_recorded() {
    let mut jobs = ordered_sweep(9, 1);
    for job in &mut jobs {
        let values = job.curve.values_until(2);
        job.curve = (1..).zip(values).collect();
        job.status = JobStatus::Active;
    }
    let (_, actions) = SearchController::new(rules(Some(HALVING), None), jobs);
    let mut released = vec![];
    let mut reasons = vec![];
    for action in actions {
        match action {
            SearchAction::Release(job) => released.push(job),
            SearchAction::Decide { job: 0, reason, .. } => reasons.push(reason),
            SearchAction::Decide { .. } | SearchAction::Judge(_) => {}
        }
    }
    assert_eq!(released, [6, 7, 8]);
    let reason = "0.2550 after 2 epochs ranks 9 of 9; the best 3 continue (down to 0.4080)";
    assert_eq!(reasons, [reason]);
}

#[test]
fn a_configuration_without_a_value_is_the_worst() {
    let mut recorded = ordered_sweep(3, 1);
    recorded[2].curve = [(1, 0.5)].into_iter().collect();
    recorded[2].status = JobStatus::Unsuccessful;
    let Simulation { found, pruned, .. } = simulate(&rules(Some(HALVING), None), &recorded);
    assert_eq!((found.unwrap().0, pruned), (1, 1));
}

/// A job of two epochs that keeps its best weights.
fn best_keeping_job(configuration: usize, seed: usize, values: [f64; 2]) -> SearchJob {
    let best_epoch = if values[0] > values[1] { 1.0 } else { 2.0 };
    let mut curve = Curve::default();
    curve.insert(1, values[0], Some(1.0));
    curve.insert(2, values[1], Some(best_epoch));
    SearchJob {
        configuration,
        seed,
        epochs: 2,
        curve,
        status: JobStatus::Finished,
    }
}

#[test]
fn a_race_compares_the_values_of_the_kept_epochs() {
    // Configuration 0 was best after its first epoch, whose weights it kept.
    let recorded = [
        best_keeping_job(0, 0, [0.90, 0.10]),
        best_keeping_job(0, 1, [0.91, 0.11]),
        best_keeping_job(0, 2, [0.92, 0.12]),
        best_keeping_job(1, 0, [0.40, 0.50]),
        best_keeping_job(1, 1, [0.41, 0.51]),
        best_keeping_job(1, 2, [0.42, 0.52]),
    ];
    let found = simulate(&rules(None, Some(2)), &recorded);
    assert_eq!(found.best.map(|(configuration, _)| configuration), Some(0));
    assert_eq!(found.best, found.found);
    // The difference is significant after two seeds: no third seed is trained.
    assert_eq!((found.pruned, found.spent), (2, 8));
}

#[test]
fn halving_compares_the_values_of_the_kept_epochs() {
    let mut recorded = vec![
        best_keeping_job(0, 0, [0.90, 0.10]),
        best_keeping_job(1, 0, [0.40, 0.50]),
        best_keeping_job(2, 0, [0.30, 0.20]),
    ];
    for job in &mut recorded {
        job.epochs = 6;
        job.status = JobStatus::Active;
    }
    let (search, _) = SearchController::new(rules(Some(HALVING), None), recorded);
    let status = |job: usize| search.jobs()[job].status;
    assert_eq!(status(0), JobStatus::Active);
    assert_eq!(
        (status(1), status(2)),
        (JobStatus::Pruned, JobStatus::Pruned)
    );
}

/// The jobs of `sweep`, but the metric does not exist for the images of these configurations.
fn without_metric(mut jobs: Vec<SearchJob>, lacking: &[usize]) -> Vec<SearchJob> {
    for job in jobs
        .iter_mut()
        .filter(|job| lacking.contains(&job.configuration))
    {
        job.curve = (1..=job.epochs).map(|epoch| (epoch, f64::NAN)).collect();
    }
    jobs
}

#[test]
fn a_metric_that_does_not_exist_stops_no_job() {
    let median = StopRule::Median { first: 4 };
    for rule in [HALVING, ASHA, median] {
        let none = without_metric(ordered_sweep(9, 1), &Vec::from_iter(0..9));
        for seed in 0..5 {
            let pruned = Replay::run(&rules(Some(rule), None), &none, shuffled(seed));
            assert!(pruned.is_empty(), "{rule:?}: {pruned:?}");
        }
        let some = without_metric(ordered_sweep(9, 1), &[0, 5]);
        let pruned = Replay::run(&rules(Some(rule), None), &some, |count| count - 1);
        let of_lacking = |job: &&usize| [0, 5].contains(&some[**job].configuration);
        assert_eq!(pruned.keys().filter(of_lacking).count(), 0, "{rule:?}");
        assert!(!pruned.is_empty(), "{rule:?}: the others are compared");
    }
    let none = without_metric(ordered_sweep(3, 4), &[0, 1, 2]);
    let pruned = Replay::run(&rules(None, Some(2)), &none, first);
    assert!(pruned.is_empty(), "a race: {pruned:?}");
}
