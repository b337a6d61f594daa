//! The predictions file that a worker leaves in a job's folder.

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
    /// It is no safetensors file.
    #[error("not a safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// A tensor is not as the format says.
    #[error("tensor {name}: {problem}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

/// An image with what the network took it for.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The image.
    pub image: RgbImage,
    /// Place in the source.
    pub index: u32,
    /// True class.
    pub label: u16,
    /// Predicted class.
    pub predicted: u16,
    /// Probability given to the predicted class, 0 to 1.
    pub probability: f64,
}

impl Shown {
    /// Whether the prediction is right.
    pub fn right(&self) -> bool {
        self.label == self.predicted
    }
}

/// The images that the worker chose to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Which images they are.
    pub part: Part,
    /// The images, in the file's order.
    pub shown: Vec<Shown>,
}

/// Reads the kept images of a predictions file ([`convsweep_spec::layout::PREDICTIONS`]); `None`
/// where it has none.
pub fn read(path: &Path) -> Result<Option<Predictions>, PredictionsError> {
    let bytes = std::fs::read(path)?;
    let file = SafeTensors::deserialize(&bytes)?;
    let names = file.names();
    let part = [Part::Test, Part::Validation].into_iter().find(|p| {
        names
            .iter()
            .any(|n| **n == *format!("{}.thumbnails", p.name()))
    });
    let Some(part) = part else { return Ok(None) };
    Ok(Some(Predictions {
        part,
        shown: shown(&file, part.name())?,
    }))
}

fn shown(file: &SafeTensors, part: &str) -> Result<Vec<Shown>, PredictionsError> {
    let of = |name: &str, dtype: Dtype| tensor(file, &format!("{part}.{name}"), dtype);
    let (rows, _) = of("thumbnail_rows", Dtype::U32)?;
    let (pixels, shape) = of("thumbnails", Dtype::U8)?;
    let (index, _) = of("index", Dtype::U32)?;
    let (label, _) = of("label", Dtype::U16)?;
    let (predicted, _) = of("predicted", Dtype::U16)?;
    let (probability, classes) = of("probability", Dtype::F32)?;
    let wrong = |name: &str, problem: String| PredictionsError::Tensor {
        name: format!("{part}.{name}"),
        problem,
    };
    let &[count, channels, height, width] = shape.as_slice() else {
        return Err(wrong(
            "thumbnails",
            format!("has shape {shape:?}, not [rows, channels, height, width]"),
        ));
    };
    let &[images, classes] = classes.as_slice() else {
        return Err(wrong(
            "probability",
            format!("has shape {classes:?}, not [images, classes]"),
        ));
    };
    if rows.len() != count * 4 {
        return Err(wrong(
            "thumbnail_rows",
            format!("has {} rows for {count} thumbnails", rows.len() / 4),
        ));
    }
    if channels != 1 && channels != 3 {
        return Err(wrong(
            "thumbnails",
            format!("has {channels} channels, not 1 or 3"),
        ));
    }
    let plane = height * width;
    (0..count)
        .map(|i| {
            let row = u32_at(rows, i).unwrap_or(u32::MAX);
            let at = row as usize;
            let beyond = || wrong("thumbnail_rows", format!("names row {row} of {images}"));
            let predicted = u16_at(predicted, at).ok_or_else(beyond)?;
            let place = at * classes + usize::from(predicted);
            Ok(Shown {
                image: picture(
                    &pixels[i * channels * plane..(i + 1) * channels * plane],
                    channels,
                    height,
                    width,
                ),
                index: u32_at(index, at).ok_or_else(beyond)?,
                label: u16_at(label, at).ok_or_else(beyond)?,
                predicted,
                probability: f32_at(probability, place).ok_or_else(beyond)?,
            })
        })
        .collect()
}

fn tensor<'a>(
    file: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
) -> Result<(&'a [u8], Vec<usize>), PredictionsError> {
    let view = file.tensor(name)?;
    if view.dtype() != dtype {
        let problem = format!("is {:?}, not {dtype:?}", view.dtype());
        return Err(PredictionsError::Tensor {
            name: name.to_string(),
            problem,
        });
    }
    Ok((view.data(), view.shape().to_vec()))
}

fn u32_at(data: &[u8], i: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        data.get(i * 4..i * 4 + 4)?.try_into().ok()?,
    ))
}

fn u16_at(data: &[u8], i: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        data.get(i * 2..i * 2 + 2)?.try_into().ok()?,
    ))
}

fn f32_at(data: &[u8], i: usize) -> Option<f64> {
    Some(f64::from(f32::from_le_bytes(
        data.get(i * 4..i * 4 + 4)?.try_into().ok()?,
    )))
}

/// `[channels, height, width]` planes as a picture; grey becomes three equal channels.
fn picture(planes: &[u8], channels: usize, height: usize, width: usize) -> RgbImage {
    let plane = height * width;
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb([0, 1, 2].map(|c| {
            planes
                .get(c.min(channels - 1) * plane + at)
                .copied()
                .unwrap_or(0)
        }))
    })
}
