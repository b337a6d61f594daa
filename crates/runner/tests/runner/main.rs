//! The runner: decisions without processes, runs with fake workers, runs with processes, logs.

#![allow(clippy::unwrap_used, reason = "a test's helper may fail the test")]

mod common;
mod control_group;
mod experiment_log;
mod fake_runs;
#[path = "../../../../tests/needs.rs"]
mod needs;
mod policy;
mod processes;
mod scheduling;
mod search;
