//! Gives jobs to workers, receives their events, and reports what happens.
//!
//! [`run()`] is the loop; each kind of event has a method of the [`dispatcher`]:
//!
//! | what happens | file |
//! | --- | --- |
//! | a slot is idle: a job starts | `attempt_start` |
//! | a worker reports an event | `worker_events` |
//! | a worker exits | `worker_exits` |
//! | an attempt has ended | `attempt_end` |
//! | a time is reached: back-off, time limit, silence | `deadlines` |
//! | the user pauses, resumes or cancels | `control` |
//! | a stopping rule decides | `search_actions` |
//! | the run stops | `stopping` |
//!
//! Which job comes next is decided by [`crate::schedule`], which jobs are pruned by
//! [`crate::search`].

mod attempt_end;
mod attempt_start;
mod control;
mod deadlines;
mod dispatcher;
mod run;
mod search_actions;
mod search_adapter;
mod stopping;
mod unreported_events;
mod worker_events;
mod worker_exits;
mod worker_line;
mod worker_slot;

pub use run::run;
