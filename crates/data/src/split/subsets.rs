//! What images are used for.

use convsweep_spec::event::Part;

/// What images of a set are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// Images that the network learns from. Their rows count among the set's training images.
    Training,
    /// Images that decisions are based on. Their rows count among the set's training images, too.
    Validation,
    /// Images that are evaluated once, after training. Their rows count among the set's test
    /// images.
    Test,
}

impl From<Part> for Subset {
    fn from(part: Part) -> Subset {
        match part {
            Part::Validation => Subset::Validation,
            Part::Test => Subset::Test,
        }
    }
}

/// The rows of each subset, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subsets {
    /// Rows of the set's training images that the network learns from.
    pub train: Vec<u32>,
    /// Rows of the set's training images that validate.
    pub validation: Vec<u32>,
    /// Rows of the set's test images: all of them.
    pub test: Vec<u32>,
}
