//! Stored images: augmentation and normalisation.
//!
//! Images are CHW planes: the value of channel `c`, row `y`, column `x` is at
//! `(c * height + y) * width + x`.

mod affine;
mod batch_change;
mod blur;
mod color;
mod crop;
mod flip;
mod normalize;
mod tone;
mod types;
mod warp;
mod weighted_rows;

pub use affine::Affine;
pub use batch_change::{BatchChange, BatchMix};
pub use blur::blur;
pub use color::{brightness, contrast, hue, saturation};
pub use crop::crop;
pub use flip::{flip_horizontal, flip_vertical};
pub use normalize::{normalize, widen};
pub use tone::{autocontrast, equalize, invert, posterize, sharpness, solarize};
pub use types::{BorderMode, Pixel, Size};
pub use warp::warp;
pub use weighted_rows::weighted_rows;
