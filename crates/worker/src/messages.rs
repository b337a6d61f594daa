//! Messages for people, which may have nobody who reads them.

use convsweep_spec::words::internal_error;
use std::io::{self, Write, stderr, stdout};
use std::panic::{self, PanicHookInfo};
use tracing_subscriber::fmt::MakeWriter;

/// Writes a line to stdout.
pub fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}

/// Writes a line to stderr.
pub fn say_error(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// From now on, a panic of any thread becomes a message that says what happened and where to report
/// it.
pub fn report_panics() {
    panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo) {
    let what = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(ToString::to_string);
    let version = concat!("convsweep-worker ", env!("CARGO_PKG_VERSION"));
    let message = internal_error(version, what, &place.unwrap_or_default());
    say_error(&message);
}

/// Writes lines of the subscriber to stderr, and never fails.
#[derive(Clone, Copy, Debug)]
pub struct MessageWriter;

impl<'a> MakeWriter<'a> for MessageWriter {
    type Writer = MessageWriter;

    fn make_writer(&'a self) -> MessageWriter {
        MessageWriter
    }
}

impl Write for MessageWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let _ = stderr().write_all(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
