//! The runner: decisions without processes, runs with fake workers, runs with processes, logs.

mod common;
mod decisions;
mod logs;
mod processes;
mod runs;
