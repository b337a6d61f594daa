//! The rules that judge a job as soon as it has completed an epoch, so that the order in which
//! results arrive matters: ASHA (Li et al. 2020) and the median rule (Golovin et al. 2017).

use super::controller::{SearchController, shown};
use super::decisions::{asha_continues, below_median};
use super::job::JobStatus;
use convsweep_spec::search::StopRule;

/// More decisions than any job has epochs for.
const MAX_RUNGS: u32 = 32;

impl SearchController {
    /// Prunes the job if a rule says so after this epoch.
    pub(super) fn apply_arrival_rule(&mut self, number: usize, epoch: u32) {
        let Some(rule) = self.rules.settings.stop else {
            return;
        };
        let job = &self.jobs[number];
        let is_baseline = self.rules.baseline == Some(job.configuration);
        if job.status != JobStatus::Active || is_baseline || epoch >= job.epochs {
            return;
        }
        let reason = match rule {
            StopRule::Asha { eta, .. } => self.asha(rule, eta, number, epoch),
            StopRule::Median { first } if epoch >= first => self.median(number, epoch),
            StopRule::Median { .. } | StopRule::SuccessiveHalving { .. } => None,
        };
        if let Some(reason) = reason {
            self.prune(number, rule.name(), reason);
        }
    }

    /// Why ASHA prunes the job, if it does.
    fn asha(&mut self, rule: StopRule, eta: u32, job: usize, epoch: u32) -> Option<String> {
        if !is_rung(rule, epoch) || !self.judged.insert((job, epoch)) {
            return None;
        }
        let value = self.jobs[job].curve.kept_value(epoch)?;
        let earlier = self.judged_values.entry(epoch).or_default();
        let continues = asha_continues(self.rules.direction, earlier, value, eta);
        earlier.push(value);
        if continues {
            return None;
        }
        let (value, count) = (shown(Some(value)), earlier.len());
        Some(format!(
            "{value} after {epoch} epochs is not among the best 1 in {eta} of {count} jobs so far"
        ))
    }

    /// Why the median rule prunes the job, if it does.
    fn median(&self, job: usize, epoch: u32) -> Option<String> {
        let job = &self.jobs[job];
        let own = job.curve.values_until(epoch);
        let mut others = Vec::new();
        for (configuration, mean) in self.running_means.get(&epoch).into_iter().flatten() {
            if *configuration != job.configuration {
                others.push(*mean);
            }
        }
        let count = others.len();
        let (best, median) = below_median(self.rules.direction, &own, others)?;
        let (best, median) = (shown(Some(best)), shown(Some(median)));
        Some(format!(
            "its best value until epoch {epoch}, {best}, is worse than {median}, \
             the median of {count} other jobs"
        ))
    }
}

/// Whether the rule decides after this epoch.
fn is_rung(rule: StopRule, epoch: u32) -> bool {
    (0..MAX_RUNGS).any(|number| rule.rung(number) == Some(epoch))
}
