//! Devices, slots, the queue, worker processes, and the files that hold an experiment's own record.
//!
//! The runner knows neither the database nor the terminal: [`run()`] reports what happens as
//! [`RunEvent`]s. Scheduling decisions are in [`schedule`], a state machine without processes or
//! clocks; [`launcher`] is the seam behind which workers are processes of this machine ([`local`])
//! or, in tests, fakes. Which jobs are pruned is decided by [`search`].
//!
//! It logs with `tracing`: at level `info` what a bug report needs (starts and
//! ends of runs, failed attempts, retries, closed slots, decisions, requests), at `debug` the life
//! of every worker and attempt, at `trace` every event. Nothing is logged as a warning or an error,
//! because the display shows these and the log's warnings appear on the same terminal.

mod deadline;
pub mod devices;
mod dispatch;
mod error;
pub mod estimate;
pub mod launcher;
pub mod local;
pub mod nodes;
mod policy;
pub mod process;
mod results;
mod run_event;
pub mod schedule;
pub mod search;

pub use dispatch::run;
pub use error::RunnerError;
pub use policy::{RunPolicy, is_failure};
pub use results::{
    ControlRequest, ExperimentLog, LockHolder, LostDecision, ResultsLock, Revised, host_name,
    lock_holder, send_control, take_controls,
};
pub use run_event::{JobResult, LimitReached, RunEvent, RunSummary, StopRequest};
