//! A network as a module of PyTorch: its weights by the names of the module's state dict, and the
//! Python file that builds the module.

use crate::exit::{Code, Exit, failure};
use crate::inference::{NamedModel, OutputFile};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_files::{Durability, exists, read_regular};
use convsweep_spec::shape::{Shape, tensors};
use convsweep_spec::weights::{LARGEST_FILE, ModelDescription};
use convsweep_spec::words::bytes;
use convsweep_weights::{WeightFile, state_dict};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The Python file, which is the same for all networks.
const PYTHON: &str = include_str!("pytorch.py");
/// The metadata key of how images are prepared; its value is JSON.
const IMAGES: &str = "convsweep_images";

/// Writes the weights of the model's first network into `file`, and the Python file beside it.
///
/// # Errors
/// If the weights are not those of the network, or there is another Python file of this name.
pub(super) fn export_pytorch(model: &NamedModel, file: &OutputFile) -> Result<(Value, String)> {
    let network = &model.ensemble.networks[0];
    let python = file.path().with_extension("py");
    let new_python = new_file(&python)?;
    let content = read_regular(&network.weights, LARGEST_FILE).code(Exit::Results)?;
    let refused = |why: String| {
        let message = format!("the file of the weights of job {} {why}", network.job);
        failure(Exit::Results, message)
    };
    let summary = model.summary();
    let summary = summary.map_err(|error| refused(format!("fits no network: {error}")))?;
    let weights = WeightFile::read(&content).map_err(refused)?;
    let written = state_dict(
        &weights,
        &tensors(&network.architecture, &summary),
        metadata(model, summary.input),
    );
    let written = written.map_err(refused)?;
    file.write(&written, Durability::ContentAndName)?;
    if let Some(new) = new_python {
        new.write(PYTHON.as_bytes(), Durability::ContentAndName)?;
    }
    if network.mirrors {
        say_error(
            "note: the job averages each image with its mirror image (tta_flip): so does the \
            module's `predict`, while the module itself computes one view",
        );
    }
    let object = json!({
        "format": "safetensors for PyTorch",
        "bytes": written.len(),
        "python": python,
    });
    let text = in_words(model, (file.path(), written.len()), &python);
    Ok((object, text))
}

/// The Python file that is to be written; `None` if it is there already.
///
/// # Errors
/// If something else is in its place, which may be the user's work.
fn new_file(python: &Path) -> Result<Option<OutputFile>> {
    if !exists(python).code(Exit::Wrong)? {
        return OutputFile::new(python).map(Some);
    }
    if read_regular(python, LARGEST_FILE).code(Exit::Wrong)? == PYTHON.as_bytes() {
        return Ok(None);
    }
    let message = format!(
        "{}: there is another file of this name, of your own, changed, or by another version of \
        the program: move it, or give the weights another name",
        python.display()
    );
    Err(failure(Exit::Wrong, message))
}

/// What the Python file reads.
fn metadata(model: &NamedModel, image: Shape) -> HashMap<String, String> {
    let network = &model.ensemble.networks[0];
    let preparation = &model.ensemble.preparation;
    let description = ModelDescription::new(
        &network.job,
        format!("convsweep {}", env!("CARGO_PKG_VERSION")),
        model.classes.clone(),
        (image, network.normalization.clone()),
        network.architecture.clone(),
    );
    let images = json!({
        "resize": preparation.resize.method,
        "luma": preparation.luma,
        "background": preparation.background,
        "mirrors": network.mirrors,
    });
    HashMap::from([
        ("format".to_string(), "pt".to_string()),
        (
            ModelDescription::KEY.to_string(),
            json!(description).to_string(),
        ),
        (IMAGES.to_string(), images.to_string()),
    ])
}

fn in_words(model: &NamedModel, (file, size): (&Path, usize), python: &Path) -> String {
    let name = |path: &Path| PathBuf::from(path.file_name().unwrap_or_default());
    let (weights, script) = (name(file), name(python));
    let module = python.file_stem().unwrap_or_default().to_string_lossy();
    let mut text = format!(
        "{}: {}, the weights of job {} by the names of PyTorch, with classes, input shape, \
        normalisation and architecture in the metadata\n\
        {}: the network as a module of PyTorch, and how images are prepared for it\n\
        to classify images: python {} {} IMAGE...",
        file.display(),
        bytes(size as f64),
        model.ensemble.networks[0].job,
        python.display(),
        script.display(),
        weights.display(),
    );
    if is_identifier(&module) {
        text += &format!(
            "\nin Python: import {module}; network = {module}.load(\"{}\")",
            weights.display()
        );
    }
    text
}

/// Whether Python can import a file of this name.
fn is_identifier(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_imports_identifiers() {
        for (name, can) in [
            ("flowers_2", true),
            ("my-net", false),
            ("2nd", false),
            ("", false),
        ] {
            assert_eq!(is_identifier(name), can, "{name}");
        }
    }
}
