//! Writing to stdout, which carries data: for other programs and for people.
//!
//! A closed pipe is an error here, which `main` forgives.

use crate::streams::settle_errors;
use anyhow::{Context, Result};
use convsweep_spec::words::printable_lines;
use std::io::{BufWriter, StdoutLock, Write};

const NOT_WRITTEN: &str = "what the command prints cannot be written to standard output";

/// Writes a line, or several. Escape sequences from outside are shown as text.
///
/// # Errors
/// If stdout cannot be written.
pub fn say(text: &str) -> Result<()> {
    let mut out = open_stdout();
    out.write(printable_lines(text).as_bytes())?;
    out.write(b"\n")?;
    out.flush()
}

/// Stdout, for data of any size.
pub struct Stdout(BufWriter<StdoutLock<'static>>);

/// Opens stdout for data of any size, after the messages so far are written.
pub fn open_stdout() -> Stdout {
    settle_errors();
    Stdout(BufWriter::new(std::io::stdout().lock()))
}

impl Stdout {
    /// Writes bytes.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_all(bytes).context(NOT_WRITTEN)
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.0.flush().context(NOT_WRITTEN)
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
