//! Whether the files that jobs have left are what their logs say of them.

mod check;
mod damaged;
mod fault;
mod look;
mod state_file;
mod verify;
mod vouched;

pub use check::{FilesFound, check_files};
pub use damaged::{DamagedJob, damaged_jobs, set_aside, write_question};
pub use look::{look_at, note_of};
