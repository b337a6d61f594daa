//! Writing to stdout, which carries data: for other programs and for people.
//!
//! A closed pipe is an error here, which `main` forgives.

use crate::streams::settle_errors;
use anyhow::Result;
use convsweep_spec::words::printable_lines;
use serde::Serialize;
use std::io::Write;

/// Writes a line, or several. Escape sequences from outside are shown as text.
///
/// # Errors
/// If stdout cannot be written.
pub fn say(text: &str) -> Result<()> {
    settle_errors();
    let mut out = std::io::stdout().lock();
    out.write_all(printable_lines(text).as_bytes())?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Writes a value as indented JSON.
///
/// # Errors
/// If stdout cannot be written.
pub fn say_json(value: &impl Serialize) -> Result<()> {
    settle_errors();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}
