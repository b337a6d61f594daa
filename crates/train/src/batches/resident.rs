//! Images that live on the job's device.

use convsweep_data::{Batcher, DataError, LabelledImages};
use convsweep_nn::{Device, ResidentImages};
use std::sync::{Mutex, PoisonError};

/// Most bytes of images that are kept on a device. Every GPU that trains has this much to spare;
/// larger sets are uploaded batch by batch.
const LARGEST: usize = 1 << 30;

/// The images of one file that live on a device, once they have been asked for.
#[derive(Default)]
pub(super) struct Residents(Mutex<Option<Option<ResidentImages>>>);

impl Residents {
    /// All `images`, as they live on `device`; `None` if they are too large to.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn get(
        &self,
        images: &LabelledImages,
        batcher: &Batcher,
        device: &Device,
    ) -> Result<Option<ResidentImages>, DataError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = &*kept {
            return Ok(kept.clone());
        }
        let found = upload(images, batcher, device)?;
        *kept = Some(found.clone());
        Ok(found)
    }
}

fn upload(
    images: &LabelledImages,
    batcher: &Batcher,
    device: &Device,
) -> Result<Option<ResidentImages>, DataError> {
    let shape = images.shape();
    let size = shape.iter().product::<usize>() * images.len();
    if size > LARGEST {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(size);
    let mut pixels = Vec::new();
    for row in 0..images.len() {
        images.read(row as u32, &mut pixels)?;
        bytes.extend_from_slice(&pixels);
    }
    let (scale, shift) = batcher.normalization().scale_and_shift();
    let resident = ResidentImages::upload(bytes, shape, [&scale, &shift], device);
    Ok(Some(resident))
}
