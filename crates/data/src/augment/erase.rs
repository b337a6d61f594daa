//! Random erasing (Zhong et al. 2020).

use convsweep_kernels::Size;
use convsweep_spec::random::Draws;

/// Smallest and largest aspect ratio of an erased rectangle, as in the paper.
const ASPECT: [f64; 2] = [0.3, 3.3];
/// How many rectangles are drawn until one fits into the image.
const RECTANGLE_DRAWS: u32 = 10;

/// Fills a rectangle with the image's mean colour; its area is uniform in `[min, max]` of the
/// image's. If no drawn rectangle fits, the image stays as it is.
pub(super) fn erase(draws: &mut Draws, image: &mut [f32], size: Size, [min, max]: [f64; 2]) {
    for _ in 0..RECTANGLE_DRAWS {
        let area = draws.within(min, max) * size.plane() as f64;
        let aspect = draws.within(ASPECT[0].ln(), ASPECT[1].ln()).exp();
        let height = (area * aspect).sqrt().round() as usize;
        let width = (area / aspect).sqrt().round() as usize;
        let (top, left) = (draws.unit(), draws.unit());
        if height > size.height || width > size.width {
            continue;
        }
        let top = position(top, size.height - height);
        let left = position(left, size.width - width);
        for plane in image.chunks_exact_mut(size.plane()) {
            let mean = mean(plane);
            for row in plane.chunks_exact_mut(size.width).skip(top).take(height) {
                row[left..left + width].fill(mean);
            }
        }
        return;
    }
}

/// A whole number from 0 to `last` by a uniform number in [0, 1).
fn position(uniform: f64, last: usize) -> usize {
    ((uniform * (last + 1) as f64) as usize).min(last)
}

fn mean(plane: &[f32]) -> f32 {
    let sum = plane.iter().map(|v| f64::from(*v)).sum::<f64>();
    (sum / plane.len() as f64) as f32
}
