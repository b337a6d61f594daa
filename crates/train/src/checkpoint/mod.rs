//! The file of a training state: tensors as safetensors, the position as JSON in its metadata.
//!
//! Parameters and running statistics have their own names, the optimiser's moments are called
//! `adam.moment1.conv1.weight` and the like. Tensors, position and the hash of them all
//! ([`convsweep_spec::seal`]) are in one file, so that they cannot belong to different steps.

mod read;
mod write;

pub(crate) use read::{Saved, header_if_at, load};
pub(crate) use write::{NamedValues, RawTensor, Written, encode, encode_raw, save};

use convsweep_spec::layout::{PREVIOUS_STATE_FILE, STATE_FILE};
use std::path::{Path, PathBuf};

/// The file of a state in its folder.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join(STATE_FILE)
}

/// The file of the checkpoint before the newest one, in the folder of checkpoints.
pub(crate) fn previous(folder: &Path) -> PathBuf {
    folder.join(PREVIOUS_STATE_FILE)
}
