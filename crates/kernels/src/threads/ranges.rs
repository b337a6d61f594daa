//! Work cut into ranges, and shared among the threads.

use super::pool::{run_tasks, task_range, threads};
use std::ops::Range;

/// Calls `run` with the number and the values of each stretch of `size` values, on this thread and
/// the helpers that there are. `scratch` makes what `run` works with besides; it is handed from one
/// stretch to another.
///
/// # Panics
/// Where `values` is not a whole number of stretches.
pub fn parallel_chunks<T: Send, S>(
    values: &mut [T],
    size: usize,
    scratch: impl Fn() -> S + Sync,
    run: impl Fn(&mut S, usize, &mut [T]) + Sync,
) {
    assert!(
        size > 0 && values.len().is_multiple_of(size),
        "{} values in stretches of {size}",
        values.len()
    );
    let (count, start) = (values.len() / size, values.as_mut_ptr());
    // SAFETY: both may be called anywhere, and what `run` is given may be sent there; stretches do
    // not overlap, and each is handed out once.
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

/// Calls `run` with parts of `count` things of `values` numbers in all: with all of them where
/// there is too little to share.
///
/// # Safety
/// `run` may be called on several threads at once, each time with another part.
pub(crate) unsafe fn run_ranges(count: usize, values: usize, run: impl Fn(Range<usize>)) {
    let tasks = task_count((values / MIN_TASK_VALUES).clamp(1, count.max(1)));
    run_tasks(tasks, |i| run(task_range(count, tasks, i)));
}

/// What `run` gives for each number below `tasks`, in their order.
///
/// # Safety
/// As [`run_tasks`].
pub(crate) unsafe fn collect_tasks<T: Default>(tasks: usize, run: impl Fn(usize) -> T) -> Vec<T> {
    let mut found: Vec<T> = (0..tasks).map(|_| T::default()).collect();
    let to = found.as_mut_ptr();
    run_tasks(tasks, |i| *to.add(i) = run(i));
    found
}

/// Tasks that `count` things are cut into where their number changes no result.
pub(crate) fn task_count(count: usize) -> usize {
    match threads() {
        1 => 1,
        threads => (TASKS_PER_THREAD * threads).min(count),
    }
}

/// Tasks for each thread, where their number changes no result: the last ones are short waits.
const TASKS_PER_THREAD: usize = 4;

/// Numbers that are worth a task of their own.
const MIN_TASK_VALUES: usize = 1 << 14;
