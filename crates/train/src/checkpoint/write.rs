//! Writing tensors and states.

use super::{file, previous};
use crate::error::TrainError;
use crate::failpoint::Failpoints;
use crate::files::{self, Replaced};
use convsweep_spec::checkpoint::{METADATA_KEY, Position};
use convsweep_spec::seal;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use std::collections::HashMap;
use std::path::Path;

/// Name, shape and values.
pub(crate) type NamedValues = (String, Vec<usize>, Vec<f32>);

/// A tensor of any type, as bytes.
pub(crate) struct RawTensor {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// What was written: its size in bytes and the hash that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub bytes: u64,
    pub blake3: String,
}

/// Writes a state into `folder`; the one that was there before stays until the new one is safe, and
/// afterwards as the previous one if `keeps_previous` asks for it.
pub(crate) fn save(
    folder: &Path,
    position: &Position,
    tensors: &[NamedValues],
    keeps_previous: bool,
    failpoints: &Failpoints,
) -> Result<Written, TrainError> {
    let path = file(folder);
    let metadata = HashMap::from([
        (METADATA_KEY.to_string(), to_text(position, &path)?),
        (seal::KEY.to_string(), seal::BLANK.to_string()),
    ]);
    let mut bytes = encode(tensors, Some(metadata), &path)?;
    let Some(blake3) = seal::seal(&mut bytes) else {
        return Err(TrainError::state(&path, "has no place for its hash"));
    };
    let replaced = match keeps_previous {
        true => Replaced::KeptAs(previous(folder)),
        false => Replaced::Removed,
    };
    let failpoint = Some((failpoints, "checkpoint-write"));
    files::write(&path, &bytes, &replaced, failpoint)?;
    let bytes = bytes.len() as u64;
    Ok(Written { bytes, blake3 })
}

/// Bytes of f32 tensors as safetensors.
pub(crate) fn encode(
    tensors: &[NamedValues],
    metadata: Option<HashMap<String, String>>,
    path: &Path,
) -> Result<Vec<u8>, TrainError> {
    let mut raw = Vec::with_capacity(tensors.len());
    for (name, shape, values) in tensors {
        raw.push(RawTensor {
            name: name.clone(),
            dtype: Dtype::F32,
            shape: shape.clone(),
            bytes: values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        });
    }
    encode_raw(&raw, metadata, path)
}

/// Bytes of tensors of any type as safetensors; errors name `path`.
pub(crate) fn encode_raw(
    tensors: &[RawTensor],
    metadata: Option<HashMap<String, String>>,
    path: &Path,
) -> Result<Vec<u8>, TrainError> {
    let invalid = |error| TrainError::state(path, error);
    let mut views = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let shape = tensor.shape.clone();
        let view = TensorView::new(tensor.dtype, shape, &tensor.bytes).map_err(invalid)?;
        views.push((tensor.name.as_str(), view));
    }
    serialize(views, metadata).map_err(invalid)
}

/// The position as the metadata holds it.
pub(super) fn to_text(position: &Position, path: &Path) -> Result<String, TrainError> {
    serde_json::to_string(position).map_err(|error| TrainError::state(path, error))
}
