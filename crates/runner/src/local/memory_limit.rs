//! Limits the memory of a worker.

use std::path::Path;
use tokio::process::Command;

/// A shell limits itself before it becomes the worker, whose first allocation is limited thereby.
const SHELL: &str = "/bin/sh";

/// The command that starts a worker whose data memory is limited to `bytes` from its beginning.
/// Where there is no shell, [`limit_memory`] limits it as soon as it has started.
pub(super) fn limited_command(worker: &Path, bytes: u64) -> Command {
    if !Path::new(SHELL).exists() {
        return Command::new(worker);
    }
    let mut command = Command::new(SHELL);
    // A limit that cannot be set is reported by `limit_memory`.
    let script = "ulimit -d \"$1\" 2>/dev/null; exec \"$0\"";
    let kibibytes = (bytes / 1024).to_string();
    command.args(["-c", script]).arg(worker).arg(kibibytes);
    command
}

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
