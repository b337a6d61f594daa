//! The entry, and a file for each task that a job can have.

mod range_test;
mod training;

use crate::attempt::Attempt;
use crate::error::{End, TrainError};
use convsweep_spec::outcome::Outcome;
use convsweep_spec::task::Task;

/// Carries out the job's task and leaves its files; `None` if the attempt was abandoned.
///
/// # Errors
/// If the images, a file or the network cannot be used. The attempt has then failed.
pub fn run_task(attempt: Attempt) -> Result<Option<Outcome>, TrainError> {
    let result = match attempt.job.question.configuration.task {
        Task::Train => training::run(attempt),
        Task::RangeTest(test) => range_test::run(attempt, test),
    };
    match result {
        Ok(()) => Ok(Some(Outcome::Finished)),
        Err(End::Outcome(outcome)) => Ok(Some(outcome)),
        Err(End::Abandoned) => Ok(None),
        Err(End::Error(error)) => Err(error),
    }
}
