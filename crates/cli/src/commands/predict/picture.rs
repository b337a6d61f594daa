//! A picture of the first images with what was predicted for them.

use super::ranked::RankedPrediction;
use crate::inference::{ImageInput, NamedImages, PictureFile};
use anyhow::Result;
use convsweep_data::{picture, read_image};
use convsweep_report::charts::{ImageTile, MOST_PICTURES, predicted_images};
use convsweep_spec::data::{ImageLimits, ImagePreparation, Luma, Resize, ResizeMethod};
use convsweep_spec::words::printable;
use std::path::Path;

/// Height and width of the images in pixels, twice as many as are drawn.
const SIDE: u32 = 224;

/// Draws the first images with what was predicted for them.
pub struct PredictedPicture {
    file: PictureFile,
    limits: ImageLimits,
    tiles: Vec<ImageTile>,
}

impl PredictedPicture {
    /// A picture, of images within the limits, that is to be written to a file.
    ///
    /// # Errors
    /// If its name has the ending of no kind of picture, or no file can be written there.
    pub fn new(path: &Path, limits: ImageLimits) -> Result<PredictedPicture> {
        Ok(PredictedPicture {
            file: PictureFile::new(path)?,
            limits,
            tiles: Vec::new(),
        })
    }

    /// Refuses to write the picture over one of the images.
    ///
    /// # Errors
    /// If it would be.
    pub fn spare(&self, images: &NamedImages) -> Result<()> {
        self.file.spare(images)
    }

    /// Adds an image, unless there are enough.
    pub fn add(&mut self, image: &ImageInput, prediction: &RankedPrediction, classes: &[String]) {
        let Some((predicted, probability)) = prediction.first() else {
            return;
        };
        if self.tiles.len() == MOST_PICTURES {
            return;
        }
        let Ok(pixels) = read_image(&image.path, &preparation(self.limits)) else {
            return;
        };
        let drawn = picture(&pixels, [3, SIDE as usize, SIDE as usize]);
        let name = image.path.file_name().unwrap_or_default().to_string_lossy();
        let truth = image.class.map(usize::from);
        self.tiles.push(ImageTile {
            image: drawn,
            predicted: printable(&classes[predicted]).into_owned(),
            probability: probability.into(),
            truth: truth.map_or(String::new(), |class| {
                printable(&classes[class]).into_owned()
            }),
            is_right: truth.map(|class| class == predicted),
            name: printable(&name).into_owned(),
        });
    }

    /// Writes the file, and says where it is, and how many of all images it shows, in a sentence.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(self, all: u64) -> Result<String> {
        let drawn = self.tiles.len() as u64;
        self.file.write(&predicted_images(&self.tiles), drawn, all)
    }
}

/// Images for people: in colour and square, whatever the network reads.
fn preparation(limits: ImageLimits) -> ImagePreparation {
    ImagePreparation {
        channels: 3,
        resize: Resize {
            height: SIDE,
            width: SIDE,
            method: ResizeMethod::Crop,
        },
        luma: Luma::default(),
        background: None,
        limits,
    }
}
