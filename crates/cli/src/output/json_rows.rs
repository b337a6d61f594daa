//! A list of JSON objects that is printed object by object, so that its size does not matter.

use super::stdout::{Stdout, open_stdout};
use anyhow::Result;
use serde_json::Value;

/// A list that is being printed, an object to a line.
pub struct JsonRows {
    out: Stdout,
    is_empty: bool,
}

impl JsonRows {
    /// Begins the list on stdout.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn begin() -> Result<JsonRows> {
        let mut out = open_stdout();
        out.write(b"[")?;
        Ok(JsonRows {
            out,
            is_empty: true,
        })
    }

    /// Prints an object.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn row(&mut self, object: &Value) -> Result<()> {
        let comma = if self.is_empty { "" } else { "," };
        self.is_empty = false;
        self.out.write(format!("{comma}\n  {object}").as_bytes())
    }

    /// Ends the list.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn end(mut self) -> Result<()> {
        self.out.write(b"\n]\n")?;
        self.out.flush()
    }
}
