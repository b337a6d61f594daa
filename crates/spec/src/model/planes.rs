//! Layers that change the size of planes without weights.

use crate::augment::Fill;
use serde::{Deserialize, Serialize};

/// Upsampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upsample {
    /// Factor by which planes are enlarged.
    pub factor: [u32; 2],
    /// How new pixels are computed.
    pub method: Interpolation,
}

/// How new pixels are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// A copy of the nearest pixel.
    Nearest,
    /// Linear interpolation in both directions; corners are not aligned (the default of PyTorch and
    /// OpenCV).
    Bilinear,
}

/// Pixels around the planes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pad {
    /// `[[top, bottom], [left, right]]`.
    pub pixels: [[u32; 2]; 2],
    /// What the new pixels hold.
    pub fill: Fill,
}
