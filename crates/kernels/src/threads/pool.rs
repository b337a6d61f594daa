//! The helper threads, and how the tasks of a call are distributed among them.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Calls `run` with each number below `tasks`, on this thread and the helpers. If the helpers are
/// busy with another call, this thread runs all tasks alone.
///
/// # Safety
/// `run` must be safe to call on several threads concurrently, each time with a different number.
pub(crate) unsafe fn run_tasks(tasks: usize, run: impl Fn(usize)) {
    if tasks > 1 && POOL.publish(tasks, &run) {
        let mut state = POOL.run_remaining(POOL.lock(), 0);
        while state.call.as_ref().is_some_and(|call| call.running > 0) {
            state = POOL.finished.wait(&POOL, state);
        }
        let panic = state.call.take().and_then(|call| call.panic);
        drop(state);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    } else {
        (0..tasks).for_each(run);
    }
}

/// Sets the number of threads (at least one) that share the work of each call. Results do not
/// depend on it.
pub fn use_threads(count: usize) {
    POOL.lock().threads = count.max(1);
}

/// Number of threads that share the work of each call.
pub fn threads() -> usize {
    POOL.lock().threads
}

/// The items that belong to task `i` of `tasks`.
pub(crate) fn task_range(count: usize, tasks: usize, i: usize) -> Range<usize> {
    count * i / tasks..count * (i + 1) / tasks
}

/// How long a waiting thread spins before it sleeps. The calls of a training step follow one
/// another more quickly than a sleeping thread wakes up.
const SPIN_TIME: Duration = Duration::from_micros(100);

/// The state that the calling thread and the helpers share.
struct ThreadPool {
    state: Mutex<ThreadPoolState>,
    /// Signalled when a call has published its tasks.
    published: Signal,
    /// Signalled when the last task has finished.
    finished: Signal,
}

struct ThreadPoolState {
    /// Threads that take part, including the caller.
    threads: usize,
    /// Helpers that have been spawned.
    helpers: usize,
    call: Option<ParallelCall>,
}

/// The tasks of the call in progress.
struct ParallelCall {
    run: *const (dyn Fn(usize) + 'static),
    /// Pending tasks of each thread's share; the caller's share comes first.
    remaining: Vec<Range<usize>>,
    running: usize,
    panic: Option<Box<dyn std::any::Any + Send>>,
}

// SAFETY: `run` is only called while the call that published it waits, and that caller promised
// that it may run on any thread.
unsafe impl Send for ParallelCall {}

impl ParallelCall {
    /// The next task for a thread: the first of its own share, or else the last task of the thread
    /// with the most tasks left.
    fn next_task(&mut self, thread: usize) -> Option<usize> {
        let own = self.remaining.get_mut(thread).and_then(Range::next);
        let task = own.or_else(|| {
            self.remaining
                .iter_mut()
                .max_by_key(|remaining| remaining.len())?
                .next_back()
        })?;
        self.running += 1;
        Some(task)
    }

    fn is_exhausted(&self) -> bool {
        self.remaining.iter().all(Range::is_empty)
    }
}

static POOL: ThreadPool = ThreadPool {
    state: Mutex::new(ThreadPoolState {
        threads: 1,
        helpers: 0,
        call: None,
    }),
    published: Signal::new(),
    finished: Signal::new(),
};

/// An event that threads wait for.
struct Signal {
    /// Number of times it has been signalled.
    count: AtomicUsize,
    sleeping: Condvar,
}

impl Signal {
    const fn new() -> Signal {
        Signal {
            count: AtomicUsize::new(0),
            sleeping: Condvar::new(),
        }
    }

    /// Wakes all waiting threads. The caller must hold the lock on the state.
    fn notify(&self) {
        self.count.fetch_add(1, Ordering::Release);
        self.sleeping.notify_all();
    }

