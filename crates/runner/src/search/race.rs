//! The race over seeds: further seeds are trained only for configurations that may still be the
//! best.

use super::controller::{SearchController, shown};
use super::decisions::{mean_of, race_survivors};
use super::job::JobStatus;
use convsweep_spec::log::Verdict;
use std::collections::{BTreeMap, BTreeSet};

const RULE: &str = "race";

/// What is known of a configuration in a round.
struct Contestant {
    /// Final values by seed; `None` if the seed failed or was not trained.
    values: Vec<Option<f64>>,
    /// Whether it may still be the best.
    survives: bool,
}

impl Contestant {
    fn summary(&self) -> String {
        let seeds = self.values.iter().flatten().count();
        format!("{} over {seeds} seeds", shown(mean_of(&self.values)))
    }
}

impl SearchController {
    /// One round of the race, once all jobs that train are done; whether another round may follow
    /// at once.
    pub(super) fn decide_race(&mut self) -> bool {
        let waiting = self.waiting_for_race();
        if waiting.is_empty() || self.is_training_before_race() {
            return false;
        }
        let contestants = self.contestants();
        let rivals = contestants
            .values()
            .filter(|contestant| contestant.survives)
            .count();
        let mut released = BTreeSet::new();
        for job in waiting {
            let configuration = self.jobs[job].configuration;
            let contestant = &contestants[&configuration];
            if !contestant.survives || rivals < 2 {
                let reason = prune_reason(contestant);
                self.prune(job, RULE, reason);
            } else if released.insert(configuration) {
                let summary = contestant.summary();
                let reason = format!(
                    "{summary} may still be the best, as {rivals} configurations may: \
                     one more seed"
                );
                self.record(job, Verdict::GoOn, RULE, reason);
                self.release(job);
            }
        }
        released.is_empty()
    }

    fn waiting_for_race(&self) -> Vec<usize> {
        let start = self.rules.start_seeds();
        let mut waiting = Vec::new();
        for (number, job) in self.jobs.iter().enumerate() {
            if job.seed >= start && job.status == JobStatus::Waiting {
                waiting.push(number);
            }
        }
        waiting
    }

    /// Whether a job trains, or waits for a decision of successive halving.
    fn is_training_before_race(&self) -> bool {
        let start = self.rules.start_seeds();
        for job in &self.jobs {
            let waits = job.status == JobStatus::Waiting && job.seed < start;
            if job.status == JobStatus::Active || waits {
                return true;
            }
        }
        false
    }

    fn contestants(&self) -> BTreeMap<usize, Contestant> {
        let mut values: BTreeMap<usize, Vec<Option<f64>>> = BTreeMap::new();
        for job in &self.jobs {
            let row = values.entry(job.configuration).or_default();
            row.resize(row.len().max(job.seed + 1), None);
            row[job.seed] = job.final_value();
        }
        let (numbers, rows): (Vec<usize>, Vec<Vec<Option<f64>>>) = values.into_iter().unzip();
        let survivors = race_survivors(self.rules.direction, &rows);
        let mut contestants = BTreeMap::new();
        for ((number, values), survives) in numbers.into_iter().zip(rows).zip(survivors) {
            contestants.insert(number, Contestant { values, survives });
        }
        contestants
    }
}

fn prune_reason(contestant: &Contestant) -> String {
    let summary = contestant.summary();
    match contestant.survives {
        true => format!("{summary} is significantly the best: no more seeds are needed"),
        false => format!("{summary} is significantly worse than the best"),
    }
}
