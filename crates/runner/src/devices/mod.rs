//! The devices of this machine, and which of them a run uses.
//!
//! A device family has a file of its own that finds its devices without linking a driver library.

mod choice;
mod cores;
mod families;
mod found;
mod probe;
mod slot_settings;
mod timed_answer;
mod worker_program;

pub use choice::{DeviceChoice, choose_devices, parse_device_list};
pub use cores::usable_cores;
pub use families::find_devices;
pub use found::{FoundDevice, GpuDetails};
pub use probe::probe;
pub use slot_settings::SlotSettings;
pub use worker_program::worker_folder;
pub(crate) use worker_program::worker_remedy;
