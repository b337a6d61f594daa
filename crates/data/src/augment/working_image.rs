//! An image while it is being augmented.

use convsweep_kernels::{Affine, BorderMode, Size, crop, warp, widen};

/// Memory for two images, which calls on the same thread share.
#[derive(Default)]
pub(crate) struct Scratch {
    current: Vec<f32>,
    next: Vec<f32>,
}

/// An image whose bytes are widened to floats only when a step changes it: many images stay as they
/// are, and warps and crops read the bytes themselves.
pub(super) struct WorkingImage<'a> {
    original: &'a [u8],
    size: Size,
    scratch: &'a mut Scratch,
    is_changed: bool,
}

impl<'a> WorkingImage<'a> {
    pub(super) fn new(original: &'a [u8], size: Size, scratch: &'a mut Scratch) -> Self {
        scratch.current.resize(size.len(), 0.0);
        scratch.next.resize(size.len(), 0.0);
        WorkingImage {
            original,
            size,
            scratch,
            is_changed: false,
        }
    }

    /// The values, to be changed in place.
    pub(super) fn values(&mut self) -> &mut [f32] {
        self.values_and_scratch().0
    }

    /// The values, to be changed in place, and memory of the same size.
    pub(super) fn values_and_scratch(&mut self) -> (&mut [f32], &mut [f32]) {
        if !self.is_changed {
            widen(self.original, &mut self.scratch.current);
            self.is_changed = true;
        }
        (&mut self.scratch.current, &mut self.scratch.next)
    }

    /// Replaces the image by a bilinear warp of it.
    pub(super) fn warp(&mut self, map: &Affine, border: BorderMode) {
        let Scratch { current, next } = &mut *self.scratch;
        if self.is_changed {
            warp(current.as_slice(), self.size, map, border, next);
            std::mem::swap(current, next);
        } else {
            warp(self.original, self.size, map, border, current);
            self.is_changed = true;
        }
    }

    /// Replaces the image by one of the same size that begins `left` pixels further right and `top`
    /// pixels further down.
    pub(super) fn crop(&mut self, left: i64, top: i64, border: BorderMode) {
        let Scratch { current, next } = &mut *self.scratch;
        if self.is_changed {
            crop(current.as_slice(), self.size, left, top, border, next);
            std::mem::swap(current, next);
        } else {
            crop(self.original, self.size, left, top, border, current);
            self.is_changed = true;
        }
    }

    /// The values; `None` if nothing has changed the image.
    pub(super) fn into_changed(self) -> Option<&'a [f32]> {
        self.is_changed.then_some(self.scratch.current.as_slice())
    }
}
