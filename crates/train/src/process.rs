//! What the operating system knows about this process and machine.

use convsweep_files::{hash_regular, memory_limit};
use rustix::process::{Resource, getrlimit};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::thread::available_parallelism;

/// Name of the machine.
pub fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Largest resident memory since the start or the last [`reset_peak_memory`]; 0 if the operating
/// system does not say.
pub fn peak_memory_bytes() -> u64 {
    kernel_bytes("/proc/self/status", "VmHWM:").unwrap_or(0)
}

/// Resident memory now; 0 if the operating system does not say.
pub fn memory_bytes() -> u64 {
    kernel_bytes("/proc/self/status", "VmRSS:").unwrap_or(0)
}

/// Hash of this program's own file, which tells every build from every other one; `None` if the
/// operating system does not show it.
pub(crate) fn program_hash() -> Option<&'static str> {
    static HASH: OnceLock<Option<String>> = OnceLock::new();
    let hash = HASH.get_or_init(|| hash_regular(Path::new("/proc/self/exe")).ok());
    hash.as_deref()
}

/// Bytes that this process may take for what it could do without: such shares for one process on
/// each core come to a quarter of what the machine has free, and of what control groups and
/// `ulimit` allow. 0 if the operating system does not say what is free.
pub(crate) fn memory_share() -> u64 {
    let free = kernel_bytes("/proc/meminfo", "MemAvailable:").unwrap_or(0);
    let group = memory_limit(Path::new("/")).unwrap_or(u64::MAX);
    let process = [Resource::As, Resource::Data].map(|of| getrlimit(of).current);
    let process = process.into_iter().flatten().min().unwrap_or(u64::MAX);
    let cores = available_parallelism().map_or(1, |cores| cores.get() as u64);
    (free.min(group) / cores).min(process) / 4
}

/// The number of bytes on the line of a file of the kernel that begins with `label`.
fn kernel_bytes(file: &str, label: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Restarts the measurement of the peak, so that a worker's second job does not inherit that of its
/// first. Does nothing if the operating system does not allow it.
pub fn reset_peak_memory() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_memory_is_measured_and_can_be_reset() {
        let big = vec![1u8; 64 << 20];
        let with = peak_memory_bytes();
        assert!(
            with > 64 << 20 && big.iter().map(|&b| u64::from(b)).sum::<u64>() == 64 << 20,
            "{with}"
        );
        drop(big);
        reset_peak_memory();
        assert!(peak_memory_bytes() <= with);
        assert!(!host().is_empty());
    }

    #[test]
    fn the_share_of_the_memory_is_a_part_of_what_is_free() {
        let total = kernel_bytes("/proc/meminfo", "MemTotal:").expect("Linux");
        assert!((1..=total / 4).contains(&memory_share()));
    }
}
