//! Which rows train, validate and test, and in which order they train.

mod divide;
mod proportional;
mod subsets;
#[cfg(test)]
mod tests;

use crate::{DataError, ImageSet};
use convsweep_spec::data::DataSpec;
use convsweep_spec::random::{Purpose, shuffled};
pub use subsets::{Subset, Subsets};

/// Divides the training images as `spec` says: a pure function of labels, `spec` and `fold`.
///
/// `limit` takes its stratified subset first. Shares are rounded to whole images; with `stratify`
/// every class gets its share to within one image. Folds are disjoint, contain every image
/// together, and differ by one image at most.
///
/// # Errors
/// `Invalid` if a subset would be empty, or `fold` is missing, superfluous or too large.
pub fn split(set: &ImageSet, spec: &DataSpec, fold: Option<u32>) -> Result<Subsets, DataError> {
    let divided = divide::divide(set.train().labels(), spec, fold)?;
    Ok(Subsets {
        train: divided.train,
        validation: divided.validation,
        test: (0..set.test().len() as u32).collect(),
    })
}

/// Order in which an epoch trains `count` images: a permutation of `0..count` and a pure function
/// of the three numbers.
pub fn epoch_order(seed: u64, epoch: u32, count: usize) -> Vec<u32> {
    shuffled(Purpose::Order, &[seed, u64::from(epoch)], 0..count as u32)
}
