//! Sizes and values of stored images, and what lies outside of them.

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

/// What lies outside an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BorderMode {
    /// Value 0.
    Zero,
    /// The image mirrored at its border (the border pixel is repeated).
    Reflect,
    /// The nearest border pixel.
    Nearest,
}

/// Values that a kernel reads: bytes as they are stored, or floats.
pub trait Pixel: Copy {
    /// As a float, bytes unscaled (0 to 255).
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
