//! Where image sets are stored.

use convsweep_spec::data::ImageLimits;
use std::path::Path;

/// Where the files of an image set are stored, and how large the user's may be.
#[derive(Clone, Copy, Debug)]
pub struct Location<'a> {
    /// The data cache: published sets, decoded files, manifests. Created when needed.
    pub cache: &'a Path,
    /// `data.path` of the experiment file, if given: the folder of a `folder` source, the file of a
    /// `csv` source, or the folder that holds a published set's files outside the cache.
    pub path: Option<&'a Path>,
    /// The largest image file that is read.
    pub limits: ImageLimits,
}

impl<'a> Location<'a> {
    /// A location with the default limits.
    pub fn new(cache: &'a Path, path: Option<&'a Path>) -> Location<'a> {
        Location {
            cache,
            path,
            limits: ImageLimits::default(),
        }
    }

    /// The location with other limits.
    pub fn within(self, limits: ImageLimits) -> Location<'a> {
        Location { limits, ..self }
    }
}
