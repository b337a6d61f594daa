//! The shape of what a layer takes or returns.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The shape of what a layer takes or returns, for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// `[channels, height, width]`.
    Image {
        /// Channels.
        channels: u32,
        /// Height in pixels.
        height: u32,
        /// Width in pixels.
        width: u32,
    },
    /// `[features]`.
    Flat(u32),
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Shape::Image {
                channels,
                height,
                width,
            } => write!(f, "{channels}×{height}×{width}"),
            Shape::Flat(features) => write!(f, "{features}"),
        }
    }
}

impl Shape {
    /// Number of values.
    pub fn elements(&self) -> u64 {
        match *self {
            Shape::Image {
                channels,
                height,
                width,
            } => u64::from(channels).saturating_mul(u64::from(height) * u64::from(width)),
            Shape::Flat(features) => u64::from(features),
        }
    }

    /// Channels of an image, or the number of flat features.
    pub fn channels(&self) -> u32 {
        match *self {
            Shape::Image { channels, .. } => channels,
            Shape::Flat(features) => features,
        }
    }
}
