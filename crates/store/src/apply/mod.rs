//! Lines of logs as rows: events of workers, entries of experiments' logs, and what follows from
//! them.
//!
//! To record something new: a migration in `schema/`, and a statement in `event` or `entry`.
//! `tests/logs.rs` then checks that a rebuilt database is equal.

mod attempt_rows;
mod derived;
mod entry;
mod event;
mod forget;
mod plan_rows;
mod summary;

pub(crate) use derived::{Changes, derive_missing};
pub(crate) use entry::{LogPlace, apply_entry, newest_revision};
pub(crate) use event::apply_event;
pub(crate) use forget::forget_job_rows;
