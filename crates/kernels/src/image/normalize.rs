//! Conversion of stored values into the input of a network.

use super::types::{Pixel, Size};

/// `out = source * scale[c] + shift[c]` for every channel `c`.
///
/// # Panics
/// If the length of `source` or `out` does not match `size`, or that of `scale` or `shift` does not
/// match its channels.
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

/// Converts values to floats.
///
/// # Panics
/// If the slices differ in length.
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
