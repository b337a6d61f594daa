//! Affine maps between the places of two images.

/// Map from a place in the output to the place in the source that it shows, in pixels about the
/// images' centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Source x from output x, source x from output y.
    pub x: [f64; 2],
    /// Source y from output x, source y from output y.
    pub y: [f64; 2],
    /// Added to source x and y.
    pub shift: [f64; 2],
}

impl Affine {
    /// Shows the source as it is.
    pub const IDENTITY: Affine = Affine {
        x: [1.0, 0.0],
        y: [0.0, 1.0],
        shift: [0.0, 0.0],
    };

    /// Turns the picture by `radians`, clockwise as seen on a screen (y points down).
    pub fn rotation(radians: f64) -> Affine {
        let (sin, cos) = radians.sin_cos();
        Affine {
            x: [cos, sin],
            y: [-sin, cos],
            shift: [0.0, 0.0],
        }
    }

    /// Enlarges the picture by `factor` (below 1: shrinks it).
    pub fn scaling(factor: f64) -> Affine {
        Affine {
            x: [1.0 / factor, 0.0],
            y: [0.0, 1.0 / factor],
            shift: [0.0, 0.0],
        }
    }

    /// Moves the picture by `(x, y)` pixels, right and down.
    pub fn translation(x: f64, y: f64) -> Affine {
        Affine {
            shift: [-x, -y],
            ..Affine::IDENTITY
        }
    }

    /// Slants the picture: rows move right by `slope` pixels for each pixel that they lie lower.
    pub fn shear(slope: f64) -> Affine {
        Affine {
            x: [1.0, -slope],
            ..Affine::IDENTITY
        }
    }

    /// Enlarges the part of `share` of each side, x and y, whose centre lies `centre` pixels right
    /// of and below the image's, to the whole.
    pub fn part(share: [f64; 2], centre: [f64; 2]) -> Affine {
        Affine {
            x: [share[0], 0.0],
            y: [0.0, share[1]],
            shift: centre,
        }
    }

    /// The map that first makes `self` of a picture, then `next` of the result.
    pub fn then(self, next: Affine) -> Affine {
        let row = |r: [f64; 2]| {
            [
                r[0] * next.x[0] + r[1] * next.y[0],
                r[0] * next.x[1] + r[1] * next.y[1],
            ]
        };
        let shift = |r: [f64; 2], s: f64| r[0] * next.shift[0] + r[1] * next.shift[1] + s;
        Affine {
            x: row(self.x),
            y: row(self.y),
            shift: [shift(self.x, self.shift[0]), shift(self.y, self.shift[1])],
        }
    }
}
