//! A network as an ONNX file, which is computed by another program's operators before it is given
//! its name.

mod check;
mod runtime;

use crate::error::InferenceError;
use crate::images::image_shape;
use crate::loaded::LoadedNetwork;
use check::check;
use convsweep_files::{Durability, write_shared};
use convsweep_onnx::{OnnxOptions, Preprocessing, write_onnx};
use convsweep_spec::data::ImagePreparation;
use convsweep_spec::inference::{Export, Exported};
use runtime::OnnxRuntime;

/// Writes the network as `request` asks, after the file's content was computed on images for which
/// the job recorded its predictions.
pub(crate) fn export(
    loaded: &LoadedNetwork,
    preparation: &ImagePreparation,
    request: &Export,
) -> Result<Exported, InferenceError> {
    let values = loaded.network.values_by_name();
    let shape = image_shape(preparation);
    let trained = &loaded.trained;
    let options = OnnxOptions {
        preprocessing: request.preprocessing.then(|| Preprocessing {
            normalization: trained.normalization.clone(),
        }),
        probabilities: request.probabilities,
        metadata: request.metadata.clone(),
        producer: ("convsweep".into(), env!("CARGO_PKG_VERSION").into()),
    };
    let classes = loaded.network.classes() as u32;
    let find = |name: &str| values.get(name).cloned();
    let file = write_onnx(&trained.architecture, (shape, classes), &find, &options)?;
    let unproved = |problem: String| InferenceError::Unproved {
        job: trained.job.clone(),
        problem,
    };
    let runtime = OnnxRuntime::load(&file).map_err(unproved)?;
    let checked = check(&runtime, loaded, preparation, request)?;
    let largest_difference = checked.map_err(unproved)?;
    write_shared(&request.file, &file.bytes, Durability::ContentAndName)?;
    Ok(Exported {
        bytes: file.bytes.len() as u64,
        opset: file.opset,
        operators: file.operators,
        input: file.input,
        output: file.output,
        checked: request.check.predictions.len() as u32,
        largest_difference,
    })
}
