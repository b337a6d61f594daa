//! Changes of a whole batch of images, as numbers that have been drawn: what a device that has the
//! images needs to carry them out.

use super::affine::Affine;
use super::types::{BorderMode, Size};
use std::ops::Range;

/// One kind of change, which every image of a batch undergoes by its own numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchChange {
    /// Bilinear warps as [`warp`](super::warp()); the identity where an image stays as it is.
    Warp {
        /// One map for each image.
        maps: Vec<Affine>,
        /// What lies beyond an image.
        border: BorderMode,
    },
    /// Shifted copies as [`crop`](super::crop()).
    Crop {
        /// For each image how many pixels further right and further down it begins.
        offsets: Vec<[i64; 2]>,
        /// What lies beyond an image.
        border: BorderMode,
    },
    /// For each image whether it is mirrored left to right.
    FlipHorizontal(Vec<bool>),
    /// For each image whether it is mirrored top to bottom.
    FlipVertical(Vec<bool>),
}

/// Each image of a batch mixed with the next one, and the last with the first.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchMix {
    /// Blended: the share that each image keeps of itself.
    Blend(f64),
    /// A rectangle of the next image is pasted in.
    Paste {
        /// Its rows.
        rows: Range<usize>,
        /// Its columns.
        columns: Range<usize>,
    },
}

impl BatchMix {
    /// The share that each image keeps of itself.
    pub fn share(&self, size: Size) -> f64 {
        match self {
            BatchMix::Blend(share) => *share,
            BatchMix::Paste { rows, columns } => {
                1.0 - (rows.len() * columns.len()) as f64 / size.plane() as f64
            }
        }
    }
}
