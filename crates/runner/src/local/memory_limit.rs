//! Limits the memory of a worker.

/// Limits the data memory of a process to `bytes`. Returns a note for the user if that failed.
#[cfg(target_os = "linux")]
pub(super) fn limit_memory(pid: u32, bytes: u64) -> Option<String> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    let error = prlimit(Some(pid), Resource::Data, limit).err()?;
    Some(format!("the worker's memory could not be limited: {error}"))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn limit_memory(_: u32, _: u64) -> Option<String> {
    None
}
