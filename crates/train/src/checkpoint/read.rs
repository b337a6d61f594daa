//! Reading states, and refusing those that are damaged.

use super::write::{Written, to_text};
use crate::error::TrainError;
use convsweep_files::{FileError, open_regular};
use convsweep_spec::checkpoint::{METADATA_KEY, Position};
use convsweep_spec::seal;
use convsweep_weights::not_finite;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// A state read back.
#[derive(Debug)]
pub(crate) struct Saved {
    pub position: Position,
    pub path: PathBuf,
    pub bytes: u64,
    /// The hash that it carries, which fits; `None` if an older program wrote it without one.
    pub blake3: Option<String>,
    tensors: HashMap<String, Vec<f32>>,
}

impl Saved {
    /// Values of the tensor `name`.
    pub(crate) fn tensor(&self, name: &str) -> Option<Vec<f32>> {
        self.tensors.get(name).cloned()
    }

    /// Names of all tensors.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.tensors.keys()
    }
}

/// Reads the state in the file `path`; `None` if there is none.
///
/// # Errors
/// If the file is damaged or of a newer version.
pub(crate) fn load(path: &Path) -> Result<Option<Saved>, TrainError> {
    let Some(bytes) = read_file(path)? else {
        return Ok(None);
    };
    let blake3 = seal::verify(&bytes).map_err(|broken| TrainError::state(path, broken))?;
    let position = Position::in_file(&bytes, blake3.is_some())
        .map_err(|problem| TrainError::state(path, problem))?;
    let found = SafeTensors::deserialize(&bytes).map_err(|error| damaged(path, error))?;
    let mut tensors = HashMap::new();
    for (name, view) in found.iter() {
        if view.dtype() != Dtype::F32 {
            let problem = format!("is damaged: tensor {name} is {:?}, not F32", view.dtype());
            return Err(TrainError::state(path, problem));
        }
        let values = floats(view.data());
        if let Some(i) = values.iter().position(|value| !value.is_finite()) {
            let problem = not_finite(name, i);
            return Err(TrainError::state(path, problem));
        }
        tensors.insert(name.to_string(), values);
    }
    Ok(Some(Saved {
        position,
        path: path.to_owned(),
        bytes: bytes.len() as u64,
        blake3,
        tensors,
    }))
}

/// The file's bytes; `None` if there is no such file. What is no regular file is not opened, and
/// what is longer or shorter than its header says is not read.
fn read_file(path: &Path) -> Result<Option<Vec<u8>>, TrainError> {
    let (mut file, length) = match open_regular(path) {
        Ok((file, metadata)) => (file, metadata.len()),
        Err(error) if error.source.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let failed = |error| TrainError::from(FileError::at("read", path)(error));
    let mut bytes = Vec::new();
    read_header(&mut file, length, &mut bytes).map_err(failed)?;
    seal::check_length(&bytes, length).map_err(|problem| TrainError::state(path, problem))?;
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// Reads the length of the header and the header of a file of `length` bytes.
fn read_header(file: &mut File, length: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    file.take(8).read_to_end(bytes)?;
    let header = seal::header_length(bytes).min(length);
    file.take(header).read_to_end(bytes)?;
    Ok(())
}

fn damaged(path: &Path, error: SafeTensorError) -> TrainError {
    TrainError::state(path, format!("is damaged: {error}"))
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks();
    numbers
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

/// Size and hash of the state in the file `path`, if it was written at exactly this position; only
/// its header is read.
pub(crate) fn header_if_at(path: &Path, position: &Position) -> Option<Written> {
    let (mut file, metadata) = open_regular(path).ok()?;
    let bytes = metadata.len();
    let mut beginning = Vec::new();
    read_header(&mut file, bytes, &mut beginning).ok()?;
    let header: Value = serde_json::from_slice(beginning.get(8..)?).ok()?;
    let text = header["__metadata__"][METADATA_KEY].as_str()?;
    let is_there = text == to_text(position, path).ok()?;
    let blake3 = seal::carried(&beginning)?;
    is_there.then_some(Written { bytes, blake3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inputs that fuzzing starts from; failures that it finds are added to them.
    #[test]
    fn what_fuzzing_started_from_or_found_is_read_or_refused() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/corpus/state");
        let mut read = 0;
        for entry in std::fs::read_dir(corpus).expect("a corpus") {
            let path = entry.expect("a file").path();
            read += u32::from(load(&path).is_ok_and(|saved| saved.is_some()));
        }
        assert!(read >= 2, "the corpus has an old and a new state");
    }
}
