//! Whether the files that jobs have left are what their logs say of them.

mod damaged;
mod fault;
mod look;
mod verify;

pub use damaged::{DamagedJob, damaged_jobs, set_aside};
pub use fault::FileFault;
pub use look::{look_at, note_of};
pub use verify::Verifier;
