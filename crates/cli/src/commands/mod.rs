//! What each command does, a file each.

pub mod control;
pub mod data;
pub mod database;
pub mod devices;
pub mod explain;
pub mod language;
pub mod plan;
pub mod preset;
pub mod prune;
pub mod query;
pub mod report;
pub mod retry;
pub mod run;
pub mod show;
pub mod status;
pub mod watch;
