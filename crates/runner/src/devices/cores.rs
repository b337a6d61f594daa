//! The cores of this machine.

use super::allocated::own_share;

/// The cores that this process may use: those of its affinity mask, as many as the quota of its
/// control group and its allocation allow.
pub fn usable_cores() -> Vec<usize> {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let mut cores = affinity_mask().unwrap_or_else(|| (0..count).collect());
    let allocated = own_share().map_or(usize::MAX, |share| share.cpus as usize);
    cores.truncate(count.min(allocated));
    cores
}

/// Whether workers may be pinned to the usable cores. Where Slurm does not bind an allocation to its
/// cores, others may have those with the same numbers.
pub(crate) fn may_pin() -> bool {
    let seen = affinity_mask().unwrap_or_default().len();
    own_share().is_none_or(|share| seen <= share.cpus as usize)
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
