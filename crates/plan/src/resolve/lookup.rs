//! What planning asks about the world outside of the file.

use convsweep_spec::data::{DataFacts, DataSpec};
use std::path::{Path, PathBuf};

/// What planning asks about the world: facts of image sets, and weights that were trained before.
pub trait Known {
    /// The facts of an image set whose file names a path.
    ///
    /// # Errors
    /// Why there are none, in words for the user.
    fn facts(&self, spec: &DataSpec, path: Option<&Path>) -> Result<DataFacts, String>;

    /// The file of trained weights.
    ///
    /// # Errors
    /// Why there are none, in words for the user.
    fn weights(&self, _of: Trained) -> Result<PathBuf, String> {
        Err("there is no results folder here".into())
    }
}

/// What has trained weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trained<'a> {
    /// An experiment: the best job of its best configuration.
    Experiment(&'a str),
    /// A job, by the beginning of its id.
    Job(&'a str),
}

/// Facts alone are known by a function.
impl<F: Fn(&DataSpec, Option<&Path>) -> Result<DataFacts, String>> Known for F {
    fn facts(&self, spec: &DataSpec, path: Option<&Path>) -> Result<DataFacts, String> {
        self(spec, path)
    }
}
