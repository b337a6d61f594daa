//! Applies the rules while results arrive: which jobs wait, continue, or are pruned. A state
//! machine without processes.

use super::curve::Curve;
use super::decisions::mean;
use super::input::SearchRules;
use super::job::{JobStatus, SearchJob};
use convsweep_spec::log::Verdict;
use convsweep_spec::search::StopRule;
use std::collections::{BTreeMap, BTreeSet};

/// An action that the controller asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchAction {
    /// The job may train, up to [`SearchController::pause_epoch`].
    Release(usize),
    /// A decision to record. With [`Verdict::Stop`] the job is pruned.
    Decide {
        /// The job.
        job: usize,
        /// Number of epochs that it had completed.
        epoch: u32,
        /// The decision.
        verdict: Verdict,
        /// Name of the rule.
        rule: &'static str,
        /// The reason.
        reason: String,
    },
}

/// The state of a search.
#[derive(Clone, Debug)]
pub struct SearchController {
    pub(super) rules: SearchRules,
    pub(super) jobs: Vec<SearchJob>,
    /// Number of the next decision of successive halving.
    pub(super) rung: u32,
    /// Jobs and epochs at which ASHA has judged them.
    pub(super) judged: BTreeSet<(usize, u32)>,
    /// Values of the judged jobs, by epoch.
    pub(super) judged_values: BTreeMap<u32, Vec<f64>>,
    /// For the median rule: by epoch, each job's configuration and its mean value up to there.
    pub(super) running_means: BTreeMap<u32, Vec<(usize, f64)>>,
    /// Actions since they were last taken.
    pub(super) actions: Vec<SearchAction>,
}

impl SearchController {
    /// A search over these jobs, and the first actions. Jobs that are [`JobStatus::Active`] wait
    /// until they are released.
    pub fn new(rules: SearchRules, jobs: Vec<SearchJob>) -> (SearchController, Vec<SearchAction>) {
        let mut search = SearchController {
            rules,
            jobs,
            rung: 0,
            judged: BTreeSet::new(),
            judged_values: BTreeMap::new(),
            running_means: BTreeMap::new(),
            actions: vec![],
        };
        let mut open = Vec::new();
        for (number, job) in search.jobs.iter_mut().enumerate() {
            if job.status == JobStatus::Active {
                job.status = JobStatus::Waiting;
                open.push(number);
            }
        }
        for job in 0..search.jobs.len() {
            let epochs: Vec<u32> = search.jobs[job].curve.epochs().collect();
            for epoch in epochs {
                search.note_mean(job, epoch);
            }
        }
        let start = search.rules.start_seeds();
        for job in open {
            if search.jobs[job].seed < start && !search.has_reached_rung(job) {
                search.release(job);
            }
        }
        search.settle();
        let actions = search.take_actions();
        (search, actions)
    }

    /// The jobs in their current state.
    pub fn jobs(&self) -> &[SearchJob] {
        &self.jobs
    }

    /// Number of epochs after which the job is to pause; `None` if it trains to its end.
    pub fn pause_epoch(&self, job: usize) -> Option<u32> {
        let job = &self.jobs[job];
        let rung = self.halving_rung()?;
        let is_raced = job.seed >= self.rules.start_seeds();
        (rung < job.epochs && !is_raced).then_some(rung)
    }

    /// A job completed an epoch with this value of the metric; `best_epoch` is the epoch with the
    /// best weights so far, if the job keeps these.
    pub fn epoch_completed(
        &mut self,
        job: usize,
        epoch: u32,
        value: f64,
        best_epoch: Option<f64>,
    ) -> Vec<SearchAction> {
        let is_new = self.jobs[job].curve.insert(epoch, value, best_epoch);
        self.judge(job, epoch, is_new)
    }

    /// [`SearchController::epoch_completed`] with an epoch of a recorded curve.
    pub(super) fn epoch_replayed(
        &mut self,
        job: usize,
        epoch: u32,
        recorded: &Curve,
    ) -> Vec<SearchAction> {
        let is_new = self.jobs[job].curve.copy_epoch(epoch, recorded);
        self.judge(job, epoch, is_new)
    }

    /// The attempt of a job ended after [`SearchController::pause_epoch`] epochs.
    pub fn job_paused(&mut self, job: usize) -> Vec<SearchAction> {
        self.set_ended(job, JobStatus::Waiting);
        // The decision may have been made while the job was still on its way to its pause.
        if self.jobs[job].status == JobStatus::Waiting && !self.has_reached_rung(job) {
            self.release(job);
        }
        self.take_actions()
    }

    /// A job will not be trained further: it finished all of its epochs, or failed.
    pub fn job_ended(&mut self, job: usize, is_finished: bool) -> Vec<SearchAction> {
        let status = match is_finished {
            true => JobStatus::Finished,
            false => JobStatus::Unsuccessful,
        };
        self.set_ended(job, status);
        self.take_actions()
    }

    fn judge(&mut self, job: usize, epoch: u32, is_new: bool) -> Vec<SearchAction> {
        if is_new {
            self.note_mean(job, epoch);
        }
        self.apply_arrival_rule(job, epoch);
        // Nothing else can have become decidable: looking at all jobs after each epoch of each job
        // would take long.
        let reached_rung = self.halving_rung().is_some_and(|rung| epoch >= rung);
        if !self.actions.is_empty() || reached_rung {
            self.settle();
        }
        self.take_actions()
    }

    fn set_ended(&mut self, job: usize, status: JobStatus) {
        if self.jobs[job].is_undecided() {
            self.jobs[job].status = status;
            self.settle();
        }
    }

    /// Makes every decision for which all results are there.
    fn settle(&mut self) {
        while self.decide_halving() {}
        while self.decide_race() {}
    }

    fn take_actions(&mut self) -> Vec<SearchAction> {
        std::mem::take(&mut self.actions)
    }

    fn note_mean(&mut self, job: usize, epoch: u32) {
        if let Some(StopRule::Median { .. }) = self.rules.settings.stop {
            let job = &self.jobs[job];
            let mean = mean(&job.curve.values_until(epoch));
            let means = self.running_means.entry(epoch).or_default();
            means.push((job.configuration, mean));
        }
    }

    pub(super) fn release(&mut self, job: usize) {
        self.jobs[job].status = JobStatus::Active;
        self.actions.push(SearchAction::Release(job));
    }

    pub(super) fn prune(&mut self, job: usize, rule: &'static str, reason: String) {
        self.jobs[job].status = JobStatus::Pruned;
        self.record(job, Verdict::Stop, rule, reason);
    }

    pub(super) fn record(
        &mut self,
        job: usize,
        verdict: Verdict,
        rule: &'static str,
        reason: String,
    ) {
        self.actions.push(SearchAction::Decide {
            job,
            epoch: self.jobs[job].curve.last_epoch(),
            verdict,
            rule,
            reason,
        });
    }

    /// The epoch of the next decision of successive halving.
    pub(super) fn halving_rung(&self) -> Option<u32> {
        let rule = self.rules.settings.stop?;
        if rule.depends_on_arrival() {
            return None;
        }
        rule.rung(self.rung)
    }

    /// Whether the job has trained as far as the next decision of successive halving needs.
    pub(super) fn has_reached_rung(&self, job: usize) -> bool {
        let job = &self.jobs[job];
        let rung = self.halving_rung();
        rung.is_some_and(|rung| rung < job.epochs && job.curve.has(rung))
    }
}

/// A value in a reason.
pub(super) fn shown(value: Option<f64>) -> String {
    value.map_or("no value".to_string(), |value| format!("{value:.4}"))
}
