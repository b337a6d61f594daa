//! Workers as processes of this machine.
//!
//! A worker has a process group of its own, so that Ctrl-C on the terminal reaches the runner
//! alone, which then tells the workers. It runs as long as its standard input is open: when the
//! runner dies, it exits by itself.
//!
//! Everything here is specific to one machine: the cores that a worker is pinned to, and its memory
//! limit. [`crate::process`] supervises the process.

mod affinity;
mod launcher;
mod memory_limit;
mod open_files;
mod slots;

pub use launcher::LocalLauncher;
pub(crate) use launcher::{set_up_gpu, worker_command};
pub use open_files::raise_open_files;
pub(crate) use open_files::workers_with_files;
pub(crate) use slots::arrange;
pub use slots::{LocalSlot, LocalSlots, local_devices, local_slots};
