//! Translates between the search, which numbers the jobs of the plan, and the run, which numbers
//! the jobs that it trains.

use crate::search::{
    EarlyStopWatch, JobStatus, RuleIdentity, SearchAction, SearchController, SearchInput,
};
use convsweep_spec::event::{Evaluation, Part};
use convsweep_spec::figures::of_evaluation;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::log::Record;
use convsweep_spec::metric::{BEST_EPOCH, Number};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A search over the jobs of a run.
#[derive(Debug)]
pub(super) struct SearchAdapter {
    controller: SearchController,
    metric: String,
    /// What decisions are recorded under.
    identity: RuleIdentity,
    /// The id of each job of the search.
    ids: Vec<JobId>,
    early_stops: BTreeMap<usize, EarlyStopWatch>,
    /// The run's number of each job of the search.
    run_numbers: Vec<Option<usize>>,
    /// The search's number of each job of the run.
    search_numbers: Vec<Option<usize>>,
}

impl SearchAdapter {
    /// A search over the jobs of a run, with its first actions.
    pub(super) fn new(input: SearchInput, run: &[Job]) -> (SearchAdapter, Vec<SearchAction>) {
        let (past, identity) = (input.past(), input.identity());
        let SearchInput {
            rules,
            metric,
            jobs,
            ids,
            early_stops,
            ..
        } = input;
        let numbers: HashMap<_, _> = ids.iter().enumerate().map(|(i, id)| (id, i)).collect();
        let mut run_numbers = vec![None; jobs.len()];
        let mut search_numbers = vec![None; run.len()];
        for (number, job) in run.iter().enumerate() {
            let in_search = numbers.get(&job.id).copied();
            // A job that a person has trained to its end trains as if there was no search.
            let is_judged = |number: &usize| jobs[*number].status != JobStatus::Exempt;
            if let Some(in_search) = in_search.filter(is_judged) {
                run_numbers[in_search] = Some(number);
                search_numbers[number] = Some(in_search);
            }
        }
        let (controller, actions) = SearchController::resume(rules, jobs, &past);
        let adapter = SearchAdapter {
            controller,
            metric,
            identity,
            ids,
            early_stops,
            run_numbers,
            search_numbers,
        };
        (adapter, actions)
    }

    /// The run's jobs that start only when the search releases them.
    pub(super) fn controlled_jobs(&self) -> BTreeSet<usize> {
        self.run_numbers.iter().flatten().copied().collect()
    }

    /// The run's number of a job of the search.
    pub(super) fn run_number(&self, in_search: usize) -> Option<usize> {
        self.run_numbers[in_search]
    }

    /// What the experiment's log must hold before these actions are carried out. `newest_attempt`
    /// gives the number of a job of the run's newest attempt.
    pub(super) fn records(
        &self,
        actions: &[SearchAction],
        newest_attempt: impl Fn(usize) -> Option<u32>,
    ) -> Vec<Record> {
        let newest_attempt = |job: usize| newest_attempt(self.run_numbers[job]?);
        self.identity.records(actions, &self.ids, newest_attempt)
    }

    /// Whether a rule has stopped a job.
    pub(super) fn is_pruned(&self, job: usize) -> bool {
        let in_search = self.search_numbers[job];
        let status = in_search.map(|number| self.controller.jobs()[number].status);
        status == Some(JobStatus::Pruned)
    }

    /// Number of epochs after which a job is to pause.
    pub(super) fn pause_epoch(&self, job: usize) -> Option<u32> {
        self.controller.pause_epoch(self.search_numbers[job]?)
    }

    /// The first epoch after which a job has to wait until it is judged.
    pub(super) fn asks_from(&self, job: usize) -> Option<u32> {
        self.search_numbers[job]?;
        self.controller.asks_from()
    }

    /// A job completed an epoch with these metrics.
    pub(super) fn epoch_completed(
        &mut self,
        job: usize,
        epoch: u32,
        values: &BTreeMap<String, Number>,
    ) -> Vec<SearchAction> {
        let Some(in_search) = self.search_numbers[job] else {
            return vec![];
        };
        if let Some(watch) = self.early_stops.get_mut(&in_search)
            && let Some(watched) = values.get(watch.metric())
        {
            watch.insert(epoch, watched.0);
            if watch.is_due() {
                self.controller.job_ending(in_search);
            }
        }
        let number = |name: &str| values.get(name).map(|number| number.0);
        let (value, best_epoch) = (number(&self.metric), number(BEST_EPOCH));
        self.controller
            .epoch_completed(in_search, epoch, value, best_epoch)
    }

    /// A job was evaluated after its training.
    pub(super) fn evaluated(&mut self, job: usize, evaluation: &Evaluation) {
        if let Some(in_search) = self.search_numbers[job]
            && evaluation.part == Part::Validation
        {
            let (loss, accuracy) = (evaluation.loss.0, evaluation.accuracy.0);
            let value = of_evaluation(&self.metric, loss, accuracy);
            self.controller.evaluated(in_search, value);
        }
    }

    /// A job ended where it was to pause.
    pub(super) fn job_paused(&mut self, job: usize) -> Vec<SearchAction> {
        match self.search_numbers[job] {
            Some(in_search) => self.controller.job_paused(in_search),
            None => vec![],
        }
    }

    /// A job is done.
    pub(super) fn job_ended(&mut self, job: usize, is_finished: bool) -> Vec<SearchAction> {
        match self.search_numbers[job] {
            Some(in_search) => self.controller.job_ended(in_search, is_finished),
            None => vec![],
        }
    }
}
