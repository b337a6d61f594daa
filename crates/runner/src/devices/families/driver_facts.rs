//! What NVIDIA's driver says of its GPUs.

/// What the driver says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DriverFacts {
    /// Its version.
    pub(super) version: Option<String>,
    /// Its GPUs.
    pub(super) gpus: Vec<GpuFacts>,
    /// The answer of `nvidia-smi` where the library says nothing; empty without one.
    pub(super) program_answer: String,
}

/// What the driver says of a GPU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GpuFacts {
    pub(super) pci_address: String,
    pub(super) model: String,
    pub(super) uuid: String,
    /// The number of its device file.
    pub(super) minor: Option<u32>,
    pub(super) memory_bytes: Option<u64>,
    /// Such as 9.0.
    pub(super) compute_capability: Option<String>,
    pub(super) mode: GpuMode,
    /// Processes that compute on it.
    pub(super) processes: Vec<u32>,
    /// The parts that it is divided into; `None` where it is not.
    pub(super) instances: Option<Vec<MigInstance>>,
}

/// Who may compute on a GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum GpuMode {
    /// Any number of processes.
    #[default]
    Shared,
    /// One process at a time.
    Exclusive,
    /// None.
    Prohibited,
}

/// A part of a GPU, which is a device of its own to CUDA (Multi-Instance GPU).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MigInstance {
    pub(super) model: String,
    pub(super) uuid: String,
    pub(super) memory_bytes: Option<u64>,
}

impl DriverFacts {
    /// What is known of the GPU at a PCI address or with the number of its device file.
    pub(super) fn of(&self, pci_address: &str, minor: u32) -> Option<&GpuFacts> {
        let mut gpus = self.gpus.iter();
        if pci_address.is_empty() {
            return gpus.find(|gpu| gpu.minor == Some(minor));
        }
        gpus.find(|gpu| is_same_address(&gpu.pci_address, pci_address))
    }
}

/// Whether two texts are the same PCI address. The driver's library and program have eight digits
/// for the domain, its files have four.
pub(super) fn is_same_address(one: &str, other: &str) -> bool {
    let digits = |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        text.trim_start_matches('0').to_string()
    };
    digits(one) == digits(other)
}
