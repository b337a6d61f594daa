//! Warnings on stderr.

use crate::streams::write_error;
use std::io::{self, Write};
use tracing_subscriber::fmt::MakeWriter;

/// Writes lines of the subscriber to stderr. It never waits and never fails.
#[derive(Clone, Copy, Debug)]
pub struct StderrWriter;

impl<'a> MakeWriter<'a> for StderrWriter {
    type Writer = StderrWriter;

    fn make_writer(&'a self) -> StderrWriter {
        StderrWriter
    }
}

impl Write for StderrWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        write_error(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
