//! The files in a results folder that the runner owns: the lock, control requests and the
//! experiments' logs.

pub mod control_files;
pub mod experiment_log;
pub mod results_lock;
