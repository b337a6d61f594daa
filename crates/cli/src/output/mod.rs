//! Output of results and progress.

pub mod class_table;
pub mod dashboard;
pub mod json_rows;
pub mod progress;
pub mod stdout;
pub mod table;
