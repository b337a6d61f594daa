//! What a machine says of itself to the program that trains on it.

use crate::device::{DeviceName, WorkerKind};
use crate::precision::{Precision, Precisions};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A device and whether it can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundDevice {
    /// Its name.
    pub name: DeviceName,
    /// The model, in the manufacturer's words.
    pub description: String,
    /// Memory that its jobs can use, if known.
    pub memory_bytes: Option<u64>,
    /// Memory in bytes that a single one of its jobs may take (`ulimit`), if that is limited.
    pub process_memory_bytes: Option<u64>,
    /// Number of cores that this process may use; 0 for a GPU.
    pub cores: u32,
    /// The program that trains on it, whether it exists or not.
    pub worker: PathBuf,
    /// Why the device cannot be used, and what to do; `None` if it can.
    pub problem: Option<String>,
    /// What else is known of a GPU.
    pub gpu: Option<GpuDetails>,
}

impl FoundDevice {
    /// The precisions that it can compute in.
    pub fn precisions(&self) -> Precisions {
        Precisions::of(self.name, self.worker_kind(), self.compute_capability())
    }

    /// Why it cannot compute in this precision; `None` if it can.
    pub fn precision_problem(&self, precision: Precision) -> Option<String> {
        precision.problem(self.name, self.worker_kind(), self.compute_capability())
    }

    /// The program that trains on it.
    pub fn worker_kind(&self) -> WorkerKind {
        let name = self.worker.file_name().unwrap_or_default();
        let kind = WorkerKind::of_program(&name.to_string_lossy());
        kind.unwrap_or(self.name.family.workers()[0])
    }

    fn compute_capability(&self) -> Option<&str> {
        self.gpu.as_ref()?.compute_capability.as_deref()
    }
}

/// What the driver says of a GPU.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuDetails {
    /// Version of the driver.
    pub driver: Option<String>,
    /// What its hardware can do, as NVIDIA numbers it, such as 9.0.
    pub compute_capability: Option<String>,
    /// Whether only one process at a time may compute on it.
    pub is_exclusive: bool,
}

/// What another node of an allocation says before anything is trained on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// Version of the program there.
    pub version: String,
    /// Its clock, in seconds since 1970-01-01 UTC.
    pub time: u64,
    /// The text of the results folder's lock, as it is seen there; `None` if there is none.
    pub lock: Option<String>,
    /// Whether the folder of image sets is there.
    pub has_data: bool,
    /// Its devices.
    pub devices: Vec<FoundDevice>,
}
