//! What random numbers are drawn for.

/// Keeps the draws of different uses independent even if all their numbers are equal.
///
/// The discriminants are part of every derived number and must never change.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Purpose {
    /// Order of an epoch's images.
    Order = 1,
    /// Augmentation of one image by one step.
    Augment = 2,
    /// Choice of the training images that `limit` keeps.
    Limit = 3,
    /// Division into training and validation images.
    Split = 4,
    /// One image of the drawn shapes.
    Shapes = 5,
    /// Choice of the images in a preview.
    Preview = 6,
    /// Mixing the images of a batch by one step.
    Mix = 7,
    /// A draw of a simulation; no part of training.
    Simulate = 8,
}
