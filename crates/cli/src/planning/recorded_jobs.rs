//! What the results folder contains of a plan's jobs.

use super::job_action::{JobAction, PlannedJob};
use super::search_identity::search_identity;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_runner::search::{BindingHistory, SearchHistory};
use convsweep_spec::canonical::Digest;
use convsweep_spec::id::{JobId, StateKey};
use convsweep_spec::job::SavedState;
use convsweep_spec::log::MemberJob;
use convsweep_store::{Database, JobState};
use std::collections::HashMap;

/// What the results folder contains of a plan's jobs.
#[derive(Default)]
pub struct RecordedJobs {
    /// Progress of each recorded job.
    pub states: HashMap<JobId, JobState>,
    /// What earlier runs of the experiment decided about its jobs.
    pub decided: BindingHistory,
    /// The latest saved training state from which each unfinished job can start.
    saved: HashMap<JobId, SavedState>,
}

impl RecordedJobs {
    /// Looks up everything that the database, if there is one, has recorded of the plan's jobs.
    /// `history` are the decisions in the experiment's log.
    ///
    /// # Errors
    /// If the database cannot be used.
    pub fn of(
        database: Option<&Database>,
        plan: &Plan,
        history: &SearchHistory,
    ) -> Result<RecordedJobs> {
        let Some(database) = database else {
            return Ok(RecordedJobs::default());
        };
        let ids: Vec<JobId> = plan.member_jobs().map(|job| job.job.clone()).collect();
        let mut recorded = RecordedJobs {
            states: database.job_states(&ids).code(Exit::Results)?,
            decided: history.binding(&search_identity(plan)),
            saved: HashMap::new(),
        };
        let saved_epochs = database.saved_epochs().code(Exit::Results)?;
        for planned in &plan.configurations {
            recorded.look_up_saved(database, planned, &saved_epochs)?;
        }
        Ok(recorded)
    }

    /// Every job of the plan, in its order, with what a run does with it.
    pub fn planned_jobs<'a>(&self, plan: &'a Plan) -> Vec<PlannedJob<'a>> {
        let mut jobs = Vec::with_capacity(plan.jobs());
        for (configuration, planned) in plan.configurations.iter().enumerate() {
            for job in &planned.member.jobs {
                let state = self.states.get(&job.job);
                let is_stopped = self.decided.stopped.contains(&job.job);
                let saved = || self.saved.get(&job.job).cloned();
                let action = JobAction::of(state, is_stopped, saved);
                jobs.push(PlannedJob {
                    configuration,
                    job,
                    action,
                });
            }
        }
        jobs
    }

    /// Finds the states from which the configuration's unfinished jobs can start. `saved_epochs`
    /// are the epochs after which any job has saved a state, the latest first.
    fn look_up_saved(
        &mut self,
        database: &Database,
        planned: &Planned,
        saved_epochs: &[u32],
    ) -> Result<()> {
        let jobs = planned.member.jobs.iter();
        let unfinished: Vec<&MemberJob> = jobs.filter(|job| !self.is_finished(job)).collect();
        if unfinished.is_empty() {
            return Ok(());
        }
        let prefixes = prefix_digests(planned, saved_epochs);
        for job in unfinished {
            let key = |digest| planned.digest.state_key(digest, job.seed, job.fold);
            let keys: Vec<StateKey> = prefixes.iter().map(key).collect();
            let mut found = database.saved_states(&keys).code(Exit::Results)?;
            if let Some(latest) = keys.iter().find_map(|key| found.remove(key)) {
                self.saved.insert(job.job.clone(), latest);
            }
        }
        Ok(())
    }

    fn is_finished(&self, job: &MemberJob) -> bool {
        let state = self.states.get(&job.job);
        state.is_some_and(|state| state.finished)
    }
}

/// Digests of the configuration's training up to each of these epochs that it reaches.
fn prefix_digests(planned: &Planned, saved_epochs: &[u32]) -> Vec<Digest> {
    let configuration = &planned.member.resolved;
    let epochs = configuration.train.epochs();
    let reached = saved_epochs.iter().filter(|epoch| **epoch <= epochs);
    reached
        .map(|epoch| configuration.prefix_digest(*epoch))
        .collect()
}
