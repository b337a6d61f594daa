//! The results database: one writer, readers, migrations, rebuild.
//!
//! The logs are the truth (`jobs/<id>/events.jsonl`, `<experiment>/log.jsonl`); the database is an
//! index over them. Every row is made by `apply` from one event or entry, in such a way that order
//! across logs and repetition do not matter, or by `derive` from other rows: so a database that was
//! fed while a sweep ran equals one that [`rebuild`] makes.
//!
//! Numbers that are not numbers (NaN) are stored as NULL, since SQLite has no NaN; infinities are
//! kept. Tables and views are documented in `tables.sql` and `views.sql`, which [`Reader::schema`]
//! prints.

mod check;
mod error;
mod queries;
mod replay;
mod schema;
mod write;

pub use check::check;
pub use error::StoreError;
pub use queries::{
    ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, ExperimentSummary, JobDecision,
    JobProgress, JobRow, JobState, Reader, Table, Value,
};
pub use replay::{SyncReport, rebuild};
pub use schema::literal;
pub use write::Writer;
