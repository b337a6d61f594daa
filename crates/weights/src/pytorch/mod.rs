//! Files that `torch.save` of PyTorch wrote: zip archives, the streams of pickles before 1.6, and
//! the tar archives before 0.1.10.
//!
//! The crate `pytorch-reader` reads them. It opens a path, so it is given a private copy of the
//! bytes that were checked here: what it reads is what was checked and hashed.

mod model_dict;
mod pickles;
mod tar_members;
mod tensors;
mod zip_directory;

use pytorch_reader::{PytorchReader, Tensor};
use std::io::Write;

pub(crate) use tensors::listed;

/// How `torch.save` kept a file together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Zip,
    Tar,
    /// Pickles one after the other, then the values.
    Stream,
}

/// The tensors of the model that a file holds.
pub(crate) struct PytorchTensors {
    pub container: Container,
    /// Keys of the dictionaries around the model, such as `state_dict`, which its names lack.
    pub wrapper: Vec<String>,
    /// Sorted by name.
    pub tensors: Vec<Tensor>,
}

/// How a file is kept together; `None` if `torch.save` did not write it.
pub(crate) fn container(file: &[u8]) -> Option<Container> {
    // The length that a safetensors file begins with can be any bytes; JSON follows it.
    let is_safetensors = file.get(8) == Some(&b'{');
    match file {
        _ if is_safetensors => None,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Container::Zip),
        _ if file.get(257..262) == Some(b"ustar") => Some(Container::Tar),
        [0x80, version, ..] if *version < 8 => Some(Container::Stream),
        _ => None,
    }
}

/// Reads the names and shapes of a file's tensors. Their values are read when they are asked for.
///
/// # Errors
/// Why the file is refused, phrased to follow its name.
pub(crate) fn read(file: &[u8], container: Container) -> Result<PytorchTensors, String> {
    let parts = match container {
        Container::Zip => {
            pickles::check_zip(file)?;
            zip_directory::without_wide_end(file)?
        }
        Container::Tar => {
            pickles::check_tar(file)?;
            [file, &[]]
        }
        Container::Stream => {
            pickles::check_stream(file)?;
            [file, &[]]
        }
    };
    let mut copy = tempfile::NamedTempFile::new().map_err(not_copied)?;
    for part in parts {
        copy.write_all(part).map_err(not_copied)?;
    }
    let reader = PytorchReader::new(copy.path()).map_err(|error| unreadable(&error))?;
    // The reader has the file open; its name is not needed any more.
    drop(copy);
    let mut tensors: Vec<Tensor> = reader.into_tensors().into_values().collect();
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    let wrapper = model_dict::take_model(&mut tensors);
    if tensors.is_empty() {
        return Err(
            "has no tensors: torch.save(model.state_dict(), …) writes those of a model".into(),
        );
    }
    tensors::check_sizes(&tensors, file.len())?;
    Ok(PytorchTensors {
        container,
        wrapper,
        tensors,
    })
}

/// Bytes of the values of one tensor, little-endian and in row-major order.
pub(crate) fn value_bytes(tensor: &Tensor) -> Result<Vec<u8>, String> {
    tensor.read().map_err(|error| unreadable(&error))
}

fn not_copied(error: std::io::Error) -> String {
    let folder = std::env::temp_dir();
    format!(
        "cannot be read: {error} while copying it to {} (TMPDIR names another folder)",
        folder.display()
    )
}

/// What the reader says of a file, which may repeat much of it.
fn unreadable(error: &dyn std::fmt::Display) -> String {
    let mut text = error.to_string();
    if text.contains("storage persistent id has 4 fields") {
        return "holds a whole module as PyTorch before 1.6 wrote it, with the source code of its \
                classes: save its state_dict() instead"
            .into();
    }
    if let Some((end, _)) = text.char_indices().nth(300) {
        text.truncate(end);
        text.push('…');
    }
    format!("cannot be read as a file of PyTorch: {text}")
}
