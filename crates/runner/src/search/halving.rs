//! Successive halving (Jamieson and Talwalkar 2016): every decision waits for all jobs.
//!
//! A decision is made once. Jobs that come later, because the file was extended or because they had
//! failed, are judged at the same epoch against the values that the decision recorded.

use super::controller::{SearchController, shown};
use super::decisions::{best_share, mean_of};
use super::job::JobStatus;
use super::seen::Rung;
use super::step::{Judge, SearchStep};
use convsweep_spec::figures::better_first;
use convsweep_spec::log::{JobVerdict, JudgedJob};
use convsweep_spec::metric::{Direction, Number};
use convsweep_spec::search::StopRule;
use std::collections::{BTreeMap, BTreeSet};

const RULE: &str = "successive-halving";

/// The configurations at a decision.
struct RungRanking {
    /// Configurations and their mean values, best first.
    order: Vec<(usize, Option<f64>)>,
    /// The configurations that continue, best first.
    kept: Vec<usize>,
    /// Those whose jobs have no value because the metric does not exist for their images; they
    /// continue.
    not_compared: Vec<usize>,
    /// Epoch of the decision.
    rung: u32,
}

impl SearchController {
    /// The epoch of a decision of successive halving.
    pub(super) fn halving_rung(&self, number: u32) -> Option<u32> {
        let rule = self.rules.settings.stop?;
        if rule.depends_on_arrival() {
            return None;
        }
        rule.rung(number)
    }

    /// Whether the job has paused at its next decision of successive halving.
    pub(super) fn waits_at_rung(&self, number: usize) -> bool {
        let job = &self.jobs[number];
        let rung = self.pause_epoch(number);
        job.status == JobStatus::Waiting
            && !self.ending.contains(&number)
            && !self.unsettled.contains(&number)
            && rung.is_some_and(|rung| job.curve.has(rung) && !self.has_ended_at(number, rung))
    }

    /// Whether the job ended before the search began, and its own early stopping or its divergence
    /// kept it from the decision after this epoch.
    fn has_ended_at(&self, number: usize, rung: u32) -> bool {
        let last = self.jobs[number].curve.last_epoch();
        match self.trained.get(&number) {
            Some(JobStatus::Finished) => last <= rung,
            Some(_) => last < rung,
            None => false,
        }
    }

    /// Makes the next decision if all of its jobs have reached it; whether it was made.
    pub(super) fn decide_halving(&mut self) -> bool {
        let mut pending: Vec<usize> = Vec::new();
        for job in 0..self.jobs.len() {
            if !self.jobs[job].is_undecided() || self.pause_epoch(job).is_none() {
                continue;
            }
            // Those that have come least far decide first: the others wait for them.
            let first = pending.first().map(|first| self.passed[*first]);
            if first.is_some_and(|first| self.passed[job] < first) {
                pending.clear();
            }
            if first.is_none_or(|first| self.passed[job] <= first) {
                pending.push(job);
            }
        }
        let Some(rung) = pending.first().and_then(|job| self.pause_epoch(*job)) else {
            return false;
        };
        if !pending.iter().all(|job| self.waits_at_rung(*job)) {
            return false;
        }
        self.decide_rung(rung, &pending.into_iter().collect());
        self.release_free_jobs();
        true
    }

    fn decide_rung(&mut self, rung: u32, pending: &BTreeSet<usize>) {
        let number = pending.first().map(|job| self.passed[*job]);
        let recorded = number.and_then(|number| self.rungs.get(&number));
        let recorded = recorded.cloned().unwrap_or_default();
        let mut jobs = Vec::new();
        for job in self.competitors(rung, &recorded) {
            let value = match recorded.get(&job) {
                Some(judged) if !pending.contains(&job) => judged.value,
                _ => self.value_at(job, rung).map(Number),
            };
            jobs.push(JudgedJob {
                job,
                value,
                mean: None,
                verdict: None,
            });
        }
        let ranking = self.rank(&jobs, rung);
        for judged in &mut jobs {
            if pending.contains(&judged.job) {
                let configuration = self.jobs[judged.job].configuration;
                let earlier = self.earlier_verdict(&recorded, configuration);
                judged.verdict = Some(earlier.unwrap_or(self.verdict(&ranking, configuration)));
            }
        }
        self.decide(SearchStep {
            judge: Judge::StopRule,
            step: rung,
            jobs,
        });
    }

    /// Jobs that the decision compares: all that it compared before, and all that are to be trained
    /// beyond it and not pruned. Later seeds belong to the race.
    fn competitors(&self, rung: u32, recorded: &Rung) -> Vec<usize> {
        let mut competitors = Vec::new();
        for (number, job) in self.jobs.iter().enumerate() {
            let is_open = job.epochs > rung && job.status != JobStatus::Pruned;
            if !self.is_of_race(number) && (is_open || recorded.contains_key(&number)) {
                competitors.push(number);
            }
        }
        competitors
    }

    /// A job's value after this many epochs; a job that its own early stopping ended keeps its last
    /// one.
    fn value_at(&self, job: usize, rung: u32) -> Option<f64> {
        let job = &self.jobs[job];
        job.curve.kept_value(rung).or(job.final_value())
    }

