//! How far an experiment has come: its jobs, those that are being trained, and the time left.

use crate::running::{JobInTraining, running_jobs};
use crate::standing::{Counts, RunningProgram};
use convsweep_spec::id::JobId;
use convsweep_store::{Database, JobMark, JobProgress, StoreError};
use std::collections::HashMap;

/// How far an experiment has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepState {
    /// Its name.
    pub name: String,
    /// Its newest revision.
    pub revision: u32,
    /// The program that runs in the results folder.
    pub program: RunningProgram,
    /// Its jobs in the order of the plan.
    pub jobs: Vec<JobProgress>,
    /// Numbers of jobs by how they stand.
    pub counts: Counts,
    /// Jobs that are being trained, in the order of the plan.
    pub running: Vec<JobInTraining>,
    /// Mean seconds that finished jobs took.
    pub seconds_a_job: Option<f64>,
    /// The jobs as they were read, to see which have changed.
    marks: HashMap<JobId, JobMark>,
}

impl SweepState {
    /// Reads the state of an experiment; `None` if there is no such experiment.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read(
        database: &Database,
        name: &str,
        program: RunningProgram,
    ) -> Result<Option<SweepState>, StoreError> {
        let mut state = SweepState {
            name: name.to_string(),
            ..SweepState::default()
        };
        let is_there = state.refresh(database, program)?;
        Ok(is_there.then_some(state))
    }

    /// Reads what has changed since the last reading; whether the experiment is still there.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn refresh(
        &mut self,
        database: &Database,
        program: RunningProgram,
    ) -> Result<bool, StoreError> {
        let Some(revision) = database.newest_revision(&self.name)? else {
            return Ok(false);
        };
        let marks: HashMap<JobId, JobMark> = database.job_marks(&self.name)?.into_iter().collect();
        if revision != self.revision || marks.len() != self.jobs.len() {
            self.jobs = database.progress(&self.name)?.unwrap_or_default();
            self.revision = revision;
        } else {
            self.read_changed(database, &marks)?;
        }
        self.marks = marks;
        self.program = program;
        self.counts = self.program.counts(&self.jobs);
        self.running = running_jobs(database, &self.name, &self.program, &self.jobs)?;
        self.seconds_a_job = database.mean_job_seconds(&self.name)?;
        Ok(true)
    }

    /// Reads the jobs again whose marks differ from those known.
    fn read_changed(
        &mut self,
        database: &Database,
        marks: &HashMap<JobId, JobMark>,
    ) -> Result<(), StoreError> {
        let mut changed = Vec::new();
        for (job, mark) in marks {
            if self.marks.get(job) != Some(mark) {
                changed.push(job.clone());
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let mut states = database.job_states(&changed)?;
        for job in &mut self.jobs {
            if let Some(state) = states.remove(&job.job) {
                job.state = state;
            }
        }
        Ok(())
    }

    /// Jobs that have ended, in whatever way.
    pub fn ended(&self) -> usize {
        let counts = &self.counts;
        counts.finished + counts.pruned + counts.failed + counts.damaged
    }

    /// Whether nothing of it is being trained, or will be by the program that runs.
    pub fn is_at_rest(&self) -> bool {
        let counts = &self.counts;
        self.program.holder.is_none() || counts.running + counts.paused + counts.waiting == 0
    }

    /// Estimated seconds until everything is trained; `None` if nothing is running or finished.
    pub fn seconds_left(&self) -> Option<f64> {
        let seconds_a_job = self.seconds_a_job?;
        if self.running.is_empty() {
            return None;
        }
        let mut jobs_left = self.counts.jobs.saturating_sub(self.ended()) as f64;
        for row in &self.running {
            jobs_left -= f64::from(row.epoch) / f64::from(row.epochs.max(1));
        }
        Some(seconds_a_job * jobs_left.max(0.0) / self.running.len() as f64)
    }
}
