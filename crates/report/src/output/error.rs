//! Why a report could not be made.

use crate::draw::render::RenderError;
use convsweep_files::system_remedy_or;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file could not be written.
    #[error("cannot write {path}: {source}; {}", remedy(source))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system reported.
        source: io::Error,
    },
    /// A chart could not be drawn.
    #[error("chart {name}: {source}")]
    Chart {
        /// The chart.
        name: String,
        /// What the renderer reported.
        source: RenderError,
    },
    /// A table could not be made.
    #[error("CSV: {0}")]
    Csv(#[from] csv::Error),
}

fn remedy(error: &io::Error) -> String {
    system_remedy_or(error, remedy_of_kind)
}

fn remedy_of_kind(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room (`convsweep prune` does); `convsweep report NAME` renders it then"
        }
        io::ErrorKind::IsADirectory
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::AlreadyExists => {
            "something else is in its place: move it; `convsweep report NAME` renders it then"
        }
        _ => "make the folder writable, or work on a copy of it (--results)",
    }
}
