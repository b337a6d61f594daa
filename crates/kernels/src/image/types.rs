//! Size and values of stored images, and how they continue beyond their border.

/// Size of a CHW image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of planes.
    pub channels: usize,
    /// Rows of a plane.
    pub height: usize,
    /// Columns of a plane.
    pub width: usize,
}

impl Size {
    /// Pixels of one plane.
    pub fn plane(self) -> usize {
        self.height * self.width
    }

    /// Values of the whole image.
    pub fn len(self) -> usize {
        self.channels * self.plane()
    }

    /// Whether the image has no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Panics unless a slice of `len` values holds exactly one image of this size.
    pub(crate) fn check(self, name: &str, len: usize) {
        assert!(
            len == self.len(),
            "{name} holds {len} values, an image of {self:?} has {}",
            self.len()
        );
        assert!(!self.is_empty(), "an image of {self:?} has no pixels");
    }
}

/// How an image continues beyond its border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BorderMode {
    /// With zeros.
    Zero,
    /// Mirrored at the border; the border pixel is repeated.
    Reflect,
    /// With the nearest border pixel.
    Nearest,
}

/// A value that kernels read: a stored byte or a float.
pub trait Pixel: Copy {
    /// The value as a float; bytes are not scaled (0 to 255).
    fn float(self) -> f32;
}

impl Pixel for u8 {
    fn float(self) -> f32 {
        f32::from(self)
    }
}

impl Pixel for f32 {
    fn float(self) -> f32 {
        self
    }
}
