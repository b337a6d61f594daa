//! What can be asked of the database, one file for each question.
//!
//! To add a question: a method of [`Database`] in a file here, and its row type.

mod answers;
mod attempts;
mod backup;
mod costs;
mod curves;
mod database;
mod decisions;
mod epoch_values;
mod experiments;
mod failures;
mod find_job;
mod guard;
mod image_sets;
mod job_states;
mod kept_files;
mod leaderboard;
mod log_problems;
mod members;
mod metric_points;
mod normalization;
mod predicted_jobs;
mod question;
mod report_jobs;
mod report_rows;
mod rows;
mod saved_states;
mod user_sql;

pub use attempts::AttemptRow;
pub use costs::JobCostRow;
pub use database::Database;
pub use decisions::JobDecision;
pub use epoch_values::EpochValues;
pub use experiments::{ExperimentSummary, JobPlace, RecordedRun};
pub use failures::FailureRow;
pub use find_job::{FindJobError, find_job_among};
pub use image_sets::UsedImageSet;
pub use job_states::{JobMark, JobProgress, JobState};
pub use kept_files::KeptFile;
pub use leaderboard::LeaderboardEntry;
pub use log_problems::LogProblem;
pub use members::{MemberPlace, TrainingOrigin};
pub use metric_points::MetricPoint;
pub use predicted_jobs::{
    PREDICTION_TABLE, PredictedBy, PredictedJob, PredictionRow, PredictionTable,
};
pub use rows::{ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, JobRow, kept_row};
pub use user_sql::{QueryCell, Table, UserQuery};
