//! Pooling.

use super::padding::Padding;
use serde::{Deserialize, Serialize};

/// Pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// What is computed from each window.
    pub kind: PoolKind,
    /// Size of the window; for adaptive pools of the output; ignored (`[0, 0]`) by global pools.
    pub size: [u32; 2],
    /// Step between windows; ignored (`[0, 0]`) by global and adaptive pools.
    pub stride: [u32; 2],
    /// Padding, which an average does not count; `Valid` for global and adaptive pools.
    pub padding: Padding,
}

/// Kinds of pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PoolKind {
    /// Maximum of the window.
    Max,
    /// Mean of the window.
    Average,
    /// Mean of the whole plane; the output is flat, `[channels]`.
    GlobalAverage,
    /// Maximum of the whole plane; the output is flat, `[channels]`.
    GlobalMax,
    /// Means of as many windows as the output has positions: window `i` of `n` over `size` pixels
    /// goes from ⌊i·size/n⌋ to ⌈(i+1)·size/n⌉, as in PyTorch.
    AdaptiveAverage,
    /// Maxima of the same windows.
    AdaptiveMax,
}

impl PoolKind {
    /// Whether the window is the whole plane.
    pub fn is_global(self) -> bool {
        matches!(self, PoolKind::GlobalAverage | PoolKind::GlobalMax)
    }

    /// Whether `size` is the size of the output.
    pub fn is_adaptive(self) -> bool {
        matches!(self, PoolKind::AdaptiveAverage | PoolKind::AdaptiveMax)
    }
}
