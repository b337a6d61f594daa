//! One file a state: tensors as safetensors, the position as JSON in its metadata.
//!
//! Parameters and running statistics stand under their own names, what the optimiser remembers
//! under `adam.moment1.conv1.weight` and the like. One file, so that tensors and position cannot be
//! of different steps.

use crate::TrainError;
use crate::failpoint::Failpoints;
use crate::files;
use convsweep_spec::FORMAT;
use convsweep_spec::checkpoint::Position;
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Name, shape and values.
pub(crate) type Tensor = (String, Vec<usize>, Vec<f32>);

const POSITION: &str = "position";

/// The file of a state in its folder.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("state.safetensors")
}

/// Bytes of f32 tensors as safetensors.
pub(crate) fn encode(
    tensors: &[Tensor],
    metadata: Option<HashMap<String, String>>,
    path: &Path,
) -> Result<Vec<u8>, TrainError> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(.., v)| v.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views: Vec<_> = views
        .collect::<Result<_, _>>()
        .map_err(|e| TrainError::state(path, e))?;
    serialize(views, metadata).map_err(|e| TrainError::state(path, e))
}

/// Writes a state into `folder`; what was there before stays until the new one is safe. Returns its
/// size in bytes.
pub(crate) fn save(
    folder: &Path,
    position: &Position,
    tensors: &[Tensor],
    failpoints: &Failpoints,
) -> Result<u64, TrainError> {
    let path = file(folder);
    let text = serde_json::to_string(position).map_err(|e| TrainError::state(&path, e))?;
    let bytes = encode(
        tensors,
        Some(HashMap::from([(POSITION.into(), text)])),
        &path,
    )?;
    files::write(&path, &bytes, Some((failpoints, "checkpoint-write")))?;
    Ok(bytes.len() as u64)
}

/// A state read back.
#[derive(Debug)]
pub(crate) struct Saved {
    pub position: Position,
    pub path: PathBuf,
    pub bytes: u64,
    tensors: HashMap<String, Vec<f32>>,
}

impl Saved {
    /// Values of the tensor `name`.
    pub(crate) fn tensor(&self, name: &str) -> Option<Vec<f32>> {
        self.tensors.get(name).cloned()
    }
}

/// Reads the state in `folder`; `None` if there is none.
///
/// # Errors
/// If the file is damaged or of another version.
pub(crate) fn load(folder: &Path) -> Result<Option<Saved>, TrainError> {
    let path = file(folder);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(TrainError::io("read", &path)(e)),
    };
    let wrong = |problem: String| TrainError::state(&path, problem);
    let damaged = |e: safetensors::SafeTensorError| wrong(format!("is damaged: {e}"));
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let text = metadata
        .metadata()
        .as_ref()
        .and_then(|m| m.get(POSITION))
        .ok_or_else(|| wrong("has no position".into()))?;
    let position: Position = serde_json::from_str(text)
        .map_err(|e| wrong(format!("has an unreadable position: {e}")))?;
    if position.format != FORMAT {
        return Err(wrong(format!(
            "has format {}, this program reads {FORMAT}",
            position.format
        )));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let floats = |view: &TensorView| {
        view.data()
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect()
    };
    let tensors = tensors
        .iter()
        .map(|(name, view)| (name.to_string(), floats(&view)))
        .collect();
    Ok(Some(Saved {
        position,
        path,
        bytes: bytes.len() as u64,
        tensors,
    }))
}
