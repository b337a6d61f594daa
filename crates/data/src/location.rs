//! Where image sets are stored.

use convsweep_spec::data::ImageLimits;
use std::path::Path;

/// How far a look at the files of a set has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookProgress {
    /// Files that have been looked at.
    pub done: usize,
    /// All files.
    pub files: usize,
    /// Whether what was found is kept in the data cache, but for the last moments.
    pub is_kept: bool,
}

/// Is told how far a look at a set has come, by the thread that has looked at a file.
pub type Watch<'a> = &'a (dyn Fn(LookProgress) + Sync);

/// Where the files of an image set are stored, and how large the user's may be.
#[derive(Clone, Copy)]
pub struct Location<'a> {
    /// The data cache: published sets, decoded files, manifests. Created when needed.
    pub cache: &'a Path,
    /// `data.path` of the experiment file, if given: the folder of a `folder` source, the file of a
    /// `csv` source, or the folder that holds a published set's files outside the cache.
    pub path: Option<&'a Path>,
    /// The largest image file that is read.
    pub limits: ImageLimits,
    /// Who is told how far a look has come.
    pub watch: Option<Watch<'a>>,
}

impl<'a> Location<'a> {
    /// A location with the default limits.
    pub fn new(cache: &'a Path, path: Option<&'a Path>) -> Location<'a> {
        Location {
            cache,
            path,
            limits: ImageLimits::default(),
            watch: None,
        }
    }

    /// The location with other limits.
    pub fn within(self, limits: ImageLimits) -> Location<'a> {
        Location { limits, ..self }
    }

    /// The location with someone who is told how far a look has come.
    pub fn watched(self, watch: Watch<'a>) -> Location<'a> {
        Location {
            watch: Some(watch),
            ..self
        }
    }
}
