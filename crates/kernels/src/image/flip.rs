//! Mirroring of images, in place.

use super::types::Size;

/// Mirrors every row of a CHW image.
///
/// # Panics
/// If the length of `image` does not match `size`.
pub fn flip_horizontal<T>(image: &mut [T], size: Size) {
    size.check("image", image.len());
    for row in image.chunks_exact_mut(size.width) {
        row.reverse();
    }
}

/// Mirrors every column of a CHW image.
///
/// # Panics
/// If the length of `image` does not match `size`.
pub fn flip_vertical<T>(image: &mut [T], size: Size) {
    size.check("image", image.len());
    for plane in image.chunks_exact_mut(size.plane()) {
        let (top, bottom) = plane.split_at_mut(size.height / 2 * size.width);
        for (upper, lower) in top
            .chunks_exact_mut(size.width)
            .zip(bottom.chunks_exact_mut(size.width).rev())
        {
            upper.swap_with_slice(lower);
        }
    }
}
