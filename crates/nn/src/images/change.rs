//! Changes of images on the device, by numbers that the host has drawn.

use super::warp::{shifted, warped};
use burn::tensor::{Bool, Device, Tensor, TensorData};
use convsweep_kernels::BatchChange;

/// Images `[images, channels, height, width]` after a change.
pub(super) fn changed(images: Tensor<4>, change: &BatchChange) -> Tensor<4> {
    match change {
        BatchChange::Warp { maps, border } => warped(images, maps, *border),
        BatchChange::Crop { offsets, border } => shifted(images, offsets, *border),
        BatchChange::FlipHorizontal(flipped) => mirrored(images, flipped, 3),
        BatchChange::FlipVertical(flipped) => mirrored(images, flipped, 2),
    }
}

/// The images that are `flipped` mirrored along an axis.
fn mirrored(images: Tensor<4>, flipped: &[bool], axis: usize) -> Tensor<4> {
    let which = mask(flipped, &images.device()).expand(images.dims());
    images.clone().mask_where(which, images.flip([axis]))
}

/// `[images, 1, 1, 1]`
fn mask(values: &[bool], device: &Device) -> Tensor<4, Bool> {
    let data = TensorData::new(values.to_vec(), [values.len(), 1, 1, 1]);
    Tensor::from_data(data, device)
}
