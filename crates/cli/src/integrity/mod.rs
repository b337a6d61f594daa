//! Whether the files that jobs have left are what their logs say of them.

mod check;
mod damaged;
mod fault;
mod look;
mod verify;

pub use check::{FilesFound, check_files};
pub use damaged::{DamagedJob, damaged_jobs, set_aside};
pub use look::{look_at, note_of};
