//! Writing to the database: events of workers and entries of experiments' logs become rows.
//!
//! To record something new: a migration in `schema/`, and a statement in `apply_event` or
//! `apply_entry`. `tests/logs.rs` then checks that a rebuilt database is equal.

pub(crate) mod apply_entry;
pub(crate) mod apply_event;
mod attempt_rows;
pub(crate) mod derived;
mod log_positions;
mod pending_byte;
mod plan_rows;
mod summary;
mod writer;
mod writer_thread;

pub use writer::DatabaseWriter;
