//! Batches of images on the device: uploaded as the host made them, or gathered, changed and
//! normalised there from images that live there as bytes.

mod change;
mod mix;
mod resident;
#[cfg(test)]
mod tests;
mod warp;

use crate::batch::Batch;
use burn::tensor::{Device, Tensor, TensorData};

pub use resident::ResidentImages;

/// A batch of images on a device, as a network takes it.
#[derive(Clone, Debug)]
pub struct Images(pub(crate) Batch);

impl Images {
    /// Uploads `pixels`, `[images, channels, height, width]`, row-major.
    ///
    /// # Panics
    /// If their number does not match the shape.
    pub fn upload(pixels: Vec<f32>, shape: [usize; 4], device: &Device) -> Self {
        let data = TensorData::new(pixels, shape);
        Images(Batch::ChannelsFirst(Tensor::from_data(data, device)))
    }

    /// The images mirrored left to right.
    pub fn mirrored(self) -> Self {
        Images(Batch::ChannelsFirst(self.0.channels_first().flip([3])))
    }
}
