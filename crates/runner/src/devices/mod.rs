//! The devices of this machine, and which of them a run uses.
//!
//! A device family has a file of its own that finds its devices without linking a driver library.

mod allocated;
mod choice;
mod cores;
mod families;
mod probe;
mod slot_settings;
mod timed_answer;
mod worker_program;

pub use allocated::surroundings;
pub(crate) use allocated::{limit_to_share, own_share};
pub use choice::{DeviceChoice, choose_devices, parse_device_list};
pub use convsweep_spec::node::{FoundDevice, GpuDetails};
pub(crate) use cores::may_pin;
pub use cores::usable_cores;
pub use families::find_devices;
pub use probe::probe;
pub use slot_settings::SlotSettings;
pub(crate) use timed_answer::answer_in_time;
pub use worker_program::worker_folder;
pub(crate) use worker_program::worker_remedy;
