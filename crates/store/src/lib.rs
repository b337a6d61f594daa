//! The results database: one writer, typed queries, migrations, rebuilding.
//!
//! The logs are the source of truth (`jobs/<id>/events.jsonl`, `<experiment>/log.jsonl`); the
//! database is an index over them. Every row is written by `apply::event` or `apply::entry` from one
//! line of a log, in such a way that the order across logs and repetition do not matter, or by
//! `apply::derived` from other rows. So a database that was written while a sweep ran equals one
//! that [`rebuild`] makes.
//!
//! All SQL of the project is in this crate: a command asks by a method of [`Database`]. Only the
//! SQL that users write themselves comes from outside ([`Database::query`]).
//!
//! NaN is stored as NULL, since SQLite has no NaN; infinities are kept. Tables and views are
//! documented in `schema/*.sql`, which [`Database::schema`] prints.

mod apply;
mod check;
mod digest;
mod error;
mod lineage;
mod queries;
mod replay;
mod schema;
mod sweep;
mod values;
mod write;

pub use check::{CheckReport, check, check_during_run, check_telling, quick_check};
pub use digest::Integrity;
pub use error::StoreError;
pub use queries::{
    AttemptRow, ConfigurationRow, Database, EpochRow, EpochValues, EvaluationRow, ExperimentRows,
    ExperimentSummary, FailureRow, FindJobError, JobCostRow, JobDecision, JobMark, JobPlace,
    JobProgress, JobRow, JobState, KeptFile, LeaderboardEntry, LogProblem, MemberPlace,
    MetricPoint, PREDICTION_TABLE, PredictedBy, PredictedJob, PredictionRow, PredictionTable,
    QueryCell, RecordedRun, Table, TrainingOrigin, UsedImageSet, UserQuery, find_job_among,
    kept_row,
};
pub use replay::{LogProgress, LostRows, SyncReport, rebuild, rebuild_keeping, rebuild_telling};
pub use write::DatabaseWriter;