    fn rank(&self, jobs: &[JudgedJob<usize>], rung: u32) -> RungRanking {
        let eta = match self.rules.settings.stop {
            Some(StopRule::SuccessiveHalving { eta, .. }) => eta,
            _ => 1,
        };
        let mut values: BTreeMap<usize, Vec<Option<f64>>> = BTreeMap::new();
        for judged in jobs {
            let configuration = self.jobs[judged.job].configuration;
            let value = judged.value.map(|value| value.0);
            values.entry(configuration).or_default().push(value);
        }
        RungRanking::of(self.rules.direction, values, rung, eta)
    }

    fn verdict(&self, ranking: &RungRanking, configuration: usize) -> JobVerdict {
        let is_baseline = self.rules.baseline == Some(configuration);
        match is_baseline || ranking.continues(configuration) {
            true => JobVerdict::GoOn,
            false => JobVerdict::Stop,
        }
    }

    /// What was decided about the configuration before: it holds for all of its jobs.
    fn earlier_verdict(&self, recorded: &Rung, configuration: usize) -> Option<JobVerdict> {
        let mut judged = recorded.values().rev();
        judged.find_map(|judged| {
            judged
                .verdict
                .filter(|_| self.jobs[judged.job].configuration == configuration)
        })
    }

    /// Carries out a decision: its values and verdicts are those that it recorded.
    pub(super) fn apply_rung(&mut self, step: &SearchStep, unreported: &BTreeSet<usize>) {
        let rule = self.rules.settings.stop;
        let Some(number) = rule.and_then(|rule| rule.rung_number(step.step)) else {
            return;
        };
        let recorded = self.rungs.get(&number).cloned().unwrap_or_default();
        let ranking = self.rank(&step.jobs, step.step);
        for judged in &step.jobs {
            let job = judged.job;
            if let Some(verdict) = judged.verdict {
                if unreported.contains(&job) {
                    let reason = self.rung_reason(&ranking, &recorded, judged);
                    self.record(job, (verdict, step.step), RULE, reason);
                }
                match verdict {
                    JobVerdict::Stop => self.stop(job),
                    JobVerdict::GoOn => {}
                }
            }
            // Older programs let jobs that were trained before pass without a verdict.
            let was_passed = self.trained.contains_key(&job) && judged.value.is_some();
            if judged.verdict.is_some() || was_passed {
                self.passed[job] = self.passed[job].max(number + 1);
            }
            let rung = self.rungs.entry(number).or_default();
            let verdict = judged
                .verdict
                .or(rung.get(&job).and_then(|old| old.verdict));
            let judged = judged.clone();
            rung.insert(job, JudgedJob { verdict, ..judged });
        }
    }

    fn rung_reason(
        &self,
        ranking: &RungRanking,
        recorded: &Rung,
        judged: &JudgedJob<usize>,
    ) -> String {
        let configuration = self.jobs[judged.job].configuration;
        let reason = ranking.reason(configuration);
        if self.earlier_verdict(recorded, configuration).is_some() {
            return format!("{reason}; this was decided when its other jobs were");
        }
        let is_kept = ranking.continues(configuration);
        match self.is_baseline(judged.job) && !is_kept {
            true => format!("{reason}; it is the baseline"),
            false => reason,
        }
    }

    /// Seeds that were added after a decision stopped their configuration are not trained.
    pub(super) fn stop_added_seeds(&mut self) {
        let mut seen = BTreeSet::new();
        let mut stopped_after = BTreeMap::new();
        for (number, rung) in &self.rungs {
            for judged in rung.values() {
                seen.insert(judged.job);
                if judged.verdict == Some(JobVerdict::Stop) {
                    let epochs = self.halving_rung(*number).unwrap_or(0);
                    stopped_after.insert(self.jobs[judged.job].configuration, epochs);
                }
            }
        }
        for job in 0..self.jobs.len() {
            let is_free = self.is_of_race(job) || self.is_baseline(job) || seen.contains(&job);
            let epochs = stopped_after.get(&self.jobs[job].configuration);
            if let Some(epochs) = epochs.filter(|_| !is_free && !self.ending.contains(&job)) {
                let reason = format!("its configuration was stopped after {epochs} epochs");
                let epoch = self.jobs[job].curve.last_epoch();
                self.record(job, (JobVerdict::Stop, epoch), RULE, reason);
                self.stop(job);
            }
        }
    }
}

impl RungRanking {
    fn of(
        direction: Direction,
        values: BTreeMap<usize, Vec<Option<f64>>>,
        rung: u32,
        eta: u32,
    ) -> RungRanking {
        let (mut order, mut not_compared) = (Vec::new(), Vec::new());
        for (configuration, values) in values {
            let mean = mean_of(&values);
            let lacks_metric = values.iter().flatten().any(|value| value.is_nan());
            if mean.is_none() && lacks_metric {
                not_compared.push(configuration);
            } else {
                order.push((configuration, mean));
            }
        }
        let kept = best_share(direction, &order, eta);
        order.sort_by(|a, b| better_first(direction, a.1, b.1));
        RungRanking {
            order,
            kept,
            not_compared,
            rung,
        }
    }

    fn continues(&self, configuration: usize) -> bool {
        self.kept.contains(&configuration) || self.not_compared.contains(&configuration)
    }

    fn reason(&self, configuration: usize) -> String {
        if self.not_compared.contains(&configuration) {
            let epochs = self.rung;
            return format!(
                "the metric does not exist for its images after {epochs} epochs, so that it is not \
                compared"
            );
        }
        let mut places = self.order.iter();
        let place = places.position(|(other, _)| *other == configuration);
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
