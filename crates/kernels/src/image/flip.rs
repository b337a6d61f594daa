//! Mirror images, in place.

use super::types::Size;

/// Left and right of every row of a CHW image change places.
///
/// # Panics
/// Where `image` is not of `size`.
pub fn flip_horizontal<T>(image: &mut [T], size: Size) {
    size.check("image", image.len());
    for row in image.chunks_exact_mut(size.width) {
        row.reverse();
    }
}

/// Top and bottom of every plane of a CHW image change places.
///
/// # Panics
/// Where `image` is not of `size`.
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
