//! The predictions file that a worker leaves in a job's folder.

use super::reliability::Reliability;
use super::whole_file;
use convsweep_spec::event::Part;
use image::{Rgb, RgbImage};
use safetensors::{Dtype, SafeTensors};
use std::path::Path;
use thiserror::Error;

/// Why a predictions file cannot be used.
#[derive(Debug, Error)]
pub enum PredictionsError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is not a safetensors file.
    #[error("not a safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// A tensor does not have the type or shape that the format asks for.
    #[error("tensor {name}: {problem}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

/// Largest width and height of an image in pixels.
const LARGEST_SIDE: usize = 1 << 16;

/// An image that the worker kept, with the network's prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptImage {
    /// The image.
    pub image: RgbImage,
    /// Index in the image set.
    pub index: u32,
    /// True class.
    pub label: u16,
    /// Predicted class.
    pub predicted: u16,
    /// Probability of the predicted class, 0 to 1.
    pub probability: f64,
}

impl KeptImage {
    /// Whether the prediction is right.
    pub fn is_correct(&self) -> bool {
        self.label == self.predicted
    }
}

/// The images that the worker chose to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Which images they are.
    pub part: Part,
    /// The images, in the file's order.
    pub images: Vec<KeptImage>,
    /// How often the network is right by how sure it is, over all images of the part.
    pub reliability: Reliability,
}

/// Reads the kept images of a predictions file ([`convsweep_spec::layout::PREDICTIONS`]), those of
/// the test part if there are any; `None` if the worker kept none.
///
/// # Errors
/// Where the file is missing, does not have the `hash` of the job's log, is not a safetensors file,
/// or has tensors of other types or shapes
/// than `[rows, channels, height, width]` bytes and `[images, classes]` probabilities.
pub fn read(path: &Path, hash: Option<&str>) -> Result<Option<Predictions>, PredictionsError> {
    let bytes = whole_file::read(path, hash)?;
    let file = SafeTensors::deserialize(&bytes)?;
    for part in [Part::Test, Part::Validation] {
        let name = format!("{}.thumbnails", part.name());
        if file.names().iter().any(|n| **n == *name) {
            let reader = PartReader {
                file: &file,
                part: part.name(),
            };
            let columns = reader.columns()?;
            return Ok(Some(Predictions {
                part,
                images: reader.images(&columns)?,
                reliability: columns.reliability(),
            }));
        }
    }
    Ok(None)
}

/// The prediction for one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictedImage {
    /// Which images it is one of.
    pub part: Part,
    /// Number of the image, from 0: among those that training and validation images are taken from,
    /// or among the test images.
    pub index: u32,
    /// True class.
    pub label: u16,
    /// Predicted class.
    pub predicted: u16,
    /// Probability of the predicted class, 0 to 1.
    pub probability: f64,
}

/// Reads every prediction for the images of these `parts`, in the file's order; nothing of parts
/// that the file does not have.
///
/// # Errors
/// As [`read`].
pub fn read_all(
    path: &Path,
    hash: Option<&str>,
    parts: &[Part],
) -> Result<Vec<PredictedImage>, PredictionsError> {
    let bytes = whole_file::read(path, hash)?;
    let file = SafeTensors::deserialize(&bytes)?;
    let mut all = Vec::new();
    for part in parts {
        let reader = PartReader {
            file: &file,
            part: part.name(),
        };
        let name = format!("{}.index", part.name());
        if !file.names().iter().any(|n| **n == *name) {
            continue;
        }
        let columns = reader.columns()?;
        for row in 0..columns.images {
            let found = columns.predicted_image(*part, row);
            let no_prediction = || reader.problem("index", format!("has no prediction {row}"));
            all.push(found.ok_or_else(no_prediction)?);
        }
    }
    Ok(all)
}

/// Reads the tensors of one part.
struct PartReader<'a> {
    file: &'a SafeTensors<'a>,
    part: &'static str,
}

/// Kept images as bytes: `[count, channels, height, width]`.
struct Thumbnails<'a> {
    pixels: &'a [u8],
    count: usize,
    channels: usize,
    height: usize,
    width: usize,
}

/// What was recorded of every image, kept or not, as bytes.
struct Columns<'a> {
    /// `[images]`, u32.
    index: &'a [u8],
    /// `[images]`, u16.
    label: &'a [u8],
    /// `[images]`, u16.
    predicted: &'a [u8],
    /// `[images, classes]`, f32.
    probability: &'a [u8],
    images: usize,
    classes: usize,
}

