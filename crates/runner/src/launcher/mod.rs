//! The seam between the dispatcher and its workers: local processes today, fakes in tests, other
//! ways of starting processes later.
//!
//! The dispatcher knows slots, requests and messages. Where a worker runs, how it is placed and
//! limited, and what the end of its process means for its job are the launcher's business.

mod slot;
mod stderr_tail;
mod worker;

pub use slot::{Slot, SlotPlace};
pub use stderr_tail::{StderrTail, is_allocation_failure};
pub use worker::{
    Blame, LaunchError, Launcher, WorkerExit, WorkerHandle, WorkerId, WorkerMessage, WorkerReports,
    WorkerRequest,
};
