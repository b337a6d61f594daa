//! The cores of this machine.

/// The cores that this process may use: those of its affinity mask, as many as the quota of its
/// control group allows.
pub fn usable_cores() -> Vec<usize> {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let mut cores = affinity_mask().unwrap_or_else(|| (0..count).collect());
    cores.truncate(count);
    cores
}

#[cfg(target_os = "linux")]
fn affinity_mask() -> Option<Vec<usize>> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let mask = sched_getaffinity(None).ok()?;
    let cores = (0..CpuSet::MAX_CPU).filter(|&core| mask.is_set(core));
    Some(cores.collect())
}

#[cfg(not(target_os = "linux"))]
fn affinity_mask() -> Option<Vec<usize>> {
    None
}
