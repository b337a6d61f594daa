//! What a rule would have pruned, and lost, on recorded curves.

use super::action::SearchAction;
use super::controller::SearchController;
use super::curve::Curve;
use super::decisions::mean_of;
use super::input::SearchRules;
use super::job::{JobStatus, SearchJob};
use convsweep_spec::figures::better_first;
use convsweep_spec::log::JobVerdict;
use std::collections::BTreeMap;

/// A configuration and its mean value.
type Winner = Option<(usize, f64)>;

/// What a rule would have done.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// Number of jobs.
    pub jobs: usize,
    /// Number of jobs that would have been pruned before their end.
    pub pruned: usize,
    /// Number of epochs that were trained.
    pub epochs: u64,
    /// Number of epochs that would have been trained.
    pub spent: u64,
    /// The best of all configurations, by its mean over seeds.
    pub best: Option<(usize, f64)>,
    /// The best of the configurations that would have been trained to the end, by the same mean
    /// over all seeds.
    pub found: Option<(usize, f64)>,
}

impl Simulation {
    /// Fraction of the epochs that would have been saved, 0 to 1.
    pub fn saved_fraction(&self) -> f64 {
        if self.epochs == 0 {
            return 0.0;
        }
        1.0 - self.spent as f64 / self.epochs as f64
    }

    /// How much worse the found configuration is than the best one, in the metric's unit; 0 if it
    /// is the same.
    pub fn regret(&self) -> f64 {
        match (self.best, self.found) {
            (Some((_, best)), Some((_, found))) => (best - found).abs(),
            _ => 0.0,
        }
    }
}

/// Replays the recorded curves, one epoch of every released job after the other.
pub fn simulate(rules: &SearchRules, recorded: &[SearchJob]) -> Simulation {
    let mut playback = Playback::new(rules, recorded);
    while !playback.released.is_empty() {
        playback.released.sort_unstable();
        for job in playback.released.clone() {
            if playback.released.contains(&job) {
                playback.train_one_epoch(job);
            }
        }
    }
    Simulation {
        jobs: recorded.len(),
        pruned: playback.pruned.iter().filter(|pruned| **pruned).count(),
        epochs: recorded.iter().map(|job| job.curve.len() as u64).sum(),
        spent: playback.trained.iter().map(|epoch| u64::from(*epoch)).sum(),
        best: best_configuration(rules, recorded, |_| true),
        found: best_configuration(rules, recorded, |job| !playback.pruned[job]),
    }
}

struct Playback<'a> {
    recorded: &'a [SearchJob],
    search: SearchController,
    /// Jobs that may train.
    released: Vec<usize>,
    /// Whether each job was pruned.
    pruned: Vec<bool>,
    /// Number of trained epochs of each job.
    trained: Vec<u32>,
}

impl<'a> Playback<'a> {
    fn new(rules: &SearchRules, recorded: &'a [SearchJob]) -> Self {
        let jobs = recorded.iter().map(untrained).collect();
        let (search, actions) = SearchController::new(rules.clone(), jobs);
        let mut playback = Playback {
            recorded,
            search,
            released: vec![],
            pruned: vec![false; recorded.len()],
            trained: vec![0; recorded.len()],
        };
        playback.apply(actions);
        playback
    }

    fn train_one_epoch(&mut self, job: usize) {
        let recorded = &self.recorded[job];
        let Some(epoch) = recorded.curve.next_epoch(self.trained[job]) else {
            self.remove(job);
            let is_finished = recorded.status == JobStatus::Finished;
            let actions = self.search.job_ended(job, is_finished);
            return self.apply(actions);
        };
        self.trained[job] = epoch;
        let is_last = recorded.curve.next_epoch(epoch).is_none();
        if is_last && recorded.status == JobStatus::Finished {
            self.search.job_ending(job);
        }
        let actions = self.search.epoch_replayed(job, epoch, &recorded.curve);
        self.apply(actions);
        if self.released.contains(&job) && self.search.pause_epoch(job) == Some(epoch) {
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
                    verdict: JobVerdict::Stop,
                    ..
                } => {
                    self.pruned[job] = true;
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

/// The job before its first epoch.
fn untrained(job: &SearchJob) -> SearchJob {
    SearchJob {
        curve: Curve::default(),
        status: JobStatus::Active,
        ..job.clone()
    }
}

/// The best of the configurations that have a job that counts; its mean is over all of its jobs.
fn best_configuration(
    rules: &SearchRules,
    recorded: &[SearchJob],
    counts: impl Fn(usize) -> bool,
) -> Winner {
    let mut values: BTreeMap<usize, (Vec<Option<f64>>, bool)> = BTreeMap::new();
    for (number, job) in recorded.iter().enumerate() {
        let (values, has_one) = values.entry(job.configuration).or_default();
        values.push(job.final_value());
        *has_one |= counts(number);
    }
    let mut best: Winner = None;
    for (configuration, (values, has_one)) in values {
        let Some(mean) = mean_of(&values).filter(|_| has_one) else {
            continue;
        };
        let best_mean = best.map(|(_, mean)| mean);
        if best.is_none() || better_first(rules.direction, Some(mean), best_mean).is_lt() {
            best = Some((configuration, mean));
        }
    }
    best
}
