//! The results database: one writer, readers, migrations, rebuild.

mod rows;

pub use rows::{ConfigurationRow, EpochRow, EvaluationRow, ExperimentRows, JobRow};
