//! Affine maps from the pixels of an output image to those of its source.

/// Map from a position in the output to the position in the source that is shown there, in pixels
/// relative to the centres of the images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Coefficients of the source x: of the output x and of the output y.
    pub x: [f64; 2],
    /// Coefficients of the source y: of the output x and of the output y.
    pub y: [f64; 2],
    /// Offset that is added to the source x and y.
    pub shift: [f64; 2],
}

impl Affine {
    /// Leaves the image unchanged.
    pub const IDENTITY: Affine = Affine {
        x: [1.0, 0.0],
        y: [0.0, 1.0],
        shift: [0.0, 0.0],
    };

    /// Rotates the image by `radians`, clockwise as seen on a screen (y points down).
    pub fn rotation(radians: f64) -> Affine {
        let (sin, cos) = radians.sin_cos();
        Affine {
            x: [cos, sin],
            y: [-sin, cos],
            shift: [0.0, 0.0],
        }
    }

    /// Enlarges the image by `factor`, or shrinks it if that is below 1.
    pub fn scaling(factor: f64) -> Affine {
        Affine {
            x: [1.0 / factor, 0.0],
            y: [0.0, 1.0 / factor],
            shift: [0.0, 0.0],
        }
    }

    /// Moves the image by `(x, y)` pixels, right and down.
    pub fn translation(x: f64, y: f64) -> Affine {
        Affine {
            shift: [-x, -y],
            ..Affine::IDENTITY
        }
    }

    /// Shears the image: each row moves right by `slope` pixels relative to the row above it.
    pub fn shear(slope: f64) -> Affine {
        Affine {
            x: [1.0, -slope],
            ..Affine::IDENTITY
        }
    }

    /// Crops and enlarges: the part that takes `share` of each side (x and y) and has its centre
    /// `centre` pixels right of and below that of the image fills the whole image.
    pub fn part(share: [f64; 2], centre: [f64; 2]) -> Affine {
        Affine {
            x: [share[0], 0.0],
            y: [0.0, share[1]],
            shift: centre,
        }
    }

    /// The map that applies `self` to an image and then `next` to the result.
    pub fn then(self, next: Affine) -> Affine {
        let column = |i: usize| [next.x[i], next.y[i]];
        Affine {
            x: [dot(self.x, column(0)), dot(self.x, column(1))],
            y: [dot(self.y, column(0)), dot(self.y, column(1))],
            shift: [
                dot(self.x, next.shift) + self.shift[0],
                dot(self.y, next.shift) + self.shift[1],
            ],
        }
    }
}

fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}
