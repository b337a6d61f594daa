//! Limits of the shell (`ulimit`) that leave this program little memory.

use crate::exit::Exit;
use convsweep_spec::words::bytes;
use rustix::process::{Resource, getrlimit};
use signal_hook::consts::SIGABRT;
use signal_hook::flag::register_conditional_shutdown;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Reports of large experiments take this much memory, in bytes.
const ENOUGH: u64 = 1 << 30;

/// From now on the program ends with the exit code of an internal error where it is aborted, as it
/// is, after a message, when there is no memory left.
pub fn abort_with_code() {
    let always = Arc::new(AtomicBool::new(true));
    // Without this it ends by the signal.
    _ = register_conditional_shutdown(SIGABRT, Exit::Internal as i32, always);
}

/// What to do if the memory does not suffice, where `ulimit` leaves little of it: when none is
/// left, it is too late to say so.
pub fn memory_note() -> Option<String> {
    let limits = [("-v", Resource::As), ("-d", Resource::Data)];
    let limits = limits.map(|(option, resource)| Some((getrlimit(resource).current?, option)));
    let (limit, option) = limits.into_iter().flatten().min()?;
    (limit < ENOUGH).then(|| {
        let limit = bytes(limit as f64);
        format!(
            "note: `ulimit {option}` leaves this program {limit} of memory; if it ends with \
             “memory allocation of … bytes failed”, allow it more (`ulimit {option} unlimited`) and give the \
             command again"
        )
    })
}
