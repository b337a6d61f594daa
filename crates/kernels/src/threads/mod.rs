//! Threads that share the work of one kernel call.
//!
//! The result of a task must depend neither on the number of threads nor on which thread runs it.
//! Tasks write to disjoint places; where their results are summed, the number of tasks is
//! determined by the sizes of the call alone and the results are added in task order.
//!
//! Each thread starts with its own share of the tasks, the same share in every call, so that it
//! reads what it wrote itself in the previous call: fetching data from another core's cache costs
//! more than computing with it. A thread that has finished its share takes tasks from the others.

mod pool;
mod ranges;

pub(crate) use pool::{run_tasks, task_range};
pub use pool::{threads, use_threads};
pub use ranges::parallel_chunks;
pub(crate) use ranges::{collect_tasks, run_ranges, task_count};
