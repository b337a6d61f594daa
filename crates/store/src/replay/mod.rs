//! Reads the logs, which are the source of truth, into the database.

mod agreement;
mod forget;
mod held;
mod incomplete;
mod keep_aside;
mod log_position;
mod logs;
mod lost;
mod one_line;
mod one_log;
mod problems;
mod rebuild;
mod sample;
mod scratch;
mod sync_report;

pub(crate) use agreement::agrees_but_for_lost;
pub(crate) use forget::{Forgotten, forget};
pub(crate) use keep_aside::keep_aside;
pub(crate) use log_position::{FileStamp, LogPosition};
pub use logs::LogProgress;
pub(crate) use logs::{replay, replay_telling};
pub use lost::LostRows;
pub(crate) use lost::lost_rows;
pub use rebuild::{rebuild, rebuild_keeping, rebuild_telling};
pub(crate) use sample::{changed_logs, replay_sample};
pub(crate) use scratch::{attach_found, scratch, tables};
pub use sync_report::SyncReport;
