//! How far an experiment has come: its jobs, those that are being trained, and the time left.

use crate::running::{JobInTraining, running_jobs};
use crate::standing::{Counts, JobStanding, RunningProgram};
use convsweep_runner::estimate::{RunningJob, Workload, fraction_done};
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
        if self.running.is_empty() {
            return None;
        }
        let mut workload = Workload {
            finished_seconds: self.seconds_a_job? * self.counts.finished as f64,
            slots: self.running.len(),
            ..Workload::default()
        };
        for job in &self.jobs {
            let work = job.macs as f64 * f64::from(job.state.epochs);
            match self.program.standing(&job.job, &job.state) {
                JobStanding::Finished => workload.finished_work += work,
                JobStanding::Running => workload.running.push(RunningJob {
                    work,
                    seconds: 0.0,
                    initial: 0.0,
                    done: fraction_done(job.state.epoch, 0, 0, job.state.epochs),
                }),
                JobStanding::Waiting | JobStanding::Paused => workload.waiting.push(work),
                _ => {}
            }
        }
        workload.seconds_left()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_runner::LockHolder;
    use convsweep_store::JobState;

    fn job(macs: u64, attempts: u32, epoch: u32, outcome: Option<&str>) -> JobProgress {
        let state = JobState {
            attempts,
            outcome: outcome.map(str::to_string),
            epoch,
            epochs: 10,
            ..JobState::default()
        };
        JobProgress {
            job: JobId(macs.to_string()),
            label: String::new(),
            seed: 0,
            fold: None,
            macs,
            state,
        }
    }

    #[test]
    fn larger_networks_are_expected_to_take_longer() {
        let mut state = SweepState {
            jobs: vec![
                job(1_000, 1, 10, Some("finished")),
                job(2_000, 1, 5, None),
                job(4_000, 0, 0, None),
            ],
            running: vec![JobInTraining::default()],
            seconds_a_job: Some(60.0),
            ..SweepState::default()
        };
        state.program.holder = Some(LockHolder::default());
        state.counts = state.program.counts(&state.jobs);
        // Half of a job of two minutes, and one of four minutes.
        assert_eq!(state.seconds_left(), Some(300.0));
        state.running.clear();
        assert_eq!(state.seconds_left(), None);
    }
}
