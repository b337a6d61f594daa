//! stdout and stderr for those commands whose work must go on whoever reads them: a thread of
//! their own writes, so that a reader who is slow, asleep or gone holds up nothing.

mod outlet;
mod terminal;

use outlet::Outlet;
use std::io::{stderr, stdout};
use std::time::Duration;
pub use terminal::StderrTerminal;

/// Messages that wait to be written to stderr, in bytes; the oldest beyond that are dropped.
const MAX_WAITING: usize = 256 << 10;
/// How long a writer waits for the other stream, so that lines on a terminal keep their order.
const ORDER: Duration = Duration::from_millis(200);
/// How long the end of the program waits for a reader of stderr who does not read.
const PATIENCE: Duration = Duration::from_secs(1);

static STDERR: Outlet = Outlet::new("stderr", || Box::new(stderr()), MAX_WAITING);
static STDOUT: Outlet = Outlet::new("stdout", || Box::new(stdout()), usize::MAX);

/// Shows a line on stderr. It never waits and never fails.
pub fn say_error(text: &str) {
    STDERR.write(format!("{text}\n").into_bytes());
}

/// Writes to stderr as it is. It never waits and never fails.
pub fn write_error(bytes: &[u8]) {
    STDERR.write(bytes.to_vec());
}

/// Writes a line to stdout if somebody reads it, and does not wait for a slow reader.
pub fn say_if_read(text: &str) {
    settle_errors();
    STDOUT.write(format!("{text}\n").into_bytes());
    STDOUT.wait(Some(ORDER));
}

/// Waits a moment until stderr is written, so that what is written to stdout next follows it on a
/// terminal that shows both.
pub fn settle_errors() {
    STDERR.wait(Some(ORDER));
}

/// Number of messages that nobody has read from stderr and that were dropped.
pub fn dropped_messages() -> u64 {
    STDERR.dropped()
}

/// Waits until everything is written: stderr as long as somebody reads it, stdout until its reader
/// has read it or is gone.
pub fn finish() {
    STDERR.wait(Some(PATIENCE));
    STDOUT.wait(None);
}

/// Waits a moment until what is written to stderr is there: the program ends at once.
pub fn finish_soon() {
    STDERR.wait(Some(ORDER));
}
