//! Translates between the search, which numbers the jobs of the plan, and the run, which numbers
//! the jobs that it trains.

use crate::search::{SearchAction, SearchController, SearchInput};
use convsweep_spec::job::Job;
use convsweep_spec::metric::{BEST_EPOCH, Number};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A search over the jobs of a run.
#[derive(Debug)]
pub(super) struct SearchAdapter {
    controller: SearchController,
    metric: String,
    /// The run's number of each job of the search.
    run_numbers: Vec<Option<usize>>,
    /// The search's number of each job of the run.
    search_numbers: Vec<Option<usize>>,
}

impl SearchAdapter {
    /// A search over the jobs of a run, with its first actions.
    pub(super) fn new(input: SearchInput, run: &[Job]) -> (SearchAdapter, Vec<SearchAction>) {
        let SearchInput {
            rules,
            metric,
            jobs,
            ids,
        } = input;
        let numbers: HashMap<_, _> = ids.iter().enumerate().map(|(i, id)| (id, i)).collect();
        let mut run_numbers = vec![None; jobs.len()];
        let mut search_numbers = vec![None; run.len()];
        for (number, job) in run.iter().enumerate() {
            if let Some(&in_search) = numbers.get(&job.id) {
                run_numbers[in_search] = Some(number);
                search_numbers[number] = Some(in_search);
            }
        }
        let (controller, actions) = SearchController::new(rules, jobs);
        let adapter = SearchAdapter {
            controller,
            metric,
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

    /// Number of epochs after which a job is to pause.
    pub(super) fn pause_epoch(&self, job: usize) -> Option<u32> {
        self.controller.pause_epoch(self.search_numbers[job]?)
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
        let Some(value) = values.get(&self.metric) else {
            return vec![];
        };
        let best_epoch = values.get(BEST_EPOCH).map(|number| number.0);
        self.controller
            .epoch_completed(in_search, epoch, value.0, best_epoch)
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
