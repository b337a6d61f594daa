//! Applies the rules while results arrive: which jobs wait, continue, or are pruned. A state
//! machine without processes.

use super::action::SearchAction;
use super::curve::Curve;
use super::input::SearchRules;
use super::job::{JobStatus, SearchJob};
use super::seen::{Arrivals, Rung};
use super::step::{Judge, PastStep, SearchPast, SearchStep};
use convsweep_spec::log::JobVerdict;
use std::collections::{BTreeMap, BTreeSet};

/// The state of a search.
#[derive(Clone, Debug)]
pub struct SearchController {
    pub(super) rules: SearchRules,
    pub(super) jobs: Vec<SearchJob>,
    /// Number of decisions of successive halving that each job has passed.
    pub(super) passed: Vec<u32>,
    /// The decisions of successive halving by number, from 0.
    pub(super) rungs: BTreeMap<u32, Rung>,
    /// What the rules that judge at arrival have seen.
    pub(super) arrivals: Arrivals,
    /// Number of rounds of the race so far.
    pub(super) round: u32,
    /// Jobs that the race has let start.
    pub(super) raced: BTreeSet<usize>,
    /// Configurations that the race has dropped.
    pub(super) dropped: BTreeSet<usize>,
    /// Jobs that only have to be evaluated: no rule stops them any more.
    pub(super) ending: BTreeSet<usize>,
    /// Jobs that have to run before they can wait for a decision.
    pub(super) unsettled: BTreeSet<usize>,
    /// Jobs that ended before the search began: they wait for decisions as if they trained now, and
    /// get this status when they are released.
    pub(super) trained: BTreeMap<usize, JobStatus>,
    /// Actions since they were last taken.
    pub(super) actions: Vec<SearchAction>,
}

impl SearchController {
    /// A search over these jobs without a past, and the first actions. Jobs that are
    /// [`JobStatus::Active`] wait until they are released.
    pub fn new(rules: SearchRules, jobs: Vec<SearchJob>) -> (SearchController, Vec<SearchAction>) {
        SearchController::resume(rules, jobs, &SearchPast::default())
    }

    /// The search that earlier runs began, and the first actions. The decisions of the past are
    /// replayed before any other is made.
    pub fn resume(
        rules: SearchRules,
        jobs: Vec<SearchJob>,
        past: &SearchPast,
    ) -> (SearchController, Vec<SearchAction>) {
        let mut search = SearchController {
            passed: vec![0; jobs.len()],
            rules,
            jobs,
            rungs: BTreeMap::new(),
            arrivals: Arrivals::default(),
            round: 0,
            raced: BTreeSet::new(),
            dropped: BTreeSet::new(),
            ending: BTreeSet::new(),
            unsettled: BTreeSet::new(),
            trained: BTreeMap::new(),
            actions: vec![],
        };
        search.hold_all();
        for past_step in &past.steps {
            search.replay(past_step);
        }
        search.stop_added_seeds();
        search.judge_recorded(&past.order);
        search.release_free_jobs();
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
        if self.is_of_race(job) {
            return None;
        }
        let rung = self.halving_rung(self.passed[job])?;
        (rung < self.jobs[job].epochs).then_some(rung)
    }

    /// The first epoch after which a job has to wait until it is judged, if a rule judges results
    /// as they arrive.
    pub fn asks_from(&self) -> Option<u32> {
        let rule = self.rules.settings.stop?;
        rule.judges_arrivals_from()
    }

    /// A job completed an epoch with this value of the metric, if it recorded one; `best_epoch` is
    /// the epoch with the best weights so far, if the job keeps these.
    pub fn epoch_completed(
        &mut self,
        job: usize,
        epoch: u32,
        value: impl Into<Option<f64>>,
        best_epoch: Option<f64>,
    ) -> Vec<SearchAction> {
        self.jobs[job].curve.insert(epoch, value, best_epoch);
        self.judge(job, epoch)
    }

    /// A job was evaluated after its training, with this value of the metric if the evaluation has
    /// it.
    pub fn evaluated(&mut self, job: usize, value: Option<f64>) {
        self.jobs[job].curve.set_evaluation(value);
    }

    /// A job's own early stopping ends it after the epoch that it completes next: no rule stops it
    /// any more.
    pub fn job_ending(&mut self, job: usize) {
        self.ending.insert(job);
    }

    /// [`SearchController::epoch_completed`] with an epoch of a recorded curve.
    pub(super) fn epoch_replayed(
        &mut self,
        job: usize,
        epoch: u32,
        recorded: &Curve,
    ) -> Vec<SearchAction> {
        self.jobs[job].curve.copy_epoch(epoch, recorded);
        self.judge(job, epoch)
    }

