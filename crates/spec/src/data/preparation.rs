//! How an image file becomes what a network reads.

use super::{DataSpec, ImageLimits, Luma, Resize, ResizeMethod};
use serde::{Deserialize, Serialize};

/// How an image file becomes what a network reads: as the images of the set that it was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImagePreparation {
    /// 1 (grey) or 3 (RGB).
    pub channels: u32,
    /// The size of the network's input, and how it is reached.
    pub resize: Resize,
    /// How colours become grey.
    pub luma: Luma,
    /// Colour behind transparent pixels, as red, green and blue; white if `None`.
    pub background: Option<[u8; 3]>,
    /// The largest file that is read.
    pub limits: ImageLimits,
}

impl ImagePreparation {
    /// The preparation of images for a network that reads `[channels, height, width]` and was
    /// trained on the images of `data`. Where those had the network's size already, images of other
    /// sizes are scaled and cropped.
    pub fn new(data: &DataSpec, [channels, height, width]: [u32; 3]) -> ImagePreparation {
        let resize = data.resize.as_ref();
        ImagePreparation {
            channels,
            resize: Resize {
                height,
                width,
                method: resize.map_or(ResizeMethod::Crop, |resize| resize.method),
            },
            luma: data.luma,
            background: data.background,
            limits: ImageLimits::default(),
        }
    }

    /// Number of values of a prepared image.
    pub fn values(&self) -> usize {
        self.channels as usize * self.resize.height as usize * self.resize.width as usize
    }
}
