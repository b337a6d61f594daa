//! Reads the logs, which are the source of truth, into the database.

mod log_position;
mod logs;
mod one_line;
mod one_log;
mod problems;
mod rebuild;
mod sample;
mod sync_report;

pub(crate) use log_position::{FileStamp, LogPosition};
pub(crate) use logs::replay;
pub use rebuild::rebuild;
pub(crate) use sample::replay_sample;
pub use sync_report::SyncReport;
