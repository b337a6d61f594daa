//! Output of results and progress.

pub mod dashboard;
pub mod progress;
pub mod stdout;
pub mod table;
