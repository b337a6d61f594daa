//! The 36 planes that transformed tiles lie in.

use crate::simd::PANEL;

/// Products of a tile.
pub(crate) const PLANES: usize = 36;

/// Distance of two planes of so many values: not a multiple of a page, so that they do not all fall
/// into the same cache sets.
pub(crate) fn plane_stride(values: usize) -> usize {
    values + 16
}

/// The planes of transformed tiles.
#[derive(Clone, Copy)]
pub(crate) struct Planes {
    pub at: *mut f32,
    /// Distance of two planes.
    pub plane: usize,
    /// Distance of two panels of channels.
    pub panel: usize,
}

impl Planes {
    /// From the tile's number on.
    #[inline(always)]
    pub(crate) unsafe fn from(self, tile: usize) -> Planes {
        Planes {
            at: self.at.add(tile * PANEL),
            ..self
        }
    }

    /// A tile's first plane at a vector of channels.
    #[inline(always)]
    pub(crate) unsafe fn place(self, tile: usize, channel: usize) -> *mut f32 {
        self.at
            .add(channel / PANEL * self.panel + tile * PANEL + channel % PANEL)
    }
}