    /// The attempt of a job ended after [`SearchController::pause_epoch`] epochs.
    pub fn job_paused(&mut self, job: usize) -> Vec<SearchAction> {
        self.unsettled.remove(&job);
        self.set_ended(job, JobStatus::Waiting);
        if self.jobs[job].status == JobStatus::Waiting && !self.waits_at_rung(job) {
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

    fn judge(&mut self, job: usize, epoch: u32) -> Vec<SearchAction> {
        self.result_arrived(job, epoch);
        // Successive halving decides when jobs pause or end, not while they may still train.
        if !self.actions.is_empty() {
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

    /// All jobs that may be trained wait until they are released.
    fn hold_all(&mut self) {
        for (number, job) in self.jobs.iter_mut().enumerate() {
            match job.status {
                JobStatus::Active => {}
                JobStatus::Ending => _ = self.ending.insert(number),
                JobStatus::Unsettled => _ = self.unsettled.insert(number),
                JobStatus::Trained => _ = self.trained.insert(number, JobStatus::Finished),
                JobStatus::Unsuccessful => {
                    self.trained.insert(number, JobStatus::Unsuccessful);
                }
                _ => continue,
            }
            job.status = JobStatus::Waiting;
        }
    }

    fn replay(&mut self, past: &PastStep) {
        if past.is_of_this_stage {
            return self.apply_step(&past.step, &past.unreported);
        }
        for judged in &past.step.jobs {
            if judged.verdict == Some(JobVerdict::Stop) {
                self.stop(judged.job);
            }
        }
    }

    /// Carries out a decision, new or of an earlier run, and records what was decided about the
    /// jobs of `unreported`.
    pub(super) fn apply_step(&mut self, step: &SearchStep, unreported: &BTreeSet<usize>) {
        match (step.judge, self.rules.settings.stop) {
            (Judge::Race, _) => self.apply_round(step, unreported),
            (Judge::StopRule, Some(rule)) if rule.depends_on_arrival() => {
                self.apply_arrival(rule, step, unreported);
            }
            (Judge::StopRule, Some(_)) => self.apply_rung(step, unreported),
            (Judge::StopRule, None) => {}
        }
    }

    /// Makes a new decision.
    pub(super) fn decide(&mut self, step: SearchStep) {
        let decided = step.jobs.iter().filter(|judged| judged.verdict.is_some());
        let unreported: BTreeSet<usize> = decided.map(|judged| judged.job).collect();
        self.actions.push(SearchAction::Judge(step.clone()));
        self.apply_step(&step, &unreported);
    }

    /// Releases all waiting jobs that wait neither for a decision of successive halving nor for the
    /// race.
    pub(super) fn release_free_jobs(&mut self) {
        for job in 0..self.jobs.len() {
            let is_held = match self.is_of_race(job) {
                true => !self.raced.contains(&job),
                false => self.waits_at_rung(job),
            };
            if self.jobs[job].status == JobStatus::Waiting && !is_held {
                self.release(job);
            }
        }
    }

    fn release(&mut self, job: usize) {
        if let Some(end) = self.trained.get(&job) {
            self.jobs[job].status = *end;
            return;
        }
        self.jobs[job].status = JobStatus::Active;
        self.actions.push(SearchAction::Release(job));
    }

    /// Prunes the job, unless it has ended or is the baseline.
    pub(super) fn stop(&mut self, job: usize) {
        if self.jobs[job].is_undecided() && !self.is_baseline(job) {
            self.jobs[job].status = JobStatus::Pruned;
        }
    }

    /// Records a decision about a job that has not ended. `epoch` is the epoch whose result was
    /// looked at, however far the job has come.
    pub(super) fn record(
        &mut self,
        job: usize,
        (verdict, epoch): (JobVerdict, u32),
        rule: &'static str,
        reason: String,
    ) {
        if !self.jobs[job].is_undecided() {
            return;
        }
        self.actions.push(SearchAction::Decide {
            job,
            epoch,
            verdict,
            rule,
            reason,
        });
    }

    pub(super) fn is_baseline(&self, job: usize) -> bool {
        self.rules.baseline == Some(self.jobs[job].configuration)
    }

    /// Whether the race decides whether the job starts.
    pub(super) fn is_of_race(&self, job: usize) -> bool {
        self.jobs[job].seed >= self.rules.start_seeds()
    }
}

/// A value in a reason.
pub(super) fn shown(value: Option<f64>) -> String {
    value.map_or("no value".to_string(), |value| format!("{value:.4}"))
}
