//! Work that is cut into ranges of items and distributed among the threads.

use super::pool::{run_tasks, task_range, threads};
use std::ops::Range;

/// Calls `run` with the index and the values of each chunk of `size` values, on all threads.
/// `scratch` creates working memory, which is reused from chunk to chunk.
///
/// # Panics
/// If `values` is not a whole number of chunks.
pub fn parallel_chunks<T: Send, S>(
    values: &mut [T],
    size: usize,
    scratch: impl Fn() -> S + Sync,
    run: impl Fn(&mut S, usize, &mut [T]) + Sync,
) {
    assert!(
        size > 0 && values.len().is_multiple_of(size),
        "{} values in chunks of {size}",
        values.len()
    );
    let (count, start) = (values.len() / size, values.as_mut_ptr());
    // SAFETY: both closures are `Sync` and the values are `Send`; chunks do not overlap, and each
    // is handed out once.
    unsafe {
        run_ranges(count, values.len(), |part| {
            let mut scratch = scratch();
            for i in part {
                run(
                    &mut scratch,
                    i,
                    std::slice::from_raw_parts_mut(start.add(i * size), size),
                );
            }
        });
    }
}

/// Calls `run` with ranges that cover `count` items of `values` numbers in all: with a single range
/// if there is too little work to share.
///
/// # Safety
/// `run` must be safe to call on several threads concurrently, each time with a different range.
pub(crate) unsafe fn run_ranges(count: usize, values: usize, run: impl Fn(Range<usize>)) {
    let tasks = task_count((values / MIN_TASK_VALUES).clamp(1, count.max(1)));
    run_tasks(tasks, |i| run(task_range(count, tasks, i)));
}

/// The results of `run` for each number below `tasks`, in order.
///
/// # Safety
/// As for [`run_tasks`].
pub(crate) unsafe fn collect_tasks<T: Default>(tasks: usize, run: impl Fn(usize) -> T) -> Vec<T> {
    let mut results: Vec<T> = (0..tasks).map(|_| T::default()).collect();
    let to = results.as_mut_ptr();
    run_tasks(tasks, |i| *to.add(i) = run(i));
    results
}

/// Number of tasks that `count` items are cut into when the number does not affect the result.
pub(crate) fn task_count(count: usize) -> usize {
    match threads() {
        1 => 1,
        threads => (TASKS_PER_THREAD * threads).min(count),
    }
}

/// Tasks for each thread. Several small ones keep the wait for the slowest thread short.
const TASKS_PER_THREAD: usize = 4;

/// Fewest numbers that are worth a task of their own.
const MIN_TASK_VALUES: usize = 1 << 14;
