//! Pooling.

use crate::model::Pool;
use crate::shape::dims::Shape;
use crate::shape::measure::{Measure, Window};
use crate::shape::text::{name_of, pair};
use crate::shape::window::adaptive_window;

pub(in crate::shape) fn describe(pool: &Pool) -> String {
    let (kind, size) = (name_of(&pool.kind), pair(pool.size));
    if pool.kind.is_global() {
        format!("{kind} pool")
    } else if pool.kind.is_adaptive() {
        format!("{kind} pool to {size}")
    } else if pool.size == pool.stride {
        format!("{kind} pool {size}")
    } else {
        format!("{kind} pool {size}, stride {}", pair(pool.stride))
    }
}

pub(in crate::shape) fn measure(measure: &mut Measure, pool: &Pool) -> Result<(), String> {
    let [channels, height, width] = measure.image()?;
    let size = [height, width];
    if pool.kind.is_global() {
        measure.flow.widen_to_plane(size);
        measure.flow.shape = Shape::Flat(channels);
        return Ok(());
    }
    let output = match pool.kind.is_adaptive() {
        true => adapt(measure, size, pool.size)?,
        false => {
            let window = Window {
                kernel: pool.size,
                stride: pool.stride,
                padding: pool.padding,
                dilation: [1, 1],
            };
            measure.slide(size, window)?
        }
    };
    measure.set_image(channels, output);
    Ok(())
}

/// Divides a plane of `size` into `output` windows.
fn adapt(measure: &mut Measure, size: [u32; 2], output: [u32; 2]) -> Result<[u32; 2], String> {
    if output.contains(&0) || (0..2).any(|d| output[d] > size[d]) {
        let (out, size) = (pair(output), pair(size));
        return Err(format!(
            "makes {out} positions of {size}: an adaptive pool can only make fewer, and at least \
             one"
        ));
    }
    for d in [0, 1] {
        let windows = (0..output[d]).map(|i| adaptive_window(i, output[d], size[d]));
        let widest = windows.map(|[from, to]| to - from).max();
        measure.flow.widen(d, f64::from(widest.unwrap_or(1) - 1));
        measure.flow.step[d] *= f64::from(size[d]) / f64::from(output[d]);
    }
    Ok(output)
}
