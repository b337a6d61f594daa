//! Which rows train, validate and test, and in which order they train.

mod subsets;

use crate::{DataError, ImageSet};
use convsweep_spec::data::DataSpec;
use convsweep_spec::random::{Purpose, shuffled};
use convsweep_spec::split::{Divisible, divide};
pub use subsets::{Subset, Subsets};

/// Divides the images of a set as `spec` says.
///
/// # Errors
/// `Invalid` if a subset would be empty, or `fold` is missing, superfluous or too large.
pub fn split(set: &ImageSet, spec: &DataSpec, fold: Option<u32>) -> Result<Subsets, DataError> {
    let images = Divisible {
        labels: set.train().labels(),
        given: set.facts().validation_images,
        training_only: set.training_only(),
    };
    let divided = divide(images, spec, fold).map_err(DataError::Invalid)?;
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

#[cfg(test)]
mod tests {
    use super::epoch_order;

    #[test]
    fn every_epoch_and_seed_has_its_own_order() {
        let order = epoch_order(1, 2, 1000);
        assert_eq!(
            {
                let mut all = order.clone();
                all.sort_unstable();
                all
            },
            (0..1000).collect::<Vec<_>>()
        );
        assert_eq!(order, epoch_order(1, 2, 1000));
        assert_ne!(order, epoch_order(1, 3, 1000));
        assert_ne!(order, epoch_order(2, 2, 1000));
        assert_eq!(epoch_order(0, 0, 0), [0; 0]);
    }
}