    /// Waits for the next signal.
    fn wait<'a>(
        &self,
        pool: &'a ThreadPool,
        state: MutexGuard<'a, ThreadPoolState>,
    ) -> MutexGuard<'a, ThreadPoolState> {
        let seen = self.count.load(Ordering::Relaxed);
        drop(state);
        let start = Instant::now();
        while self.count.load(Ordering::Acquire) == seen && start.elapsed() < SPIN_TIME {
            (0..32).for_each(|_| std::hint::spin_loop());
        }
        let mut state = pool.lock();
        while self.count.load(Ordering::Relaxed) == seen {
            state = self
                .sleeping
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state
    }
}

impl ThreadPool {
    fn lock(&self) -> MutexGuard<'_, ThreadPoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the tasks for the helpers. Returns false if there are no helpers or they are busy.
    fn publish(&'static self, tasks: usize, run: &impl Fn(usize)) -> bool {
        let mut state = self.lock();
        if state.threads == 1 || state.call.is_some() {
            return false;
        }
        while state.helpers + 1 < state.threads {
            let number = state.helpers;
            let helper = std::thread::Builder::new().name(format!("kernels-{}", number + 1));
            if helper.spawn(move || self.helper_loop(number)).is_err() {
                break;
            }
            state.helpers += 1;
        }
        let run: *const (dyn Fn(usize) + '_) = run;
        // SAFETY: only the lifetime changes. The caller waits until all tasks have finished and
        // then removes the call, so `run` outlives its use.
        let run = unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + '_), *const (dyn Fn(usize) + 'static)>(
                run,
            )
        };
        let remaining = (0..state.threads)
            .map(|thread| task_range(tasks, state.threads, thread))
            .collect();
        state.call = Some(ParallelCall {
            run,
            remaining,
            running: 0,
            panic: None,
        });
        self.published.notify();
        true
    }

    fn helper_loop(&'static self, number: usize) {
        let mut state = self.lock();
        loop {
            let has_work = number + 1 < state.threads
                && state.call.as_ref().is_some_and(|call| !call.is_exhausted());
            state = if has_work {
                self.run_remaining(state, number + 1)
            } else {
                self.published.wait(self, state)
            };
        }
    }

    /// Runs pending tasks until none is left.
    fn run_remaining<'a>(
        &'a self,
        mut state: MutexGuard<'a, ThreadPoolState>,
        thread: usize,
    ) -> MutexGuard<'a, ThreadPoolState> {
        while let Some((run, number)) = state
            .call
            .as_mut()
            .and_then(|call| Some((call.run, call.next_task(thread)?)))
        {
            drop(state);
            // SAFETY: the publishing caller waits while tasks run.
            let result = catch_unwind(AssertUnwindSafe(|| unsafe { (*run)(number) }));
            state = self.lock();
            if let Some(call) = state.call.as_mut() {
                call.running -= 1;
                if let Err(panic) = result {
                    call.remaining.clear();
                    call.panic = Some(panic);
                }
                if call.running == 0 && call.is_exhausted() {
                    self.finished.notify();
                }
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_and_panics_propagate() {
        use_threads(3);
        for tasks in [0, 1, 2, 7, 100] {
            let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
            // SAFETY: the tasks share only atomic counters.
            unsafe { run_tasks(tasks, |i| _ = counts[i].fetch_add(1, Ordering::Relaxed)) };
            assert!(
                counts.iter().all(|n| n.load(Ordering::Relaxed) == 1),
                "{tasks} tasks"
            );
        }
        // SAFETY: the tasks share nothing.
        let inner = || unsafe { run_tasks(4, |i| assert!(i < 3, "the last")) };
        assert!(catch_unwind(inner).is_err());
        // SAFETY: the tasks share nothing.
        unsafe { run_tasks(2, |_| run_tasks(2, |_| ())) };
        use_threads(1);
    }

    #[test]
    fn task_ranges_cover_all_items() {
        for (count, tasks) in [(64, 8), (7, 3), (1, 1), (5, 5)] {
            let all: Vec<usize> = (0..tasks)
                .flat_map(|i| task_range(count, tasks, i))
                .collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
