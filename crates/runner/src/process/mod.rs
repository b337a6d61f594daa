//! The process of a worker under supervision: its pipes, its log, its end and what that means.
//!
//! A worker's process is the worker itself or, on another node of an allocation, the program that
//! runs it there as a step.

mod exit;
mod oom_kills;
mod stderr_log;
mod stdout;
mod step_exit;
mod supervisor;

pub use exit::describe_exit;
pub use stderr_log::STDERR_LIMIT;
pub(crate) use supervisor::{ProcessKind, StartedProcess, supervise};
