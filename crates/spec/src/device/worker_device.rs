//! What workers say of their devices.

use super::DeviceName;
use serde::{Deserialize, Serialize};

/// A device as a worker program describes it: a row of `convsweep-worker --devices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerDevice {
    /// Its name.
    pub name: DeviceName,
    /// The kind of device: `cpu`, or the GPU's model.
    pub kind: String,
    /// The backend that computes on it.
    pub backend: String,
    /// The worker's version.
    pub version: String,
    /// The revision that the worker was built from.
    pub revision: String,
    /// The processor's vector instructions that are used.
    pub instructions: String,
}
