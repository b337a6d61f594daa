//! The race over seeds: further seeds are trained only for configurations that may still be the
//! best.

use super::controller::{SearchController, shown};
use super::decisions::mean_of;
use super::job::{JobStatus, SearchJob};
use super::step::{Judge, SearchStep};
use convsweep_answers::may_still_be_best;
use convsweep_spec::log::{JobVerdict, JudgedJob};
use convsweep_spec::metric::Number;
use convsweep_spec::search::RACE;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a configuration in a round.
struct Contestant {
    /// Final values by seed; `None` if the seed failed or was not trained.
    values: Vec<Option<f64>>,
    /// Whether it may still be the best.
    survives: bool,
}

impl Contestant {
    fn summary(&self) -> String {
        let values = self.values.iter().flatten();
        let seeds = values.filter(|value| !value.is_nan()).count();
        if seeds == 0 && self.values.iter().any(Option::is_some) {
            return "the metric does not exist for its images: it is not compared and".to_string();
        }
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
        let mut jobs: Vec<JudgedJob<usize>> = Vec::with_capacity(self.jobs.len());
        for (number, job) in self.jobs.iter().enumerate() {
            jobs.push(JudgedJob {
                job: number,
                value: job.final_value().or(job.lacks_metric()).map(Number),
                mean: None,
                verdict: None,
            });
        }
        let contestants = self.contestants(&jobs);
        let rivals = rivals(&contestants);
        let mut released = BTreeSet::new();
        for job in waiting {
            let configuration = self.jobs[job].configuration;
            let is_dropped = self.dropped.contains(&configuration);
            let is_stopped = is_dropped || !contestants[&configuration].survives || rivals < 2;
            if is_stopped && !self.is_baseline(job) {
                jobs[job].verdict = Some(JobVerdict::Stop);
            } else if released.insert(configuration) {
                jobs[job].verdict = Some(JobVerdict::GoOn);
            }
        }
        self.decide(SearchStep {
            judge: Judge::Race,
            step: self.round + 1,
            jobs,
        });
        self.release_free_jobs();
        // Nothing has to be waited for if no job was released that has to be trained.
        let is_active = |job: &SearchJob| job.status == JobStatus::Active;
        !self.jobs.iter().any(is_active)
    }

    /// Carries out a round: its values and verdicts are those that it recorded.
    pub(super) fn apply_round(&mut self, step: &SearchStep, unreported: &BTreeSet<usize>) {
        self.round = self.round.max(step.step);
        let contestants = self.contestants(&step.jobs);
        let rivals = rivals(&contestants);
        for judged in &step.jobs {
            // Older programs counted jobs that were trained before without a verdict.
            if self.trained.contains_key(&judged.job) && judged.value.is_some() {
                self.raced.insert(judged.job);
            }
            let (job, Some(verdict)) = (judged.job, judged.verdict) else {
                continue;
            };
            if unreported.contains(&job) {
                let configuration = self.jobs[job].configuration;
                let reason = match self.dropped.contains(&configuration) {
                    true if verdict == JobVerdict::GoOn => "it is the baseline".to_string(),
                    true => "its configuration was dropped in an earlier round".to_string(),
                    false => contestants[&configuration].reason(verdict, rivals),
                };
                let epoch = self.jobs[job].curve.last_epoch();
                self.record(job, (verdict, epoch), RACE, reason);
            }
            match verdict {
                JobVerdict::Stop => self.stop(job),
                JobVerdict::GoOn => _ = self.raced.insert(job),
            }
        }
        for (configuration, contestant) in contestants {
            if !contestant.survives {
                self.dropped.insert(configuration);
            }
        }
    }

    /// How often the race may look at the results, up to its last seed.
    fn looks(&self) -> usize {
        let seeds = self.jobs.iter().map(|job| job.seed + 1).max().unwrap_or(0);
        seeds.saturating_sub(self.rules.start_seeds())
    }

    fn waiting_for_race(&self) -> Vec<usize> {
        let mut waiting = Vec::new();
        for (number, job) in self.jobs.iter().enumerate() {
            if self.is_of_race(number) && job.status == JobStatus::Waiting {
                waiting.push(number);
            }
        }
        waiting
    }

    /// Whether a job trains, or waits for a decision of successive halving.
    fn is_training_before_race(&self) -> bool {
        for (number, job) in self.jobs.iter().enumerate() {
            let waits = job.status == JobStatus::Waiting && !self.is_of_race(number);
            if job.status == JobStatus::Active || waits {
                return true;
            }
        }
        false
    }

    /// The configurations, given the values of their jobs.
    fn contestants(&self, jobs: &[JudgedJob<usize>]) -> BTreeMap<usize, Contestant> {
        let mut values: BTreeMap<usize, Vec<Option<f64>>> = BTreeMap::new();
        for judged in jobs {
            let job = &self.jobs[judged.job];
            let row = values.entry(job.configuration).or_default();
            row.resize(row.len().max(job.seed + 1), None);
            row[job.seed] = judged.value.map(|value| value.0);
        }
        let (numbers, rows): (Vec<usize>, Vec<Vec<Option<f64>>>) = values.into_iter().unzip();
        let survivors = may_still_be_best(self.rules.direction, &rows, self.looks());
        let mut contestants = BTreeMap::new();
        for ((number, values), survives) in numbers.into_iter().zip(rows).zip(survivors) {
            contestants.insert(number, Contestant { values, survives });
        }
        contestants
    }
}

impl Contestant {
    fn reason(&self, verdict: JobVerdict, rivals: usize) -> String {
        let summary = self.summary();
        match (verdict, self.survives) {
            (JobVerdict::GoOn, true) if rivals < 2 => {
                format!(
                    "{summary} is significantly the best, and it is the baseline: one more seed"
                )
            }
            (JobVerdict::GoOn, false) => {
                format!("{summary} is significantly worse than the best, but it is the baseline")
            }
            (JobVerdict::GoOn, true) => format!(
                "{summary} may still be the best, as {rivals} configurations may: one more seed"
            ),
            (JobVerdict::Stop, true) => {
                format!("{summary} is significantly the best: no more seeds are needed")
            }
            (JobVerdict::Stop, false) => format!("{summary} is significantly worse than the best"),
        }
    }
}

/// Number of configurations that may still be the best.
fn rivals(contestants: &BTreeMap<usize, Contestant>) -> usize {
    let survivors = contestants.values();
    survivors.filter(|contestant| contestant.survives).count()
}
