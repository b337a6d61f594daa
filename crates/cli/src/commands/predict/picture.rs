//! A picture of the first images with what was predicted for them.

use super::inputs::ImageInput;
use super::printer::most_probable;
use crate::exit::{Code, Exit, failure};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::read_image;
use convsweep_files::Durability;
use convsweep_report::charts::{ImageTile, MOST_PICTURES, predicted_images};
use convsweep_report::draw::render::{png, svg};
use convsweep_report::draw::scene::Scene;
use convsweep_spec::data::{ImageLimits, ImagePreparation, Luma, Resize, ResizeMethod};
use convsweep_spec::inference::Prediction;
use convsweep_spec::words::printable;
use image::{Rgb, RgbImage};
use std::path::{Path, PathBuf};

/// Height and width of the images in pixels, twice as many as are drawn.
const SIDE: u32 = 224;

/// Draws the first images with what was predicted for them.
pub struct Picture {
    path: PathBuf,
    format: Format,
    tiles: Vec<ImageTile>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Png,
    Svg,
    Html,
}

impl Picture {
    /// A picture that is to be written to a file.
    ///
    /// # Errors
    /// If its name has the ending of no kind of picture.
    pub fn new(path: &Path) -> Result<Picture> {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        let format = match ending.to_str() {
            Some("png") => Format::Png,
            Some("svg") => Format::Svg,
            Some("html" | "htm") => Format::Html,
            _ => {
                let path = path.display();
                let message = format!("--picture {path}: name a .png, .svg or .html file");
                return Err(failure(Exit::Wrong, message));
            }
        };
        Ok(Picture {
            path: path.to_path_buf(),
            format,
            tiles: Vec::new(),
        })
    }

    /// Adds an image, unless there are enough.
    pub fn add(&mut self, image: &ImageInput, prediction: &Prediction, classes: &[String]) {
        let Prediction::Classified(probabilities) = prediction else {
            return;
        };
        if self.tiles.len() == MOST_PICTURES {
            return;
        }
        let Ok(pixels) = read_image(&image.path, &preparation()) else {
            return;
        };
        let Some((predicted, probability)) = most_probable(probabilities, 1).pop() else {
            return;
        };
        let plane = (SIDE * SIDE) as usize;
        let drawn = RgbImage::from_fn(SIDE, SIDE, |x, y| {
            let at = (y * SIDE + x) as usize;
            Rgb([0, 1, 2].map(|channel| pixels[channel * plane + at]))
        });
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

    /// Writes the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(self) -> Result<()> {
        let scene = predicted_images(&self.tiles);
        let bytes = encode(&scene, self.format)?;
        convsweep_files::write(&self.path, &bytes, Durability::SystemCache).code(Exit::Wrong)?;
        say_error(&format!("picture: {}", self.path.display()));
        Ok(())
    }
}

/// Images for people: in colour and square, whatever the network reads.
fn preparation() -> ImagePreparation {
    ImagePreparation {
        channels: 3,
        resize: Resize {
            height: SIDE,
            width: SIDE,
            method: ResizeMethod::Crop,
        },
        luma: Luma::default(),
        background: None,
        limits: ImageLimits::default(),
    }
}

fn encode(scene: &Scene, format: Format) -> Result<Vec<u8>> {
    Ok(match format {
        Format::Png => png(scene).code(Exit::Internal)?,
        Format::Svg => svg(scene).code(Exit::Internal)?.into_bytes(),
        Format::Html => {
            let svg = svg(scene).code(Exit::Internal)?;
            let head = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
                <title>Predictions</title>";
            format!("{head}<body>{svg}</body></html>\n").into_bytes()
        }
    })
}
