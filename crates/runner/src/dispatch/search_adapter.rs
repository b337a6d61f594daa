//! The search's director in the run's terms: it speaks of entries of the plan, the run of its own
//! jobs.

use crate::policy::SearchInput;
use crate::search::{SearchAction, SearchController};
use convsweep_spec::job::Job;
use convsweep_spec::metric::Number;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A director over the jobs of a run.
#[derive(Debug)]
pub(crate) struct SearchAdapter {
    director: SearchController,
    metric: String,
    /// The run's job of each entry.
    jobs: Vec<Option<usize>>,
    /// The entry of each of the run's jobs.
    entries: Vec<Option<usize>>,
}

impl SearchAdapter {
    /// For the jobs of a run, with what is decided at once.
    pub(crate) fn new(directed: SearchInput, run: &[Job]) -> (SearchAdapter, Vec<SearchAction>) {
        let SearchInput {
            search,
            metric,
            entries,
            jobs: ids,
        } = directed;
        let places: HashMap<_, _> = ids.iter().enumerate().map(|(i, id)| (id, i)).collect();
        let mut jobs = vec![None; entries.len()];
        let mut of_run = vec![None; run.len()];
        for (job, id) in run.iter().map(|job| &job.id).enumerate() {
            if let Some(&entry) = places.get(id) {
                jobs[entry] = Some(job);
                of_run[job] = Some(entry);
            }
        }
        let (director, actions) = SearchController::new(search, entries);
        (
            SearchAdapter {
                director,
                metric,
                jobs,
                entries: of_run,
            },
            actions,
        )
    }

    /// Jobs that start only when they are freed.
    pub(crate) fn guided(&self) -> BTreeSet<usize> {
        self.jobs.iter().flatten().copied().collect()
    }

    /// The run's job of an entry.
    pub(crate) fn job(&self, entry: usize) -> Option<usize> {
        self.jobs[entry]
    }

    /// Epochs after which a job is to pause.
    pub(crate) fn until(&self, job: usize) -> Option<u32> {
        self.entries[job].and_then(|entry| self.director.until(entry))
    }

    /// The end of an epoch.
    pub(crate) fn metrics(
        &mut self,
        job: usize,
        epoch: u32,
        values: &BTreeMap<String, Number>,
    ) -> Vec<SearchAction> {
        match (self.entries[job], values.get(&self.metric)) {
            (Some(entry), Some(value)) => self.director.metric(entry, epoch, value.0),
            _ => vec![],
        }
    }

    /// A job ended where it was told to pause.
    pub(crate) fn paused(&mut self, job: usize) -> Vec<SearchAction> {
        self.entries[job]
            .map(|entry| self.director.paused(entry))
            .unwrap_or_default()
    }

    /// A job is done with.
    pub(crate) fn ended(&mut self, job: usize, finished: bool) -> Vec<SearchAction> {
        self.entries[job]
            .map(|entry| self.director.ended(entry, finished))
            .unwrap_or_default()
    }
}
