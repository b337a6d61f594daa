//! The 36 planes of transformed tiles.

use crate::simd::PANEL;

/// Values, and so planes, of a transformed tile.
pub(crate) const PLANES: usize = 36;

/// Distance between planes of `values` values. It is not a multiple of a page, so that the planes
/// do not compete for the same cache sets.
pub(crate) fn plane_stride(values: usize) -> usize {
    values + 16
}

/// Addresses in the planes of transformed tiles.
#[derive(Clone, Copy)]
pub(crate) struct Planes {
    pub start: *mut f32,
    /// Distance between planes.
    pub plane: usize,
    /// Distance between panels of channels.
    pub panel: usize,
}

impl Planes {
    /// The planes from number `tile` on.
    #[inline(always)]
    pub(crate) unsafe fn from(self, tile: usize) -> Planes {
        Planes {
            start: self.start.add(tile * PANEL),
            ..self
        }
    }

    /// Address of a tile in the first plane, at a vector of channels.
    #[inline(always)]
    pub(crate) unsafe fn address(self, tile: usize, channel: usize) -> *mut f32 {
        self.start
            .add(channel / PANEL * self.panel + tile * PANEL + channel % PANEL)
    }
}
