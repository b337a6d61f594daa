//! Whether this process should be replaced, because its memory grows from epoch to epoch or it
//! keeps some that other processes may need.
//!
//! Libraries for GPUs keep what they have once taken, and some lose memory while they train. Our own
//! kernels on the CPU do neither.

use convsweep_spec::words::bytes;
use convsweep_train::memory_bytes;

/// How much memory may grow, as a share of what it was after the first epoch, and at least.
const ALLOWED_GROWTH: (f64, u64) = (0.5, 512 << 20);
/// How much memory of a GPU may be kept between two jobs.
const LARGEST_KEPT: u64 = 1 << 30;

/// Memory of this process in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedMemory {
    /// On the host.
    pub host: u64,
    /// On all GPUs together.
    pub gpu: u64,
}

/// The memory of this process during an attempt.
#[derive(Debug, Default)]
pub struct MemoryWatch {
    after_first_epoch: Option<UsedMemory>,
}

impl UsedMemory {
    /// What is used now; 0 where it cannot be determined.
    pub fn now() -> Self {
        UsedMemory {
            host: memory_bytes(),
            gpu: gpu_memory().unwrap_or(0),
        }
    }

    /// Why the process should be replaced after a job; `None` if it may go on.
    pub fn kept(self) -> Option<String> {
        (self.gpu > LARGEST_KEPT).then(|| {
            format!(
                "the worker keeps {} of the GPU's memory after its job: a new one takes its place",
                bytes(self.gpu as f64)
            )
        })
    }
}

impl MemoryWatch {
    /// Why the process should be replaced after an epoch at whose end it uses this much; `None` if
    /// it may go on.
    pub fn after_epoch(&mut self, used: UsedMemory) -> Option<String> {
        let first = *self.after_first_epoch.get_or_insert(used);
        let (what, before, now) = if has_grown(first.host, used.host) {
            ("memory", first.host, used.host)
        } else if has_grown(first.gpu, used.gpu) {
            ("memory on the GPU", first.gpu, used.gpu)
        } else {
            return None;
        };
        Some(format!(
            "the worker's {what} has grown from {} after the first epoch of its job to {}: the job \
             goes on with a new worker, from a checkpoint",
            bytes(before as f64),
            bytes(now as f64)
        ))
    }
}

fn has_grown(before: u64, now: u64) -> bool {
    let allowed = (before as f64 * ALLOWED_GROWTH.0) as u64;
    now > before + allowed.max(ALLOWED_GROWTH.1)
}

/// What this process uses of the memory of all GPUs; `None` if the driver does not say.
#[cfg(any(feature = "libtorch", feature = "cuda"))]
fn gpu_memory() -> Option<u64> {
    use nvml_wrapper::Nvml;
    use nvml_wrapper::enums::device::UsedGpuMemory;
    use std::sync::OnceLock;
    static LIBRARY: OnceLock<Option<Nvml>> = OnceLock::new();
    let library = || {
        let name = std::ffi::OsStr::new("libnvidia-ml.so.1");
        Nvml::builder().lib_path(name).init().ok()
    };
    let nvml = LIBRARY.get_or_init(library).as_ref()?;
    let mut sum = 0;
    for index in 0..nvml.device_count().ok()? {
        let Ok(processes) = nvml
            .device_by_index(index)
            .and_then(|gpu| gpu.running_compute_processes())
        else {
            continue;
        };
        for process in processes {
            if let UsedGpuMemory::Used(bytes) = process.used_gpu_memory
                && process.pid == std::process::id()
            {
                sum += bytes;
            }
        }
    }
    Some(sum)
}

#[cfg(not(any(feature = "libtorch", feature = "cuda")))]
fn gpu_memory() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1 << 20;

    fn used(host: u64, gpu: u64) -> UsedMemory {
        UsedMemory {
            host: host * MB,
            gpu: gpu * MB,
        }
    }

    #[test]
    fn growth_beyond_a_half_and_half_a_gigabyte_is_too_much() {
        let mut watch = MemoryWatch::default();
        assert_eq!(watch.after_epoch(used(400, 2000)), None);
        assert_eq!(watch.after_epoch(used(900, 2900)), None);
        let host = watch.after_epoch(used(1000, 2000)).expect("has grown");
        assert!(host.contains("memory has grown from 419 MB"), "{host}");
        let gpu = watch.after_epoch(used(400, 3100)).expect("has grown");
        assert!(gpu.contains("on the GPU"), "{gpu}");
    }

    #[test]
    fn memory_that_is_kept_after_a_job_is_returned() {
        assert_eq!(used(9000, 1000).kept(), None);
        let kept = used(0, 3000).kept().expect("too much");
        assert!(kept.contains("keeps 3.1 GB"), "{kept}");
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(UsedMemory::now().host > MB);
    }
}
