//! The files in a results folder that the runner owns.
//!
//! - `<results>/.lock` ([`ResultsLock`]): which process runs here, as one line of JSON.
//! - `<results>/.control/` ([`send_control`]): requests to the running process.
//! - `<results>/<experiment>/log.jsonl` ([`ExperimentLog`]): revisions, members, attempts whose
//!   worker died, decisions.

mod control_files;
mod experiment_log;
mod holder;
mod log_reader;
mod lost_decision;
mod range_lock;
mod results_lock;
mod unix_time;

pub use control_files::{ControlRequest, send_control, take_controls};
pub use experiment_log::{ExperimentLog, Revised};
pub use holder::{LockHolder, host_name, lock_holder};
pub use lost_decision::LostDecision;
pub use results_lock::ResultsLock;
