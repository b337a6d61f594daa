//! What a rule would have spared, and lost, on recorded curves. A pure function.

use super::SearchRules;
use super::controller::{JobStatus, SearchAction, SearchController, SearchJob};
use super::rules::{compare, mean_of};
use convsweep_spec::log::Verdict;
use std::collections::BTreeMap;

/// What a rule would have done.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// Jobs there are.
    pub jobs: usize,
    /// Jobs that the rule would have spared in part or whole.
    pub spared: usize,
    /// Epochs that were trained.
    pub epochs: u64,
    /// Epochs that the rule would have trained.
    pub spent: u64,
    /// The best configuration of all, by its mean over seeds.
    pub best: Option<(usize, f64)>,
    /// The best configuration of those that the rule would have trained to the end, by the same
    /// mean over all seeds.
    pub found: Option<(usize, f64)>,
}

impl Simulation {
    /// Share of the epochs that the rule would have spared, 0 to 1.
    pub fn share_spared(&self) -> f64 {
        if self.epochs == 0 {
            0.0
        } else {
            1.0 - self.spent as f64 / self.epochs as f64
        }
    }

    /// How much worse the found configuration is than the best one, in the metric's unit; 0 where
    /// it is the same.
    pub fn regret(&self) -> f64 {
        match (self.best, self.found) {
            (Some((_, best)), Some((_, found))) => (best - found).abs(),
            _ => 0.0,
        }
    }
}

/// Plays the recorded curves, one epoch of every free job after the other, and counts.
pub fn simulate(search: &SearchRules, recorded: &[SearchJob]) -> Simulation {
    let blank = |entry: &SearchJob| SearchJob {
        curve: BTreeMap::new(),
        standing: JobStatus::Open,
        ..entry.clone()
    };
    let (mut director, actions) =
        SearchController::new(search.clone(), recorded.iter().map(blank).collect());
    let mut free: Vec<usize> = Vec::new();
    let mut spared = vec![false; recorded.len()];
    let mut done = vec![0u32; recorded.len()];
    let take = |actions: Vec<SearchAction>, free: &mut Vec<usize>, spared: &mut Vec<bool>| {
        for action in actions {
            match action {
                SearchAction::Free(job) => free.push(job),
                SearchAction::Decide {
                    job,
                    verdict: Verdict::Stop,
                    ..
                } => {
                    spared[job] = true;
                    free.retain(|other| *other != job);
                }
                SearchAction::Decide { .. } => {}
            }
        }
    };
    take(actions, &mut free, &mut spared);
    while !free.is_empty() {
        free.sort_unstable();
        for job in free.clone() {
            if !free.contains(&job) {
                continue;
            }
            let Some((&epoch, &value)) = recorded[job].curve.range(done[job] + 1..).next() else {
                free.retain(|other| *other != job);
                let finished = recorded[job].standing == JobStatus::Finished;
                take(director.ended(job, finished), &mut free, &mut spared);
                continue;
            };
            done[job] = epoch;
            take(director.metric(job, epoch, value), &mut free, &mut spared);
            if free.contains(&job) && director.until(job) == Some(epoch) {
                free.retain(|other| *other != job);
                take(director.paused(job), &mut free, &mut spared);
            }
        }
    }
    let (best, found) = winners(search, recorded, &spared);
    Simulation {
        jobs: recorded.len(),
        spared: spared.iter().filter(|s| **s).count(),
        epochs: recorded.iter().map(|e| e.curve.len() as u64).sum(),
        spent: done.iter().map(|d| u64::from(*d)).sum(),
        best,
        found,
    }
}

/// A configuration's index and its mean.
type Winner = Option<(usize, f64)>;

/// The best configuration of all, and of those with a job that was not spared.
fn winners(search: &SearchRules, recorded: &[SearchJob], spared: &[bool]) -> (Winner, Winner) {
    let mut values: BTreeMap<usize, (Vec<Option<f64>>, bool)> = BTreeMap::new();
    for (entry, spared) in recorded.iter().zip(spared) {
        let last = entry
            .curve
            .values()
            .next_back()
            .copied()
            .filter(|_| entry.standing == JobStatus::Finished);
        let of = values.entry(entry.configuration).or_default();
        of.0.push(last);
        of.1 |= !spared;
    }
    let best = |only_kept: bool| {
        let kept = values.iter().filter(|(_, (_, kept))| *kept || !only_kept);
        let means = kept.filter_map(|(c, (values, _))| Some((*c, mean_of(values)?)));
        means.min_by(|a, b| compare(search.direction, Some(a.1), Some(b.1)))
    };
    (best(false), best(true))
}
