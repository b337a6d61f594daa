//! Why something cannot be shown.

use convsweep_report::ReportError;
use convsweep_store::{FindJobError, StoreError};

/// Why something cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Nothing has been run in the folder yet.
    #[error(
        "Nothing has been run here yet: {folder} has no database. `convsweep run FILE` makes one; this page follows."
    )]
    Nothing {
        /// The results folder.
        folder: String,
    },
    /// There is no experiment of this name.
    #[error("There is no experiment of this name in this results folder yet.")]
    NoExperiment,
    /// No job's id begins so, or several do.
    #[error("{0}")]
    NoJob(String),
    /// The database cannot be read.
    #[error("{0}")]
    Store(StoreError),
    /// A chart cannot be drawn, or a file cannot be read.
    #[error("{0}")]
    Report(String),
}

impl FeedError {
    /// Whether it is the address that is wrong, rather than the folder.
    pub fn is_unknown_place(&self) -> bool {
        matches!(self, FeedError::NoExperiment | FeedError::NoJob(_))
    }
}

impl From<StoreError> for FeedError {
    fn from(error: StoreError) -> FeedError {
        match error {
            StoreError::NoFolder { path } | StoreError::Missing { path } => FeedError::Nothing {
                folder: path.display().to_string(),
            },
            other => FeedError::Store(other),
        }
    }
}

impl From<FindJobError> for FeedError {
    fn from(error: FindJobError) -> FeedError {
        match error {
            FindJobError::Store(error) => error.into(),
            other => FeedError::NoJob(other.to_string()),
        }
    }
}

impl From<ReportError> for FeedError {
    fn from(error: ReportError) -> FeedError {
        FeedError::Report(error.to_string())
    }
}
