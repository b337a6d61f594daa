//! Successive halving (Jamieson and Talwalkar 2016): every decision waits for all jobs.

use super::controller::{SearchController, shown};
use super::decisions::{best_share, compare, mean_of};
use super::job::JobStatus;
use convsweep_spec::log::Verdict;
use convsweep_spec::search::StopRule;
use std::collections::BTreeMap;

const RULE: &str = "successive-halving";

/// The configurations at a decision.
struct RungRanking {
    /// Configurations and their mean values, best first.
    order: Vec<(usize, Option<f64>)>,
    /// The configurations that continue, best first.
    kept: Vec<usize>,
    /// Epoch of the decision.
    rung: u32,
}

impl SearchController {
    /// Makes the next decision if all jobs have reached it; whether it was made.
    pub(super) fn decide_halving(&mut self) -> bool {
        let Some(StopRule::SuccessiveHalving { eta, .. }) = self.rules.settings.stop else {
            return false;
        };
        let Some(rung) = self.halving_rung() else {
            return false;
        };
        let competitors = self.competitors(rung);
        let mut waiting = Vec::new();
        for &job in &competitors {
            if self.jobs[job].is_undecided() {
                if !self.has_reached_rung(job) {
                    return false;
                }
                waiting.push(job);
            }
        }
        if waiting.is_empty() {
            return false;
        }
        let ranking = self.rank(&competitors, rung, eta);
        self.rung += 1;
        for job in waiting {
            self.apply(&ranking, job);
        }
        true
    }

    /// Jobs that the decision compares: all that are to be trained beyond it and not pruned. Later
    /// seeds belong to the race.
    fn competitors(&self, rung: u32) -> Vec<usize> {
        let start = self.rules.start_seeds();
        let mut competitors = Vec::new();
        for (number, job) in self.jobs.iter().enumerate() {
            let is_open = job.epochs > rung && job.status != JobStatus::Pruned;
            if is_open && job.seed < start {
                competitors.push(number);
            }
        }
        competitors
    }

    fn rank(&self, competitors: &[usize], rung: u32, eta: u32) -> RungRanking {
        let mut values: BTreeMap<usize, Vec<Option<f64>>> = BTreeMap::new();
        for &job in competitors {
            let job = &self.jobs[job];
            // A job that its own early stopping ended keeps its last value.
            let value = job.curve.kept_value(rung).or(job.final_value());
            values.entry(job.configuration).or_default().push(value);
        }
        let mut order = Vec::new();
        for (configuration, values) in values {
            order.push((configuration, mean_of(&values)));
        }
        let direction = self.rules.direction;
        let kept = best_share(direction, &order, eta);
        order.sort_by(|a, b| compare(direction, a.1, b.1));
        RungRanking { order, kept, rung }
    }

    fn apply(&mut self, ranking: &RungRanking, job: usize) {
        let configuration = self.jobs[job].configuration;
        let reason = ranking.reason(configuration);
        if ranking.kept.contains(&configuration) {
            self.record(job, Verdict::GoOn, RULE, reason);
            self.continue_job(job);
        } else if self.rules.baseline == Some(configuration) {
            self.record(
                job,
                Verdict::GoOn,
                RULE,
                format!("{reason}; it is the baseline"),
            );
            self.continue_job(job);
        } else {
            self.prune(job, RULE, reason);
        }
    }

    /// After a decision, a job that is already beyond the next one waits there; all others train.
    fn continue_job(&mut self, job: usize) {
        if self.has_reached_rung(job) {
            self.jobs[job].status = JobStatus::Waiting;
        } else if self.jobs[job].status == JobStatus::Waiting {
            self.release(job);
        }
    }
}

impl RungRanking {
    fn reason(&self, configuration: usize) -> String {
        let place = self
            .order
            .iter()
            .position(|(other, _)| *other == configuration);
        let place = place.unwrap_or(0);
        let worst_kept = self
            .order
            .get(self.kept.len() - 1)
            .and_then(|(_, value)| *value);
        format!(
            "{} after {} epochs ranks {} of {}; the best {} continue (down to {})",
            shown(self.order[place].1),
            self.rung,
            place + 1,
            self.order.len(),
            self.kept.len(),
            shown(worst_kept)
        )
    }
}
