//! How far experiments and jobs have come, as the database and the running program tell: the one
//! place of these words, counts and estimates. `status`, `watch`, `why` and the page show them.
//!
//! Everything here only reads, and knows neither the terminal nor the page.

mod budget;
mod job_reasons;
mod running;
mod standing;
mod sweep_state;

pub use budget::Budget;
pub use job_reasons::{JobReasons, attempt_words, state_words};
pub use running::JobInTraining;
pub use standing::{Counts, JobStanding, RunningProgram};
pub use sweep_state::SweepState;
