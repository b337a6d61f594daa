//! The jobs that are being trained.

use crate::standing::{JobStanding, RunningProgram};
use convsweep_store::{Database, JobProgress, StoreError};

/// A job that is being trained.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobInTraining {
    /// Its id.
    pub job: String,
    /// Its device.
    pub device: String,
    /// Its configuration.
    pub label: String,
    /// Its seed, and its fold.
    pub run: (u64, Option<u32>),
    /// Completed epochs.
    pub epoch: u32,
    /// Epochs in all.
    pub epochs: u32,
    /// The experiment's metric by epoch.
    pub curve: Vec<f64>,
}

impl JobInTraining {
    /// Its configuration and seed, and its fold if it has one.
    pub fn name(&self) -> String {
        match self.run {
            (seed, Some(fold)) => format!("{}, seed {seed}, fold {fold}", self.label),
            (seed, None) => format!("{}, seed {seed}", self.label),
        }
    }
}

/// Those of `jobs` that are being trained, with their curves in the experiment's metric.
pub(crate) fn running_jobs(
    database: &Database,
    experiment: &str,
    program: &RunningProgram,
    jobs: &[JobProgress],
) -> Result<Vec<JobInTraining>, StoreError> {
    let metric = database.metric(experiment)?;
    let metric = metric.map_or(String::new(), |metric| metric.name);
    let mut running = Vec::new();
    for job in jobs {
        if program.standing(&job.job, &job.state) == JobStanding::Running {
            running.push(running_job(database, job, &metric)?);
        }
    }
    Ok(running)
}

fn running_job(
    database: &Database,
    job: &JobProgress,
    metric: &str,
) -> Result<JobInTraining, StoreError> {
    let attempts = database.attempts(&job.job)?;
    let device = attempts.into_iter().next_back().and_then(|a| a.device);
    Ok(JobInTraining {
        job: job.job.0.clone(),
        device: device.unwrap_or_default(),
        label: job.label.clone(),
        run: (job.seed, job.fold),
        epoch: job.state.epoch,
        epochs: job.state.epochs,
        curve: database.job_curve(&job.job, metric)?,
    })
}
