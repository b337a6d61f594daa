//! Threads that share the work of one call.
//!
//! What a task computes must not depend on how many threads there are, nor on which of them takes
//! it: tasks write to places of their own, and where their results are summed up, the tasks are cut
//! by the call's sizes alone and added in their order.
//!
//! Each thread begins with its own share of the tasks, the same one in each call, so that it reads
//! what it wrote itself in the call before: to fetch that from another core's cache costs more than
//! to compute with it. Who is done helps the others.

mod pool;
mod ranges;

pub(crate) use pool::{run_tasks, task_range};
pub use pool::{threads, use_threads};
pub use ranges::parallel_chunks;
pub(crate) use ranges::{collect_tasks, run_ranges, task_count};
