//! Which jobs of a run start from a state that another job of the same run will save. A pure
//! function.
//!
//! A job whose first epochs equal another's whole training (ten epochs, and ten epochs with a phase
//! at a lower rate) waits for it and goes on from its state: the same bits as from scratch, in a
//! third of the work.

use convsweep_spec::canonical::digest;
use convsweep_spec::id::StateKey;
use convsweep_spec::job::{Job, Question};
use std::collections::HashMap;

/// What a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Index of the job that saves the state.
    pub job: usize,
    /// Completed epochs of the state.
    pub epoch: u32,
    /// Key of the state.
    pub key: StateKey,
}

/// For each job the job to wait for, if any: the one that saves the longest state that it could
/// start from.
///
/// A job waits only for shorter ones (of equal length: earlier ones), so that there are no circles,
/// and never for a state that is not longer than the one it was given to start from.
pub fn parents(jobs: &[Job]) -> Vec<Option<Parent>> {
    let rank = |i: usize| (jobs[i].question.configuration.train.epochs(), i);
    let mut parents = vec![None; jobs.len()];
    for family in families(jobs) {
        let mut saved: HashMap<StateKey, usize> = HashMap::new();
        let mut ends: Vec<u32> = Vec::new();
        for &i in &family {
            for epoch in jobs[i].question.configuration.train.phase_ends() {
                let saver = saved.entry(jobs[i].question.state_key(epoch)).or_insert(i);
                if rank(i) < rank(*saver) {
                    *saver = i;
                }
                ends.push(epoch);
            }
        }
        ends.sort_unstable();
        ends.dedup();
        for &i in &family {
            let has = jobs[i]
                .execution
                .start_from
                .as_ref()
                .map_or(0, |state| state.epoch);
            parents[i] = longest(&jobs[i].question, &ends, has, |key| {
                saved
                    .get(key)
                    .copied()
                    .filter(|&saver| rank(saver) < rank(i))
            });
        }
    }
    parents
}

fn longest(
    question: &Question,
    ends: &[u32],
    has: u32,
    saver: impl Fn(&StateKey) -> Option<usize>,
) -> Option<Parent> {
    let reach = has + 1..=question.configuration.train.epochs();
    ends.iter()
        .rev()
        .filter(|epoch| reach.contains(epoch))
        .find_map(|&epoch| {
            let key = question.state_key(epoch);
            saver(&key).map(|job| Parent { job, epoch, key })
        })
}

/// Groups of two or more jobs that differ in training alone: only these can share a state.
fn families(jobs: &[Job]) -> Vec<Vec<usize>> {
    let mut order = Vec::new();
    let mut families: HashMap<_, Vec<usize>> = HashMap::new();
    for (i, job) in jobs.iter().enumerate() {
        let q = &job.question;
        let c = &q.configuration;
        let key = digest(&(
            &c.data,
            &c.augment,
            &c.model,
            &q.data_hash,
            q.seed,
            q.fold,
            c.train.batch_size,
        ));
        families
            .entry(key)
            .or_insert_with(|| (order.push(key), Vec::new()).1)
            .push(i);
    }
    order
        .iter()
        .filter_map(|key| families.remove(key))
        .filter(|family| family.len() > 1)
        .collect()
}
