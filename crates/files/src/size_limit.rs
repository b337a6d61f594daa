//! The limit on the size of files (`ulimit -f`).

use rustix::process::{Resource, getrlimit};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// From now on, a write beyond the limit on the size of files fails with an error. Without this, the
/// system ends the program by a signal.
///
/// # Errors
/// If the system refuses.
pub fn survive_size_limit() -> io::Result<()> {
    // With a handler, whatever it does, the system reports the error to the write.
    let noticed = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed).map(drop)
}

/// The largest size in bytes that a file may have; `None` without a limit.
pub fn size_limit() -> Option<u64> {
    getrlimit(Resource::Fsize).current
}
