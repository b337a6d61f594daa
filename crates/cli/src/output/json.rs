//! JSON on stdout: objects of a documented form, which carry the number of that form.
//!
//! `convsweep help scripting` names every field, and a test compares that page with what commands
//! print.

use super::stdout::{Stdout, open_stdout};
use anyhow::Result;
use serde::Serialize;
use std::io;

/// The form of everything that `--json` prints. It is raised when a field is removed or means
/// something else; new fields do not count.
pub const SCHEMA: u32 = 1;

/// An object with the number of its form.
#[derive(Serialize)]
struct Versioned<'a, T> {
    schema: u32,
    #[serde(flatten)]
    object: &'a T,
}

impl<'a, T> Versioned<'a, T> {
    fn of(object: &'a T) -> Self {
        Versioned {
            schema: SCHEMA,
            object,
        }
    }
}

/// Prints an object, indented.
///
/// # Errors
/// If stdout cannot be written.
pub fn say_json(object: &impl Serialize) -> Result<()> {
    say_document(&Versioned::of(object))
}

/// Prints a document of another form than ours, indented.
///
/// # Errors
/// If stdout cannot be written.
pub fn say_document(value: &impl Serialize) -> Result<()> {
    let mut out = open_stdout();
    serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from)?;
    out.write(b"\n")?;
    out.flush()
}

/// An object in a line.
///
/// # Errors
/// If it is none.
pub fn line_of(object: &impl Serialize) -> Result<String> {
    let mut line = serde_json::to_string(&Versioned::of(object)).map_err(io::Error::from)?;
    line.push('\n');
    Ok(line)
}

/// Prints an object in a line, at once.
///
/// # Errors
/// If stdout cannot be written.
pub fn say_line(object: &impl Serialize) -> Result<()> {
    let mut lines = JsonLines::begin();
    lines.line(object)?;
    lines.end()
}

/// Objects that are printed one after another, a line each, so that their number does not matter.
pub struct JsonLines(Stdout);

impl JsonLines {
    /// Begins on stdout.
    pub fn begin() -> JsonLines {
        JsonLines(open_stdout())
    }

    /// Prints an object.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn line(&mut self, object: &impl Serialize) -> Result<()> {
        let object = Versioned::of(object);
        serde_json::to_writer(&mut self.0, &object).map_err(io::Error::from)?;
        self.0.write(b"\n")
    }

    /// Writes what is not written yet, so that whoever reads line by line does not wait.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn end(mut self) -> Result<()> {
        self.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_object_carries_the_number_of_its_form() {
        let line = line_of(&json!({"a": f64::NAN, "b": [1]})).expect("an object");
        assert_eq!(line, "{\"schema\":1,\"a\":null,\"b\":[1]}\n");
    }
}
