//! Automatic augmentations: operations drawn for an image, with strengths from a table.
//!
//! Operations, strengths and the policy are those of torchvision (`autoaugment.py`), which follows
//! the papers. Differences: pixels are interpolated bilinearly instead of by nearest neighbour, and
//! everything outside the image is 0.

mod cifar10;
mod operation;
mod policies;
mod strength;
#[cfg(test)]
mod tests;

pub(super) use policies::{auto_augment_cifar10, rand_augment, trivial_augment};
pub(super) use strength::LEVELS;
