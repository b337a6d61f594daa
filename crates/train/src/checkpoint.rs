//! The file of a training state: tensors as safetensors, the position as JSON in its metadata.
//!
//! Parameters and running statistics have their own names, the optimiser's moments are called
//! `adam.moment1.conv1.weight` and the like. Tensors and position are in one file, so that they
//! cannot belong to different steps.

use crate::error::TrainError;
use crate::failpoint::Failpoints;
use crate::files;
use convsweep_files::FileError;
use convsweep_spec::FORMAT;
use convsweep_spec::checkpoint::Position;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors, serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Name, shape and values.
pub(crate) type NamedValues = (String, Vec<usize>, Vec<f32>);

/// A tensor of any type, as bytes.
pub(crate) struct RawTensor {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

const POSITION: &str = "position";

/// The file of a state in its folder.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("state.safetensors")
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

/// Writes a state into `folder`; the one that was there before stays until the new one is safe.
/// Returns its size in bytes.
pub(crate) fn save(
    folder: &Path,
    position: &Position,
    tensors: &[NamedValues],
    failpoints: &Failpoints,
) -> Result<u64, TrainError> {
    let path = file(folder);
    let metadata = HashMap::from([(POSITION.to_string(), to_text(position, &path)?)]);
    let bytes = encode(tensors, Some(metadata), &path)?;
    files::write(&path, &bytes, Some((failpoints, "checkpoint-write")))?;
    Ok(bytes.len() as u64)
}

fn to_text(position: &Position, path: &Path) -> Result<String, TrainError> {
    serde_json::to_string(position).map_err(|error| TrainError::state(path, error))
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
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::at("read", &path)(error).into()),
    };
    let text = position_text(&bytes, &path)?;
    let position: Position = serde_json::from_str(&text).map_err(|error| {
        TrainError::state(&path, format!("has an unreadable position: {error}"))
    })?;
    if position.format != FORMAT {
        let found = position.format;
        let problem = format!("has format {found}, this program reads {FORMAT}");
        return Err(TrainError::state(&path, problem));
    }
    let found = SafeTensors::deserialize(&bytes).map_err(|error| damaged(&path, error))?;
    let mut tensors = HashMap::new();
    for (name, view) in found.iter() {
        tensors.insert(name.to_string(), floats(&view));
    }
    Ok(Some(Saved {
        position,
        path,
        bytes: bytes.len() as u64,
        tensors,
    }))
}

/// The JSON text of the position in a file with these bytes.
fn position_text(bytes: &[u8], path: &Path) -> Result<String, TrainError> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(path, error))?;
    let text = header.metadata().as_ref().and_then(|all| all.get(POSITION));
    match text {
        Some(text) => Ok(text.clone()),
        None => Err(TrainError::state(path, "has no position")),
    }
}

fn damaged(path: &Path, error: SafeTensorError) -> TrainError {
    TrainError::state(path, format!("is damaged: {error}"))
}

fn floats(view: &TensorView) -> Vec<f32> {
    let (numbers, _) = view.data().as_chunks();
    numbers
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

/// Size in bytes of the state in `folder`, if it was written at exactly this position; only its
/// header is read.
pub(crate) fn size_if_at(folder: &Path, position: &Position) -> Option<u64> {
    let path = file(folder);
    let mut file = File::open(&path).ok()?;
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let header = file.by_ref().take(u64::from_le_bytes(length));
    let header: Value = serde_json::from_reader(BufReader::new(header)).ok()?;
    let text = header["__metadata__"][POSITION].as_str()?;
    let is_there = text == to_text(position, &path).ok()?;
    let size = file.metadata().ok()?.len();
    is_there.then_some(size)
}
