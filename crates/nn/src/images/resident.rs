//! Images that live on the device.

use super::Images;
use super::change::changed;
use super::mix::mixed;
use crate::batch::Batch;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use convsweep_kernels::{BatchChange, BatchMix};

/// Images as bytes on a device, and how they are normalised.
#[derive(Clone, Debug)]
pub struct ResidentImages {
    /// `[images, channels · height · width]`
    bytes: Tensor<2, Int>,
    /// `[channels, height, width]`
    shape: [usize; 3],
    /// `[1, channels, 1, 1]`
    scale: Tensor<4>,
    /// `[1, channels, 1, 1]`
    shift: Tensor<4>,
}

impl ResidentImages {
    /// Uploads `bytes`, images of the shape `[channels, height, width]`, which are normalised by
    /// `value · scale + shift`, channel by channel.
    ///
    /// # Panics
    /// If the bytes are not a whole number of images, or there is not one scale and shift for each
    /// channel.
    pub fn upload(
        bytes: Vec<u8>,
        shape: [usize; 3],
        [scale, shift]: [&[f32]; 2],
        device: &Device,
    ) -> Self {
        let values = shape.iter().product::<usize>();
        let images = bytes.len() / values.max(1);
        let data = TensorData::new(bytes, [images, values]);
        let by_channel = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [1, shape[0], 1, 1]);
            Tensor::from_data(data, device)
        };
        ResidentImages {
            bytes: Tensor::from_data(data, (device, DType::U8)),
            shape,
            scale: by_channel(scale),
            shift: by_channel(shift),
        }
    }

    /// The images in these rows, changed one way after the other, normalised, and mixed.
    ///
    /// # Panics
    /// If there is no such row, or a change has numbers for more or fewer images.
    pub fn batch(&self, rows: &[u32], changes: &[BatchChange], mix: Option<&BatchMix>) -> Images {
        let device = self.scale.device();
        let [channels, height, width] = self.shape;
        let count = rows.len();
        let rows: Vec<i64> = rows.iter().map(|&row| row.into()).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &device);
        let bytes = self.bytes.clone().select(0, rows);
        let mut images = bytes.float().reshape([count, channels, height, width]);
        for change in changes {
            images = changed(images, change);
        }
        let normalised = images * self.scale.clone() + self.shift.clone();
        Images(Batch::ChannelsFirst(match mix {
            Some(mix) => mixed(normalised, mix),
            None => normalised,
        }))
    }
}
