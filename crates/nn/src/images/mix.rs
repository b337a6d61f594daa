//! Mixing of a batch on the device.

use burn::tensor::Tensor;
use convsweep_kernels::BatchMix;

/// Normalised images `[images, channels, height, width]`, each mixed with the next.
pub(super) fn mixed(images: Tensor<4>, mix: &BatchMix) -> Tensor<4> {
    let next = images.clone().roll(&[-1], &[0]);
    match mix {
        BatchMix::Blend(share) => {
            // Both shares are rounded as the host rounds them.
            let [own, other] = [*share as f32, (1.0 - share) as f32];
            images.mul_scalar(own) + next.mul_scalar(other)
        }
        BatchMix::Paste { rows, columns } if rows.is_empty() || columns.is_empty() => images,
        BatchMix::Paste { rows, columns } => {
            let [count, channels, _, _] = images.dims();
            let place = [0..count, 0..channels, rows.clone(), columns.clone()];
            images.slice_assign(place.clone(), next.slice(place))
        }
    }
}
