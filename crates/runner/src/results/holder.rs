//! Who holds the lock of a results folder, as its file says.

use super::range_lock;
use super::unix_time::since_1970;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::words::duration;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Longest text that is read, in bytes.
const LONGEST_TEXT: usize = 1 << 16;

/// What the lock's file says about its holder: one line of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Holder {
    pid: u32,
    host: String,
    /// Seconds since 1970-01-01 UTC.
    since: f64,
    /// Whether it also holds the range lock, by which it can be recognised.
    #[serde(default)]
    pub(super) has_range_lock: bool,
    /// Whether its run is paused.
    #[serde(default)]
    pub(super) is_paused: bool,
    /// Jobs that have ended an attempt and wait for their next one.
    #[serde(default)]
    pub(super) queued: Vec<JobId>,
}

impl Holder {
    pub(super) fn this_program(has_range_lock: bool) -> Holder {
        Holder {
            pid: std::process::id(),
            host: host_name(),
            since: since_1970().as_secs_f64(),
            has_range_lock,
            is_paused: false,
            queued: vec![],
        }
    }

    /// The holder in the first line of the file; `None` if there is none that can be read.
    pub(super) fn read(file: &File) -> Option<Holder> {
        let mut bytes = vec![0; LONGEST_TEXT];
        let length = file.read_at(&mut bytes, 0).ok()?;
        let line = bytes[..length].split(|&byte| byte == b'\n').next()?;
        serde_json::from_slice(line).ok()
    }

    /// Whether the process may be alive: one on another machine always may.
    pub(super) fn may_live(&self) -> bool {
        if self.host != host_name() {
            return true;
        }
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        pid.is_some_and(|pid| matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM)))
    }
}

/// The program that holds a results folder, for people; `Display` names it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LockHolder {
    /// The process, its machine and since when (seconds since 1970-01-01 UTC), if they are known.
    process: Option<(u32, String, f64)>,
    /// Whether its run is paused.
    pub is_paused: bool,
    /// Its jobs that have ended an attempt and wait for their next one.
    pub queued: Vec<JobId>,
}

impl LockHolder {
    pub(super) fn of(holder: Option<Holder>) -> LockHolder {
        let (is_paused, queued) = match &holder {
            Some(holder) => (holder.is_paused, holder.queued.clone()),
            None => (false, vec![]),
        };
        LockHolder {
            process: holder.map(|holder| (holder.pid, holder.host, holder.since)),
            is_paused,
            queued,
        }
    }

    /// Whether the two are the same process, as far as both are known.
    pub(super) fn is_same(&self, other: &LockHolder) -> bool {
        self.process.is_none() || other.process.is_none() || self.process == other.process
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Some((pid, host, since)) = &self.process else {
            return f.write_str("another program");
        };
        // Not negative where a clock was set back.
        let seconds = (since_1970().as_secs_f64() - since).max(0.0);
        write!(f, "process {pid} on {host}, for {}", duration(seconds))
    }
}

/// The process that runs in a results folder; `None` if none does. Takes no lock, so that it never
/// keeps a run from starting.
pub fn lock_holder(results: &ResultsFolder) -> Option<LockHolder> {
    let path = results.lock();
    // Opening a pipe would wait for its other end.
    let file = path.is_file().then(|| File::open(&path).ok())??;
    let holder = Holder::read(&file);
    let is_held = match range_lock::is_held(&file) {
        Some(true) => true,
        // Where it could not take the range lock, or is an earlier version, its text must do.
        Some(false) | None => {
            let unknown = |holder: &Holder| !holder.has_range_lock || !range_lock::IS_SUPPORTED;
            holder.as_ref().is_some_and(|h| unknown(h) && h.may_live())
        }
    };
    is_held.then(|| LockHolder::of(holder))
}

/// Name of this machine.
pub fn host_name() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}
