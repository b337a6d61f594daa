//! The runner: decisions without processes, runs with fake workers on a paused clock, runs with
//! processes, logs.

#![allow(clippy::unwrap_used, reason = "a test's helper may fail the test")]

mod control;
mod control_group;
mod error_streaks;
mod experiment_log;
mod fake_launcher;
mod harness;
mod interrupted_searches;
mod jobs;
mod logging;
#[path = "../../../../tests/needs.rs"]
mod needs;
mod nodes;
mod out_of_memory;
mod precisions;
mod processes;
mod protocol;
mod pruning;
mod retries;
mod runs;
mod scheduling;
mod search;
mod shared_states;
mod simulated_sweep;
mod stopping;
mod time_limits;
mod waiting;
