//! How results and progress look.

pub mod dashboard;
pub mod progress;
pub mod stdout;
pub mod table;
