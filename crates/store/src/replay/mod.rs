//! Reads the logs, which are the source of truth, into the database.

mod lines;
mod logs;
mod rebuild;

pub use logs::SyncReport;
pub(crate) use logs::replay;
pub use rebuild::rebuild;
