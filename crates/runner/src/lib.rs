//! Devices, slots, the queue, worker processes, and the files that hold an experiment's own truth.
//!
//! The runner knows neither the database nor the terminal: [`run()`] reports what happens as
//! [`RunEvent`]s. Scheduling decisions are in [`schedule`], a state machine without processes or
//! clocks; [`launcher`] is the seam behind which workers are processes ([`local`]) or, in tests,
//! fakes.

pub mod devices;
pub mod dispatch;
pub mod error;
pub mod estimate;
pub mod launcher;
pub mod local;
pub mod policy;
pub mod results;
pub mod run_event;
pub mod schedule;
pub mod search;

pub use devices::discover::{FoundDevice, devices, worker_dir};
pub use devices::slots::{Slot, SlotSettings, slots};
pub use dispatch::{run, run_with};
pub use error::RunnerError;
pub use policy::{RunPolicy, SearchInput};
pub use results::control_files::ControlRequest;
pub use results::experiment_log::ExperimentLog;
pub use results::results_lock::ResultsLock;
pub use run_event::{HaltReason, RunEvent, RunSummary, StopRequest};
