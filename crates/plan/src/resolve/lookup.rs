//! Look-ups outside the file: image sets, weights and results.

use crate::document::documents::Documents;
use crate::document::read::ReadFile;
use convsweep_spec::data::{DataFacts, DataSpec, ImageLimits};
use std::path::{Path, PathBuf};

/// Looks up image sets and trained weights.
pub trait Lookup {
    /// The facts of an image set, for which the file may name a path. Image files beyond the limits
    /// are not read.
    ///
    /// # Errors
    /// Why there are none, in words for the user.
    fn facts(
        &self,
        spec: &DataSpec,
        path: Option<&Path>,
        limits: ImageLimits,
    ) -> Result<DataFacts, String>;

    /// The file with trained weights.
    ///
    /// # Errors
    /// Why there is none, in words for the user.
    fn weights(&self, _of: WeightsOf) -> Result<PathBuf, String> {
        Err("there is no results folder here".into())
    }
}

/// Whose trained weights are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsOf<'a> {
    /// Those of the best job of an experiment's best configuration.
    Experiment(&'a str),
    /// Those of a job, by the first characters of its id.
    Job(&'a str),
}

/// A function that looks up facts only.
impl<F: Fn(&DataSpec, Option<&Path>) -> Result<DataFacts, String>> Lookup for F {
    fn facts(
        &self,
        spec: &DataSpec,
        path: Option<&Path>,
        _limits: ImageLimits,
    ) -> Result<DataFacts, String> {
        self(spec, path)
    }
}

/// Everything outside the file's tree that resolving it needs.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub documents: &'a Documents,
    pub read: &'a ReadFile<'a>,
    pub lookup: &'a dyn Lookup,
}
