//! The helper threads, and how a call's tasks are handed out to them.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Calls `run` with each number below `tasks`, on this thread and the helpers that there are. A
/// call while another one has the helpers is served by its own thread alone.
///
/// # Safety
/// `run` may be called on several threads at once, each time with another number.
pub(crate) unsafe fn run_tasks(tasks: usize, run: impl Fn(usize)) {
    if tasks > 1 && POOL.publish(tasks, &run) {
        let mut state = POOL.run_remaining(POOL.lock(), 0);
        while state.work.as_ref().is_some_and(|work| work.running > 0) {
            state = POOL.finished.wait(&POOL, state);
        }
        let panic = state.work.take().and_then(|work| work.panic);
        drop(state);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    } else {
        (0..tasks).for_each(run);
    }
}

/// From now on `count` threads (at least one) share the work of each call. No result depends on it.
pub fn use_threads(count: usize) {
    POOL.lock().threads = count.max(1);
}

/// Number of threads that share the work of each call.
pub fn threads() -> usize {
    POOL.lock().threads
}

/// The things that belong to task `i` of `tasks`.
pub(crate) fn task_range(count: usize, tasks: usize, i: usize) -> Range<usize> {
    count * i / tasks..count * (i + 1) / tasks
}

/// How long a thread looks for what it waits for before it sleeps: a step's calls epilogue one
/// another sooner, and to be woken takes longer.
const SPIN_TIME: Duration = Duration::from_micros(100);

/// What the threads share.
struct ThreadPool {
    state: Mutex<PoolState>,
    /// There is work.
    published: Signal,
    /// The last task has ended.
    finished: Signal,
}

struct PoolState {
    /// Threads that take part, the caller among them.
    threads: usize,
    /// Helpers that have been started.
    helpers: usize,
    work: Option<ParallelCall>,
}

/// A call's tasks while they are taken.
struct ParallelCall {
    run: *const (dyn Fn(usize) + 'static),
    /// The tasks that are left of each thread's share; the caller's comes first.
    remaining: Vec<Range<usize>>,
    running: usize,
    panic: Option<Box<dyn std::any::Any + Send>>,
}

// SAFETY: `run` is called only while the call that it belongs to waits, and that has promised that
// it may be called anywhere.
unsafe impl Send for ParallelCall {}

impl ParallelCall {
    /// The next task for the thread of this number: the first of its own, or else the last of whose
    /// most are left.
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
    state: Mutex::new(PoolState {
        threads: 1,
        helpers: 0,
        work: None,
    }),
    published: Signal::new(),
    finished: Signal::new(),
};

/// What a thread can wait for.
struct Signal {
    /// Times that it was given.
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

    /// Gives it to all that wait. The caller holds the state.
    fn notify(&self) {
        self.count.fetch_add(1, Ordering::Release);
        self.sleeping.notify_all();
    }

    /// Waits until it is given once more.
    fn wait<'a>(
        &self,
        pool: &'a ThreadPool,
        state: MutexGuard<'a, PoolState>,
    ) -> MutexGuard<'a, PoolState> {
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
    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lays the tasks out for the helpers, unless there are none or they have others.
    fn publish(&'static self, tasks: usize, run: &impl Fn(usize)) -> bool {
        let mut state = self.lock();
        if state.threads == 1 || state.work.is_some() {
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
        // SAFETY: only the lifetime changes; the call that lives as long waits for all tasks and
        // then takes the work away.
        let run = unsafe {
            std::mem::transmute::<*const (dyn Fn(usize) + '_), *const (dyn Fn(usize) + 'static)>(
                run,
            )
        };
        let remaining = (0..state.threads)
            .map(|thread| task_range(tasks, state.threads, thread))
            .collect();
        state.work = Some(ParallelCall {
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
            let here = number + 1 < state.threads
                && state.work.as_ref().is_some_and(|work| !work.is_exhausted());
            state = match here {
                true => self.run_remaining(state, number + 1),
                false => self.published.wait(self, state),
            };
        }
    }

    /// Takes tasks until none is left.
    fn run_remaining<'a>(
        &'a self,
        mut state: MutexGuard<'a, PoolState>,
        thread: usize,
    ) -> MutexGuard<'a, PoolState> {
        while let Some((run, number)) = state
            .work
            .as_mut()
            .and_then(|work| Some((work.run, work.next_task(thread)?)))
        {
            drop(state);
            // SAFETY: the caller waits while a task runs.
            let result = catch_unwind(AssertUnwindSafe(|| unsafe { (*run)(number) }));
            state = self.lock();
            if let Some(work) = state.work.as_mut() {
                work.running -= 1;
                if let Err(panic) = result {
                    work.remaining.clear();
                    work.panic = Some(panic);
                }
                if work.running == 0 && work.is_exhausted() {
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
    fn every_task_runs_once_and_a_panic_comes_back() {
        use_threads(3);
        for tasks in [0, 1, 2, 7, 100] {
            let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
            // SAFETY: the tasks share atomic counters only.
            unsafe { run_tasks(tasks, |i| _ = counts[i].fetch_add(1, Ordering::Relaxed)) };
            assert!(
                counts.iter().all(|n| n.load(Ordering::Relaxed) == 1),
                "{tasks} tasks"
            );
        }
        // SAFETY: nothing is shared.
        let inner = || unsafe { run_tasks(4, |i| assert!(i < 3, "the last")) };
        assert!(catch_unwind(inner).is_err());
        // SAFETY: nothing is shared.
        unsafe { run_tasks(2, |_| run_tasks(2, |_| ())) };
        use_threads(1);
    }

    #[test]
    fn parts_are_all_of_it() {
        for (count, tasks) in [(64, 8), (7, 3), (1, 1), (5, 5)] {
            let all: Vec<usize> = (0..tasks)
                .flat_map(|i| task_range(count, tasks, i))
                .collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
