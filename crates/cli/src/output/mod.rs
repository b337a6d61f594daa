//! Output of results and progress.

pub mod class_table;
pub mod dashboard;
pub mod job_json;
pub mod json;
pub mod progress;
pub mod stdout;
pub mod table;
pub mod tell;
