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
    /// Why there are none.
    fn facts(
        &self,
        spec: &DataSpec,
        path: Option<&Path>,
        limits: ImageLimits,
    ) -> Result<DataFacts, SetProblem>;

    /// The file with trained weights.
    ///
    /// # Errors
    /// Why there is none, in words for the user.
    fn weights(&self, _of: WeightsOf) -> Result<PathBuf, String> {
        Err("there is no results folder here".into())
    }
}

/// Why the facts of an image set are not known, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetProblem {
    /// Its files are to blame, or what the experiment asks of them.
    Images(String),
    /// The folder is to blame in which the program keeps what it knows of image sets.
    Cache(String),
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
    ) -> Result<DataFacts, SetProblem> {
        self(spec, path).map_err(SetProblem::Images)
    }
}

/// Everything outside the file's tree that resolving it needs.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub documents: &'a Documents,
    pub read: &'a ReadFile<'a>,
    pub lookup: &'a dyn Lookup,
}
