//! Which jobs of a run can start from a state that another job of the same run will save.
//!
//! A job whose first epochs equal another's whole training (ten epochs; ten epochs and a phase at a
//! lower rate) waits for that job and continues from its state. The result is the same, to the bit,
//! as training from scratch, for a part of the work.

use convsweep_spec::canonical::{Digest, digest};
use convsweep_spec::id::StateKey;
use convsweep_spec::job::{Job, Question};
use std::collections::HashMap;

/// The state that a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedState {
    /// Index of the job that saves it.
    pub job: usize,
    /// Completed epochs of the state.
    pub epoch: u32,
    /// Key of the state.
    pub key: StateKey,
}

/// For each job the state to wait for, if any: the longest that another job will save.
///
/// A job waits only for shorter jobs (of equal length: earlier ones), so that there are no cycles,
/// and never for a state that is not longer than the one it already starts from.
pub fn awaited_states(jobs: &[Job]) -> Vec<Option<AwaitedState>> {
    let mut awaited = vec![None; jobs.len()];
    for family in families(jobs) {
        let saved = SavedStates::of(jobs, &family);
        for &job in &family {
            awaited[job] = saved.longest_for(jobs, job);
        }
    }
    awaited
}

/// For jobs that waited for a state which will not come: the other of them, if any, whose state
/// each of them waits for instead. `released` are indices; all of them have yet to start.
pub fn awaited_among(jobs: &[Job], released: &[usize]) -> Vec<(usize, AwaitedState)> {
    let some: Vec<Job> = released.iter().map(|&job| jobs[job].clone()).collect();
    let mut awaited = Vec::new();
    for (number, state) in awaited_states(&some).into_iter().enumerate() {
        if let Some(state) = state {
            let job = released[state.job];
            awaited.push((released[number], AwaitedState { job, ..state }));
        }
    }
    awaited
}

/// The states that a family of jobs will save.
struct SavedStates {
    /// The job that saves each state: the first in the order of [`rank`].
    savers: HashMap<StateKey, usize>,
    /// Their epochs, in order.
    epochs: Vec<u32>,
}

impl SavedStates {
    fn of(jobs: &[Job], family: &[usize]) -> SavedStates {
        let mut savers: HashMap<StateKey, usize> = HashMap::new();
        let mut epochs = Vec::new();
        for &job in family {
            let question = &jobs[job].question;
            for epoch in question.configuration.train.phase_ends() {
                let saver = savers.entry(question.state_key(epoch)).or_insert(job);
                if rank(jobs, job) < rank(jobs, *saver) {
                    *saver = job;
                }
                epochs.push(epoch);
            }
        }
        epochs.sort_unstable();
        epochs.dedup();
        SavedStates { savers, epochs }
    }

    fn longest_for(&self, jobs: &[Job], job: usize) -> Option<AwaitedState> {
        let question = &jobs[job].question;
        let start_from = &jobs[job].execution.start_from;
        let first = start_from.as_ref().map_or(0, |state| state.epoch) + 1;
        let last = question.configuration.train.epochs();
        for &epoch in self.epochs.iter().rev() {
            if !(first..=last).contains(&epoch) {
                continue;
            }
            let key = question.state_key(epoch);
            if let Some(&saver) = self.savers.get(&key)
                && rank(jobs, saver) < rank(jobs, job)
            {
                return Some(AwaitedState {
                    job: saver,
                    epoch,
                    key,
                });
            }
        }
        None
    }
}

/// Jobs wait only for jobs of lower rank.
fn rank(jobs: &[Job], job: usize) -> (u32, usize) {
    (jobs[job].question.configuration.train.epochs(), job)
}

/// Groups of two or more jobs that differ in their training alone: only these can share a state.
fn families(jobs: &[Job]) -> Vec<Vec<usize>> {
    let mut order = Vec::new();
    let mut families: HashMap<Digest, Vec<usize>> = HashMap::new();
    for (number, job) in jobs.iter().enumerate() {
        let key = family_key(&job.question);
        let family = families.entry(key).or_default();
        if family.is_empty() {
            order.push(key);
        }
        family.push(number);
    }
    let mut groups: Vec<Vec<usize>> = order
        .iter()
        .filter_map(|key| families.remove(key))
        .collect();
    groups.retain(|family| family.len() > 1);
    groups
}

/// A digest of everything but the training.
fn family_key(question: &Question) -> Digest {
    let configuration = &question.configuration;
    digest(&(
        &configuration.data,
        &configuration.augment,
        &configuration.model,
        &question.data_hash,
        question.seed,
        question.fold,
        configuration.train.batch_size,
    ))
}
