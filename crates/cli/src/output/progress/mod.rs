//! The progress of a run, on stderr: bars on a terminal, plain lines elsewhere.

mod job_table;
mod messages;
mod run_display;
mod screen;

pub use job_table::JobInfo;
pub use messages::{figures_of, limit_words, stopping_words};
pub use run_display::RunDisplay;
