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

mod apply;
mod derive;
mod error;
mod experiment;
mod heard;
mod hold;
mod maintain;
mod reader;
mod replay;
mod rows;
mod schema;
mod value;
mod wide;
mod writer;

pub use error::StoreError;
pub use maintain::{check, rebuild};
pub use reader::{ExperimentSummary, JobDecision, JobProgress, JobState, Reader};
pub use replay::SyncReport;
pub use rows::{ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, JobRow};
pub use schema::literal;
pub use value::{Table, Value};
pub use writer::Writer;
