//! What the results folder contains of a plan's jobs.

use super::job_action::{JobAction, PlannedJob};
use crate::context::Context;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_spec::canonical::Digest;
use convsweep_spec::id::{JobId, StateKey};
use convsweep_spec::job::SavedState;
use convsweep_spec::log::MemberJob;
use convsweep_store::JobState;
use std::collections::HashMap;

/// What the results folder contains of a plan's jobs.
#[derive(Default)]
pub struct RecordedJobs {
    /// Progress of each recorded job.
    pub states: HashMap<JobId, JobState>,
    saved: HashMap<StateKey, SavedState>,
    /// Numbers of epochs after which any job has saved a state, the largest first.
    saved_epochs: Vec<u32>,
}

/// Digests of a configuration's training up to each epoch after which a state may be saved.
type Prefixes = Vec<(u32, Digest)>;

impl RecordedJobs {
    /// Looks up everything that is recorded of the plan's jobs.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn of(context: &Context, plan: &Plan) -> Result<RecordedJobs> {
        let Some(database) = context.database_if_any()? else {
            return Ok(RecordedJobs::default());
        };
        let mut ids = Vec::new();
        for planned in &plan.configurations {
            ids.extend(planned.member.jobs.iter().map(|job| job.job.clone()));
        }
        let mut recorded = RecordedJobs {
            states: database.job_states(&ids).code(Exit::Results)?,
            saved: HashMap::new(),
            saved_epochs: database.saved_epochs().code(Exit::Results)?,
        };
        let keys = recorded.usable_states(plan);
        recorded.saved = database.saved_states(&keys).code(Exit::Results)?;
        recorded.saved.retain(|_, state| state.path.is_dir());
        Ok(recorded)
    }

    /// Every job of the plan, in its order, with what a run does with it.
    pub fn planned_jobs<'a>(&self, plan: &'a Plan) -> Vec<PlannedJob<'a>> {
        let mut jobs = Vec::with_capacity(plan.jobs());
        for (configuration, planned) in plan.configurations.iter().enumerate() {
            // Computed at most once for each configuration, and only if a state may be found.
            let mut prefixes: Option<Prefixes> = None;
            for job in &planned.member.jobs {
                let state = self.states.get(&job.job);
                let action = JobAction::of(state, || self.saved_state(planned, job, &mut prefixes));
                jobs.push(PlannedJob {
                    configuration,
                    job,
                    action,
                });
            }
        }
        jobs
    }

    /// Keys of all states from which an unfinished job of the plan could start.
    fn usable_states(&self, plan: &Plan) -> Vec<StateKey> {
        let mut keys = Vec::new();
        for planned in &plan.configurations {
            let unfinished = |job: &&MemberJob| {
                let state = self.states.get(&job.job);
                !state.is_some_and(|state| state.finished)
            };
            let unfinished: Vec<&MemberJob> =
                planned.member.jobs.iter().filter(unfinished).collect();
            if unfinished.is_empty() {
                continue;
            }
            for (_, digest) in self.prefixes(planned) {
                for job in &unfinished {
                    keys.push(planned.digest.state_key(&digest, job.seed, job.fold));
                }
            }
        }
        keys
    }

    /// The latest saved state from which the job can start.
    fn saved_state(
        &self,
        planned: &Planned,
        job: &MemberJob,
        prefixes: &mut Option<Prefixes>,
    ) -> Option<SavedState> {
        if self.saved.is_empty() {
            return None;
        }
        let prefixes = prefixes.get_or_insert_with(|| self.prefixes(planned));
        for (_, digest) in prefixes {
            let key = planned.digest.state_key(digest, job.seed, job.fold);
            if let Some(state) = self.saved.get(&key) {
                return Some(state.clone());
            }
        }
        None
    }

    fn prefixes(&self, planned: &Planned) -> Prefixes {
        let configuration = &planned.member.resolved;
        let epochs = configuration.train.epochs();
        let usable = self.saved_epochs.iter().filter(|epoch| **epoch <= epochs);
        usable
            .map(|epoch| (*epoch, configuration.prefix_digest(*epoch)))
            .collect()
    }
}
