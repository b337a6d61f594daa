//! Whether the files that jobs have left are what their logs say of them.

mod check;
mod damaged;
mod fault;
mod look;
mod set_aside;
mod state_file;
mod verify;
mod vouched;

pub use check::{FilesFound, check_files};
pub use damaged::{DamagedJob, damaged_jobs, write_question};
pub use fault::FileProblem;
pub use look::{look_at, notes_of};
pub use set_aside::set_aside;
