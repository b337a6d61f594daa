//! Workers that answer with trained networks: one for each slot, started as there is work for
//! them.

mod answering;
mod last_heard;
mod slots;
mod worker_args;

pub use answering::{Answered, Work};
pub use slots::InferenceWorkers;
pub use worker_args::{PatienceArgs, WorkerArgs};
