//! The rules that judge a job as soon as it has completed an epoch, so that the order in which
//! results arrive matters: ASHA (Li et al. 2020) and the median rule (Golovin et al. 2017).
//!
//! Each arrival is recorded with its value, so that a later run judges by the same ones. What a job
//! trained after it was stopped does not arrive.

use super::controller::SearchController;
use super::controller::shown;
use super::decisions::{asha_continues, below_median, mean};
use super::job::JobStatus;
use super::step::{Judge, SearchStep};
use convsweep_spec::log::{JobVerdict, JudgedJob};
use convsweep_spec::metric::Number;
use convsweep_spec::search::StopRule;
use std::collections::BTreeSet;

impl SearchController {
    /// A result is there: the job is pruned if a rule says so.
    pub(super) fn result_arrived(&mut self, job: usize, epoch: u32) {
        let Some(rule) = self.rules.settings.stop else {
            return;
        };
        let has_left = matches!(self.jobs[job].status, JobStatus::Pruned | JobStatus::Exempt);
        let Some(mut judged) = self.arrival(rule, job, epoch).filter(|_| !has_left) else {
            return;
        };
        let ends =
            self.ending.contains(&job) || self.trained.get(&job) == Some(&JobStatus::Finished);
        let ends_here = ends && epoch >= self.jobs[job].curve.last_epoch();
        let is_judged = self.jobs[job].is_undecided()
            && !self.is_baseline(job)
            && !ends_here
            && epoch < self.jobs[job].epochs;
        if is_judged {
            judged.verdict = match self.reason_to_stop(rule, epoch, &judged) {
                Some(_) => Some(JobVerdict::Stop),
                None => Some(JobVerdict::GoOn),
            };
        }
        self.decide(SearchStep {
            judge: Judge::StopRule,
            step: epoch,
            jobs: vec![judged],
        });
    }

    /// The results that earlier runs recorded and did not judge arrive in this order of jobs.
    pub(super) fn judge_recorded(&mut self, order: &[usize]) {
        let known = order.iter().copied().filter(|job| *job < self.jobs.len());
        let mut jobs: Vec<usize> = known.collect();
        let ordered: BTreeSet<usize> = jobs.iter().copied().collect();
        jobs.extend((0..self.jobs.len()).filter(|job| !ordered.contains(job)));
        for job in jobs {
            let epochs: Vec<u32> = self.jobs[job].curve.epochs().collect();
            for epoch in epochs {
                self.result_arrived(job, epoch);
            }
        }
    }

    /// The result of a job after an epoch; `None` if the rule does not look at it, or has already.
    fn arrival(&self, rule: StopRule, number: usize, epoch: u32) -> Option<JudgedJob<usize>> {
        let job = &self.jobs[number];
        let counts = match rule {
            StopRule::SuccessiveHalving { .. } => false,
            StopRule::Median { first } => epoch >= first,
            StopRule::Asha { .. } => {
                let is_compared = !self.is_baseline(number) && epoch < job.epochs;
                is_compared && rule.rung_number(epoch).is_some()
            }
        };
        if !counts || self.arrivals.has_seen(number, epoch) {
            return None;
        }
        let value = job.curve.kept_value(epoch)?;
        let mean = match rule {
            StopRule::Median { .. } => Some(mean(&job.curve.kept_values_until(epoch))),
            StopRule::Asha { .. } | StopRule::SuccessiveHalving { .. } => None,
        };
        Some(JudgedJob {
            job: number,
            value: Some(Number(value)),
            mean: mean.map(Number),
            verdict: None,
        })
    }

    /// Why the rule prunes a job with this result, given those that arrived before, if it does.
    fn reason_to_stop(
        &self,
        rule: StopRule,
        epoch: u32,
        judged: &JudgedJob<usize>,
    ) -> Option<String> {
        // A metric that does not exist, such as an area under the ROC curve of a single class, stops
        // no job.
        let value = judged.value.map(|value| value.0).filter(|v| !v.is_nan())?;
        match rule {
            StopRule::Asha { eta, .. } => self.asha(eta, epoch, value),
            StopRule::Median { .. } => self.median(judged.job, epoch, value),
            StopRule::SuccessiveHalving { .. } => None,
        }
    }

    fn asha(&self, eta: u32, epoch: u32, value: f64) -> Option<String> {
        let mut earlier = self.arrivals.values(epoch).to_vec();
        earlier.retain(|value| !value.is_nan());
        if asha_continues(self.rules.direction, &earlier, value, eta) {
            return None;
        }
        let (value, count) = (shown(Some(value)), earlier.len() + 1);
        Some(format!(
            "{value} after {epoch} epochs is not among the best 1 in {eta} of {count} jobs so far"
        ))
    }

    fn median(&self, job: usize, epoch: u32, value: f64) -> Option<String> {
        let configuration = self.jobs[job].configuration;
        let mut others = Vec::new();
        for (other, mean) in self.arrivals.means(epoch) {
            if *other != configuration && !mean.is_nan() {
                others.push(*mean);
            }
        }
        let count = others.len();
        let median = below_median(self.rules.direction, value, others)?;
        let (value, median) = (shown(Some(value)), shown(Some(median)));
        Some(format!(
            "{value} after {epoch} epochs is worse than {median}, the median of {count} other jobs"
        ))
    }

    /// Carries out a decision: its values and verdicts are those that it recorded.
    pub(super) fn apply_arrival(
        &mut self,
        rule: StopRule,
        step: &SearchStep,
        unreported: &BTreeSet<usize>,
    ) {
        for judged in &step.jobs {
            let job = judged.job;
            let is_stopped = judged.verdict == Some(JobVerdict::Stop);
            if is_stopped && unreported.contains(&job) {
                let reason = self.reason_to_stop(rule, step.step, judged);
                let reason = reason.unwrap_or("it was decided in an earlier run".to_string());
                self.record(job, (JobVerdict::Stop, step.step), rule.name(), reason);
            }
            self.note_arrival(step.step, judged);
            if is_stopped {
                self.note_unjudged(rule, job, step.step);
                self.stop(job);
            }
        }
    }

    /// The results of a job until it was stopped count, even if the log lacks some of them.
    fn note_unjudged(&mut self, rule: StopRule, job: usize, until: u32) {
        let epochs: Vec<u32> = self.jobs[job].curve.epochs().collect();
        for epoch in epochs.into_iter().filter(|epoch| *epoch <= until) {
            if let Some(judged) = self.arrival(rule, job, epoch) {
                self.note_arrival(epoch, &judged);
            }
        }
    }

    fn note_arrival(&mut self, epoch: u32, judged: &JudgedJob<usize>) {
        let configuration = self.jobs[judged.job].configuration;
        self.arrivals.note(epoch, judged, configuration);
    }
}
