//! The limit on the stack (`ulimit -s`).

use rustix::process::{Resource, getrlimit};
use std::{io, panic, thread};

/// A smaller stack may not suffice, in bytes.
const SMALLEST_STACK: u64 = 2 << 20;
/// Stack of the thread that takes the place of the first one then, in bytes.
const STACK: usize = 8 << 20;

/// Does the work of a program, on another thread if `ulimit -s` leaves this one a small stack. A
/// panic goes on in this thread.
///
/// # Errors
/// If that thread cannot be started.
pub fn with_enough_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    let limit = getrlimit(Resource::Stack).current;
    if limit.is_none_or(|limit| limit >= SMALLEST_STACK) {
        return Ok(work());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("main".into()).stack_size(STACK);
        let done = thread.spawn_scoped(scope, work)?.join();
        Ok(done.unwrap_or_else(|panic| panic::resume_unwind(panic)))
    })
}
