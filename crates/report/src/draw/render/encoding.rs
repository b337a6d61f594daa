//! Images as files.

use super::pen::RenderError;
use image::{ImageFormat, RgbImage};
use std::io::Cursor;

/// An image as a PNG file.
pub(super) fn encoded(image: &RgbImage) -> Result<Vec<u8>, RenderError> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}
