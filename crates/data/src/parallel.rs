//! Work that is shared between all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Calls `work` for every index below `count` on all cores and returns the results in order. Where
/// the system gives no more threads, there are fewer of them.
///
/// # Panics
/// If `work` panics.
pub(crate) fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, |n| n.get());
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, T)> = thread::scope(|scope| {
        let helper =
            |_| thread::Builder::new().spawn_scoped(scope, || take_turns(&next, count, &work));
        let helpers: Vec<_> = (1..cores.min(count))
            .map_while(|i| helper(i).ok())
            .collect();
        let mut results = take_turns(&next, count, &work);
        for helper in helpers {
            match helper.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Works on the next index that no thread has taken until all are done, and returns the results
/// with their indices.
fn take_turns<T>(next: &AtomicUsize, count: usize, work: &impl Fn(usize) -> T) -> Vec<(usize, T)> {
    let mut results = Vec::new();
    loop {
        let i = next.fetch_add(1, Ordering::Relaxed);
        if i >= count {
            return results;
        }
        results.push((i, work(i)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, 1000] {
            let expected: Vec<usize> = (0..count).map(|i| i * i).collect();
            assert_eq!(in_parallel(count, |i| i * i), expected);
        }
    }
}
