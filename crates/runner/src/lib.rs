//! Devices, slots, the queue, worker processes, and the files that hold an experiment's own truth.
//!
//! The runner knows neither the database nor the terminal: [`run()`] says what happens as
//! [`RunEvent`]s. Scheduling decisions are in [`schedule`], a state machine without processes or
//! clocks; [`launcher`] is the seam behind which workers are processes ([`local`]) or, in tests,
//! fakes.
//!
//! What follows from bad ends is in [`policy`], which jobs are spared in [`search`], what another
//! process may tell a run in [`control`].
//!
//! What is written, and by which piece:
//!
//! | file | piece |
//! | --- | --- |
//! | `<results>/.lock` | [`ResultsLock`]: who runs here, as one JSON line; the lock itself is the kernel's |
//! | `<results>/<experiment>/log.jsonl` | [`ExperimentLog`]: revisions, members, attempts that ended without a word, decisions |
//! | `<results>/jobs/<id>/` | [`run()`] makes the folder before an attempt |
//! | `<results>/jobs/<id>/stderr.log` | [`local::LocalLauncher`]: what the worker said on stderr, by attempt, at most [`local::STDERR_LIMIT`] bytes each |
//!
//! `events.jsonl` and all else in a job's folder is the worker's.

pub mod control;
pub mod device;
pub mod error;
pub mod estimate;
pub mod event;
pub mod experiment_log;
mod guide;
pub mod launcher;
pub mod lineage;
pub mod local;
pub mod lock;
mod memory;
pub mod policy;
pub mod protocol;
pub mod run;
pub mod schedule;
pub mod search;
pub mod slot;

pub use control::Control;
pub use device::{DeviceInfo, devices, worker_dir};
pub use error::RunnerError;
pub use event::{Halt, RunEvent, RunSummary, Stop};
pub use experiment_log::ExperimentLog;
pub use lock::ResultsLock;
pub use policy::{Directed, Policy};
pub use run::{run, run_with};
pub use slot::{Slot, SlotSettings, slots};