impl PartReader<'_> {
    fn columns(&self) -> Result<Columns<'_>, PredictionsError> {
        let (index, _) = self.tensor("index", Dtype::U32)?;
        let (label, _) = self.tensor("label", Dtype::U16)?;
        let (predicted, _) = self.tensor("predicted", Dtype::U16)?;
        let (probability, shape) = self.tensor("probability", Dtype::F32)?;
        let &[images, classes] = shape.as_slice() else {
            let problem = format!("has shape {shape:?}, not [images, classes]");
            return Err(self.problem("probability", problem));
        };
        Ok(Columns {
            index,
            label,
            predicted,
            probability,
            images,
            classes,
        })
    }

    fn images(&self, columns: &Columns) -> Result<Vec<KeptImage>, PredictionsError> {
        let thumbnails = self.thumbnails()?;
        let (rows, _) = self.tensor("thumbnail_rows", Dtype::U32)?;
        if rows.len() != thumbnails.count * 4 {
            let (rows, count) = (rows.len() / 4, thumbnails.count);
            let problem = format!("has {rows} rows for {count} thumbnails");
            return Err(self.problem("thumbnail_rows", problem));
        }
        let mut images = Vec::with_capacity(thumbnails.count);
        for i in 0..thumbnails.count {
            let row = u32_at(rows, i).unwrap_or(u32::MAX);
            let Some(image) = columns.image(row as usize, thumbnails.picture(i)) else {
                let count = columns.images;
                let problem = format!("names row {row} of {count}, which has no prediction");
                return Err(self.problem("thumbnail_rows", problem));
            };
            images.push(image);
        }
        Ok(images)
    }

    fn thumbnails(&self) -> Result<Thumbnails<'_>, PredictionsError> {
        let (pixels, shape) = self.tensor("thumbnails", Dtype::U8)?;
        let &[count, channels, height, width] = shape.as_slice() else {
            let problem = format!("has shape {shape:?}, not [rows, channels, height, width]");
            return Err(self.problem("thumbnails", problem));
        };
        if channels != 1 && channels != 3 {
            let problem = format!("has {channels} channels, not 1 or 3");
            return Err(self.problem("thumbnails", problem));
        }
        if height == 0 || width == 0 || height.max(width) > LARGEST_SIDE {
            let problem = format!("has images of {width} × {height} pixels");
            return Err(self.problem("thumbnails", problem));
        }
        Ok(Thumbnails {
            pixels,
            count,
            channels,
            height,
            width,
        })
    }

    /// Bytes and shape of a tensor.
    fn tensor(&self, name: &str, dtype: Dtype) -> Result<(&[u8], Vec<usize>), PredictionsError> {
        let view = self.file.tensor(&format!("{}.{name}", self.part))?;
        if view.dtype() != dtype {
            let problem = format!("is {:?}, not {dtype:?}", view.dtype());
            return Err(self.problem(name, problem));
        }
        Ok((view.data(), view.shape().to_vec()))
    }

    fn problem(&self, name: &str, problem: String) -> PredictionsError {
        PredictionsError::Tensor {
            name: format!("{}.{name}", self.part),
            problem,
        }
    }
}

impl Columns<'_> {
    /// What was recorded in a row, with its picture; `None` if there is no such row, or if it has
    /// no class or probability.
    fn image(&self, row: usize, image: RgbImage) -> Option<KeptImage> {
        let (label, predicted, probability) = self.prediction(row)?;
        Some(KeptImage {
            image,
            index: u32_at(self.index, row)?,
            label,
            predicted,
            probability,
        })
    }

    /// The true class, the predicted class, and its probability.
    fn prediction(&self, row: usize) -> Option<(u16, u16, f64)> {
        let predicted = u16_at(self.predicted, row)?;
        if usize::from(predicted) >= self.classes {
            return None;
        }
        let place = row * self.classes + usize::from(predicted);
        let probability = f32_at(self.probability, place).filter(|p| (0.0..=1.0).contains(p))?;
        Some((u16_at(self.label, row)?, predicted, probability))
    }

    /// What was predicted in a row; `None` as in [`Columns::image`].
    fn predicted_image(&self, part: Part, row: usize) -> Option<PredictedImage> {
        let (label, predicted, probability) = self.prediction(row)?;
        Some(PredictedImage {
            part,
            index: u32_at(self.index, row)?,
            label,
            predicted,
            probability,
        })
    }

    /// Counts every row that has a prediction.
    fn reliability(&self) -> Reliability {
        let mut reliability = Reliability::default();
        for (label, predicted, probability) in (0..self.images).filter_map(|i| self.prediction(i)) {
            reliability.add(probability, label == predicted);
        }
        reliability
    }
}

impl Thumbnails<'_> {
    /// Image `i`; grey becomes three equal channels.
    fn picture(&self, i: usize) -> RgbImage {
        let plane = self.height * self.width;
        let planes = &self.pixels[i * self.channels * plane..];
        RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let at = y as usize * self.width + x as usize;
            Rgb([0, 1, 2].map(|c| planes[c.min(self.channels - 1) * plane + at]))
        })
    }
}

fn u32_at(data: &[u8], i: usize) -> Option<u32> {
    let bytes = data.get(i * 4..i * 4 + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

fn u16_at(data: &[u8], i: usize) -> Option<u16> {
    let bytes = data.get(i * 2..i * 2 + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn f32_at(data: &[u8], i: usize) -> Option<f64> {
    let bytes = data.get(i * 4..i * 4 + 4)?;
    Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?)))
}
