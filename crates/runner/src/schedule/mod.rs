//! Which job runs where, and what follows from how it ends: a state machine without processes,
//! clocks or files. Jobs and slots are indices.
//!
//! Jobs start in the given order, with three exceptions. A job that waits for another's saved state
//! starts as soon as the state is there; a job that is retried backs off for a while and then comes
//! first; a job whose worker died at the start goes to the end, so that neither a bad job nor a bad
//! slot holds up the others.

mod attempt_end;
mod error_streak;
mod job_record;
mod scheduler;
pub mod shared_states;
mod slot_record;
mod suspension;

pub use attempt_end::{Consequence, NextStep};
pub use error_streak::ErrorStreak;
pub use job_record::ScheduledJob;
pub use scheduler::{JobAssignment, Scheduler};
