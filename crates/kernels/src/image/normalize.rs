//! From stored values to a network's input.

use super::types::{Pixel, Size};

/// `out = source * scale[c] + shift[c]` for every channel `c`.
///
/// # Panics
/// Where `source` or `out` is not of `size`, or `scale` or `shift` has not one number for each
/// channel.
pub fn normalize<T: Pixel>(
    source: &[T],
    size: Size,
    scale: &[f32],
    shift: &[f32],
    out: &mut [f32],
) {
    size.check("source", source.len());
    size.check("out", out.len());
    assert!(
        scale.len() == size.channels && shift.len() == size.channels,
        "one scale and shift for each channel"
    );
    let planes = source
        .chunks_exact(size.plane())
        .zip(out.chunks_exact_mut(size.plane()));
    for ((from, to), (&scale, &shift)) in planes.zip(scale.iter().zip(shift)) {
        for (out, value) in to.iter_mut().zip(from) {
            *out = value.float() * scale + shift;
        }
    }
}

/// Copies values as floats.
///
/// # Panics
/// Where the slices are of different length.
pub fn widen<T: Pixel>(source: &[T], out: &mut [f32]) {
    assert!(
        source.len() == out.len(),
        "{} values into {}",
        source.len(),
        out.len()
    );
    for (out, value) in out.iter_mut().zip(source) {
        *out = value.float();
    }
}
