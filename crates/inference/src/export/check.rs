//! Compares what a file computes with what its job predicted.

use super::runtime::{OnnxInput, OnnxRuntime};
use crate::error::InferenceError;
use crate::images::image_sides;
use crate::loaded::LoadedNetwork;
use crate::predict;
use convsweep_data::{LabelledImages, decoded_set};
use convsweep_nn::loss::{score_image, score_two_views};
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::event::Part;
use convsweep_spec::inference::{Export, RecordedPrediction};
use convsweep_spec::precision::Precision;

/// Images of a batch.
const BATCH: usize = 32;
/// Largest difference of a probability that may come from the order of additions.
const TOLERANCE: f32 = 1e-3;

/// Computes the file on the images of the request. The inner result is the largest difference of a
/// probability, or what differs too much.
pub(super) fn check(
    runtime: &OnnxRuntime,
    loaded: &LoadedNetwork,
    preparation: &ImagePreparation,
    request: &Export,
) -> Result<Result<f32, String>, InferenceError> {
    let check = &request.check;
    let set = decoded_set(&check.data_cache, &check.data, &check.data_hash);
    let set = set.ok_or(InferenceError::NoImages)?;
    let images = match check.part {
        Part::Validation => set.train(),
        Part::Test => set.test(),
    };
    let mut largest = 0.0f32;
    for batch in check.predictions.chunks(BATCH) {
        let pixels = read(&images, batch)?;
        let found = probabilities(runtime, loaded, (preparation, request), &pixels);
        let found = match found {
            Ok(found) => found,
            Err(problem) => return Ok(Err(problem)),
        };
        let classes = loaded.network.classes();
        // In another precision the job has rounded differently than the file does.
        let expected = match loaded.trained.precision {
            Precision::F32 => batch.to_vec(),
            Precision::Tf32 | Precision::Bf16 => in_f32(batch, loaded, preparation, &pixels),
        };
        for (expected, found) in expected.iter().zip(found.chunks(classes)) {
            match difference(expected, found) {
                Ok(difference) => largest = largest.max(difference),
                Err(problem) => return Ok(Err(problem)),
            }
        }
    }
    Ok(Ok(largest))
}

/// What the network predicts for the images of a batch in f32.
fn in_f32(
    batch: &[RecordedPrediction],
    loaded: &LoadedNetwork,
    preparation: &ImagePreparation,
    pixels: &[u8],
) -> Vec<RecordedPrediction> {
    let found = predict::probabilities(loaded, pixels, preparation);
    let mut predicted = Vec::with_capacity(batch.len());
    for (recorded, found) in batch.iter().zip(found.chunks(loaded.network.classes())) {
        let mut most = RecordedPrediction {
            probability: f32::NEG_INFINITY,
            ..*recorded
        };
        for (class, &probability) in (0..).zip(found) {
            if probability > most.probability {
                (most.class, most.probability) = (class, probability);
            }
        }
        predicted.push(most);
    }
    predicted
}

/// The images of a batch, `[images, channels, height, width]`.
fn read(images: &LabelledImages, batch: &[RecordedPrediction]) -> Result<Vec<u8>, InferenceError> {
    let mut pixels = Vec::new();
    for recorded in batch {
        pixels.extend(images.image(recorded.row)?);
    }
    Ok(pixels)
}

/// The probabilities of all classes for each image, `[images, classes]`, by the file.
fn probabilities(
    runtime: &OnnxRuntime,
    loaded: &LoadedNetwork,
    (preparation, request): (&ImagePreparation, &Export),
    pixels: &[u8],
) -> Result<Vec<f32>, String> {
    let values = preparation.values();
    let [channels, height, width] = image_sides(preparation);
    let images = pixels.len() / values;
    let input = |pixels: &[u8]| match request.preprocessing {
        true => {
            let last = channels_last(pixels, channels, height * width);
            OnnxInput::Bytes(last, [images, height, width, channels])
        }
        false => {
            let mut floats = vec![0.0; pixels.len()];
            for (out, image) in floats.chunks_mut(values).zip(pixels.chunks(values)) {
                loaded.normalizer.apply(image, out);
            }
            OnnxInput::Floats(floats, [images, channels, height, width])
        }
    };
    let outputs = runtime.run(input(pixels))?;
    let mirrored = match loaded.trained.mirrors {
        true => Some(runtime.run(input(&mirror(pixels, width)))?),
        false => None,
    };
    let classes = loaded.network.classes();
    if outputs.len() != images * classes {
        return Err(format!(
            "it gives {} values for {images} images",
            outputs.len()
        ));
    }
    let mut found = vec![0.0; outputs.len()];
    for (i, out) in found.chunks_mut(classes).enumerate() {
        let of_image = i * classes..(i + 1) * classes;
        let first = &outputs[of_image.clone()];
        match (&mirrored, request.probabilities) {
            (None, true) => out.copy_from_slice(first),
            (None, false) => drop(score_image(first, 0, out)),
            (Some(second), false) => drop(score_two_views([first, &second[of_image]], 0, out)),
            (Some(second), true) => {
                for (out, (a, b)) in out.iter_mut().zip(first.iter().zip(&second[of_image])) {
                    *out = (a + b) / 2.0;
                }
            }
        }
    }
    Ok(found)
}

/// Difference of the probability of the predicted class; an error where another class is predicted,
/// or the difference is too large.
fn difference(recorded: &RecordedPrediction, found: &[f32]) -> Result<f32, String> {
    let RecordedPrediction {
        row,
        class,
        probability,
    } = *recorded;
    let of_class = found.get(usize::from(class)).copied().unwrap_or(f32::NAN);
    let difference = (of_class - probability).abs();
    let highest = found.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // Equal probabilities are a matter of rounding.
    let is_other = highest - of_class > TOLERANCE;
    if is_other || difference.is_nan() || difference > TOLERANCE {
        return Err(format!(
            "image {row} should have class {class} with probability {probability}, and has it with \
             {of_class} by the file, where the highest is {highest}"
        ));
    }
    Ok(difference)
}

/// `[images, plane, channels]` of `[images, channels, plane]`.
fn channels_last(pixels: &[u8], channels: usize, plane: usize) -> Vec<u8> {
    let mut last = Vec::with_capacity(pixels.len());
    for image in pixels.chunks(channels * plane) {
        for at in 0..plane {
            last.extend((0..channels).map(|channel| image[channel * plane + at]));
        }
    }
    last
}

/// Each row from right to left.
fn mirror(pixels: &[u8], width: usize) -> Vec<u8> {
    let rows = pixels.chunks(width);
    rows.flat_map(|row| row.iter().rev().copied()).collect()
}
