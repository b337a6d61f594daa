//! A job as the search sees it.

use super::curve::Curve;

/// A job of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchJob {
    /// Number of its configuration.
    pub configuration: usize,
    /// Its place among the jobs of the configuration, from 0.
    pub seed: usize,
    /// Number of epochs that it is to be trained for.
    pub epochs: u32,
    /// What it has recorded so far.
    pub curve: Curve,
    /// Its status.
    pub status: JobStatus,
}

/// The status of a job in a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// It trains or may start.
    Active,
    /// All that is to be trained is trained; it only has to be evaluated. No rule stops it.
    Ending,
    /// Its newest attempt failed, or was killed with its program: it has to run, perhaps only to
    /// pause where it was, before a decision counts it among the jobs that wait.
    Unsettled,
    /// A person has it trained to its end, whatever the rules say.
    Exempt,
    /// All of its epochs were trained before the search began, perhaps for another experiment. It
    /// need not be trained, but the rules judge it by what it recorded, as if it trained now.
    Trained,
    /// It waits for a decision, before its first epoch or after a pause.
    Waiting,
    /// All of its epochs are trained.
    Finished,
    /// It failed or diverged; the rules still judge what it recorded before.
    Unsuccessful,
    /// A rule ended it early, or kept it from starting.
    Pruned,
}

impl SearchJob {
    /// Whether it may still be trained.
    pub(super) fn is_undecided(&self) -> bool {
        matches!(self.status, JobStatus::Active | JobStatus::Waiting)
    }

    /// NaN if the job finished and the metric does not exist for its images.
    pub(super) fn lacks_metric(&self) -> Option<f64> {
        let is_finished = self.status == JobStatus::Finished;
        let last = self.curve.kept_value(self.curve.last_epoch());
        last.filter(|value| value.is_nan() && is_finished)
    }

    /// The result of a job that finished; `None` for all others.
    pub(super) fn final_value(&self) -> Option<f64> {
        match self.status {
            JobStatus::Finished => self.curve.result(),
            JobStatus::Active
            | JobStatus::Ending
            | JobStatus::Unsettled
            | JobStatus::Exempt
            | JobStatus::Trained
            | JobStatus::Waiting
            | JobStatus::Unsuccessful
            | JobStatus::Pruned => None,
        }
    }
}
