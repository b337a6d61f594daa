//! What the operating system knows about this process and machine.

use std::fs;

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
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u64> = line
        .and_then(|line| line.split_whitespace().next())
        .and_then(|n| n.parse().ok());
    kib.unwrap_or(0) * 1024
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
}
