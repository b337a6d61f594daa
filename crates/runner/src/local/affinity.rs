//! Pins a worker to the cores of its slot.

/// Runs `spawn` while this thread is pinned to `cores`, which a child process inherits, and then
/// restores the thread's own affinity. No cores: no pinning. Also returns a note for the user if
/// pinning failed.
#[cfg(target_os = "linux")]
pub(super) fn with_affinity<T>(cores: &[usize], spawn: impl FnOnce() -> T) -> (T, Option<String>) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    if cores.is_empty() {
        return (spawn(), None);
    }
    let mut wanted = CpuSet::new();
    for &core in cores {
        if core < CpuSet::MAX_CPU {
            wanted.set(core);
        }
    }
    let before = sched_getaffinity(None);
    let pinned = sched_setaffinity(None, &wanted);
    let spawned = spawn();
    let Err(error) = pinned else {
        if let Ok(before) = before {
            let _ = sched_setaffinity(None, &before);
        }
        return (spawned, None);
    };
    let note = format!("the worker could not be pinned to cores {cores:?}: {error}");
    (spawned, Some(note))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn with_affinity<T>(_: &[usize], spawn: impl FnOnce() -> T) -> (T, Option<String>) {
    (spawn(), None)
}
