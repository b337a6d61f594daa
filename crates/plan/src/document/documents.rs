//! The texts of a plan and their folders.

use crate::source::span::Span;
use crate::source::text::SourceText;
use std::path::PathBuf;

/// The files of a plan, the experiment file first, and then the overrides of the command line;
/// [`Span::text`] counts them.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub texts: Vec<SourceText>,
    /// Folder of each file. Overrides have none.
    pub folders: Vec<PathBuf>,
    /// Absolute path of each file.
    pub paths: Vec<PathBuf>,
}

impl Documents {
    /// A path that is written at `span`: relative to its file, or to the working directory for an
    /// override.
    pub(crate) fn resolve_path(&self, span: Span, path: &str) -> PathBuf {
        match self.folders.get(span.text as usize) {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        }
    }

    /// Whether the span is in an override.
    pub(crate) fn is_override(&self, span: Span) -> bool {
        span.text as usize >= self.folders.len()
    }
}
