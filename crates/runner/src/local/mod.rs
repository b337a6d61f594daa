//! Workers as processes of this machine.
//!
//! A worker has a process group of its own, so that Ctrl-C on the terminal reaches the runner
//! alone, which then tells the workers. It runs as long as its standard input is open: when the
//! runner dies, it exits by itself.
//!
//! Everything here is specific to one machine: the cores that a worker is pinned to, its memory
//! limit, whether the kernel killed it for lack of memory, its pipes and its log.

mod affinity;
mod exit;
mod launcher;
mod memory_limit;
mod oom_kills;
mod open_files;
mod slots;
mod stderr_log;
mod stdout;
mod supervisor;

pub use exit::describe_exit;
pub use launcher::LocalLauncher;
pub use open_files::raise_open_files;
pub use slots::{LocalSlot, LocalSlots, local_devices, local_slots};
pub use stderr_log::STDERR_LIMIT;
