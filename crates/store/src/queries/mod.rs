//! What is asked of the database, a file for each question.

mod experiment;
mod reader;
mod rows;
mod value;

pub use reader::{ExperimentSummary, JobDecision, JobProgress, JobState, Reader};
pub use rows::{ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, JobRow};
pub use value::{Table, Value};
