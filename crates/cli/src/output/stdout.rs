//! What goes to stdout: data for other programs and for people.

use anyhow::Result;
use serde::Serialize;
use std::io::Write;

/// Writes a line to stdout; a closed pipe is an error that `main` forgives.
pub fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Writes a value as indented JSON to stdout.
pub fn say_json(value: &impl Serialize) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}
