//! Reads the logs, which are the source of truth, into the database.

mod lines;
mod log_position;
mod logs;
mod rebuild;
mod sync_report;

pub(crate) use logs::replay;
pub use rebuild::rebuild;
pub use sync_report::SyncReport;
