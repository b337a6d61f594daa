//! What a layer makes of images, as a picture.

use crate::exit::{Exit, failure};
use crate::inference::{
    ClassNames, ImageInput, InferenceWorkers, NO_PATHS, NamedImages, NamedModel, PictureFile,
    batches, readable,
};
use crate::output::json::say_line;
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_report::charts::{ActivationTile, MOST_PLANES, layer_activations};
use convsweep_spec::inference::{
    ActivationPlanes, InferenceReply, InferenceRequest, LayerActivations,
};
use convsweep_spec::words::{counted, printable};
use serde_json::json;

/// Images of a request.
const BATCH: usize = 4;
/// Images of the picture.
const MOST_IMAGES: usize = 8;

/// What is asked of activations.
pub(super) struct AskedActivations {
    /// The layer, if the user names one.
    pub(super) layer: Option<String>,
    /// Whether JSON is printed.
    pub(super) as_json: bool,
    /// Whether nothing is said of a picture.
    pub(super) is_quiet: bool,
}

/// Draws the first planes of a layer for the first images, and prints what there is of each image.
///
/// # Errors
/// If there is no such layer, no image that can be read, or no worker.
pub(super) fn activations(
    asked: AskedActivations,
    (model, file, workers): (NamedModel, PictureFile, InferenceWorkers),
    (inputs, names): (NamedImages, ClassNames),
) -> Result<Exit> {
    let folders_left_out = inputs.unreadable.len();
    let AskedActivations {
        layer,
        as_json,
        is_quiet,
    } = asked;
    let work = batches(inputs, names, BATCH, move |images| {
        InferenceRequest::Activate {
            images: images.iter().map(|image| image.path.clone()).collect(),
            layer: layer.clone(),
            most: MOST_PLANES,
        }
    })?;
    let mut tiles = Vec::new();
    let mut heading = String::new();
    let (mut drawn, mut unreadable) = (0, 0);
    workers.answer_all(work, |answered| {
        let InferenceReply::Activated { layer, images } = answered.reply else {
            return Ok(());
        };
        for (image, found) in readable(answered.about, images, LayerActivations::Unreadable) {
            let path = image.path.to_string_lossy();
            match found {
                LayerActivations::Unreadable(problem) => {
                    unreadable += 1;
                    say_error(&format!("{path}: {problem}"));
                    if as_json {
                        say_line(&json!({ "file": path, "problem": problem }))?;
                    }
                }
                LayerActivations::Computed(found) => {
                    drawn += 1;
                    heading = in_words(&layer, &found);
                    match as_json {
                        true => say_line(&object(&image, &layer, &found))?,
                        false => say(&format!("{path}  {}", largest(&found)))?,
                    }
                    if tiles.len() < MOST_IMAGES {
                        tiles.push(tile(&model, &image, found));
                    }
                }
            }
        }
        Ok(())
    })?;
    match (drawn, unreadable) {
        (0, 0) => return Err(failure(Exit::Wrong, NO_PATHS)),
        (0, _) => return Err(failure(Exit::Data, "none of the images can be read")),
        _ => {}
    }
    let scene = layer_activations(&heading, &tiles);
    let written = file.write(&scene, tiles.len() as u64, drawn)?;
    if !is_quiet {
        say_error(&heading);
        say_error(&written);
    }
    if unreadable > 0 {
        say_error(&format!("{} left out", counted(unreadable, "file")));
    }
    match unreadable > 0 || folders_left_out > 0 {
        true => Ok(Exit::JobsFailed),
        false => Ok(Exit::Complete),
    }
}

/// Which planes are shown, and how many are not.
fn in_words(layer: &str, found: &ActivationPlanes) -> String {
    let [height, width] = found.sides;
    let all = found.channels;
    let which = match all > MOST_PLANES {
        true => format!(
            "the first {MOST_PLANES} of {all} planes, {} not shown",
            all - MOST_PLANES
        ),
        false => format!("all {}", counted(all as u64, "plane")),
    };
    format!("{layer}: {which}, {height} × {width} pixels")
}

/// The plane with the largest value.
fn largest(found: &ActivationPlanes) -> String {
    let [height, width] = found.sides;
    let (mut plane, mut value) = (0, f32::NEG_INFINITY);
    for (i, found) in found.values.iter().enumerate() {
        if *found > value {
            (plane, value) = (i / (height * width), *found);
        }
    }
    format!("largest value {value:.3} in plane {plane}")
}

fn object(image: &ImageInput, layer: &str, found: &ActivationPlanes) -> serde_json::Value {
    let [height, width] = found.sides;
    json!({
        "file": image.path.to_string_lossy(),
        "layer": layer,
        "channels": found.channels,
        "height": height,
        "width": width,
        "planes": found.values.chunks(height * width).collect::<Vec<_>>(),
    })
}

fn tile(model: &NamedModel, image: &ImageInput, found: ActivationPlanes) -> ActivationTile {
    let name = image.path.file_name().unwrap_or_default().to_string_lossy();
    ActivationTile {
        image: model.picture(&found.pixels),
        name: printable(&name).into_owned(),
        sides: found.sides,
        values: found.values,
    }
}
