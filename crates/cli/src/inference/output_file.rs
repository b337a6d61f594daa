//! A file that a command writes when everything is computed.

use crate::exit::{Code, Exit, failure};
use anyhow::Result;
use convsweep_files::{Durability, FileError, check_writable, system_remedy_or, write_shared};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A file that a command writes when everything is computed.
#[derive(Debug)]
pub struct OutputFile(PathBuf);

impl OutputFile {
    /// A file in this place, where one can be written now.
    ///
    /// # Errors
    /// If none can, so that nothing is computed in vain.
    pub fn new(path: &Path) -> Result<OutputFile> {
        check_writable(path).map_err(not_written)?;
        Ok(OutputFile(path.to_path_buf()))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path from the root.
    ///
    /// # Errors
    /// If the current folder no longer exists.
    pub fn absolute(&self) -> Result<PathBuf> {
        std::path::absolute(&self.0).code(Exit::Results)
    }

    /// Writes the file; whoever reads it sees an older content or all of this.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, content: &[u8], durability: Durability) -> Result<()> {
        write_shared(&self.0, content, durability).map_err(not_written)
    }
}

/// Why a file cannot be written, and what to do.
fn not_written(error: FileError) -> anyhow::Error {
    let remedy = system_remedy_or(&error.source, remedy_of_kind);
    failure(Exit::Results, format!("{error}; {remedy}"))
}

fn remedy_of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "make its folder, or name another place",
        ErrorKind::NotADirectory => "a file is in the place of its folder: name another place",
        ErrorKind::IsADirectory => "a folder is in its place: name a file",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "check the permissions of its folder, or name another place"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room, or name another place",
        _ => "name another place",
    }
}
