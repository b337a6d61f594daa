//! An image that the user named, and errors of what the user named.

use crate::exit::{Exit, data_message, failure};
use convsweep_data::DataError;
use std::path::PathBuf;

/// An image that the user named.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageInput {
    /// Its path.
    pub path: PathBuf,
    /// Its true class, by a table or by the folder that it is in.
    pub class: Option<u16>,
    /// Why it is not even looked at, in words that follow its name.
    pub problem: Option<String>,
}

/// An error of what the user named, with its exit code.
pub(super) fn input_failure(error: DataError) -> anyhow::Error {
    failure(Exit::Wrong, data_message(&error))
}
