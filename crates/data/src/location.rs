//! Where image sets are stored.

use std::path::Path;

/// Where the files of an image set are stored.
#[derive(Clone, Copy, Debug)]
pub struct Location<'a> {
    /// The data cache: published sets, decoded files, manifests. Created when needed.
    pub cache: &'a Path,
    /// `data.path` of the experiment file, if given: the folder of a `folder` source, the file of a
    /// `csv` source, or the folder that holds a published set's files outside the cache.
    pub path: Option<&'a Path>,
}
