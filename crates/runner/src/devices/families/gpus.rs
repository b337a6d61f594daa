//! The GPUs that this process was given: the files of NVIDIA's driver, and what its library says.

use super::driver_facts::{DriverFacts, GpuFacts, GpuMode, MigInstance};
use super::machine::{Machine, field};
use super::nvidia_smi::memory_of;
use std::fs;
use std::path::{Path, PathBuf};

const UNKNOWN_MODEL: &str = "NVIDIA GPU";

/// A GPU.
#[derive(Clone, Debug, Default)]
pub(super) struct Gpu {
    pub(super) model: String,
    /// Empty if unknown.
    pub(super) uuid: String,
    pub(super) memory_bytes: Option<u64>,
    pub(super) compute_capability: Option<String>,
    pub(super) is_exclusive: bool,
    /// The parts that it is divided into; `None` where it is not.
    pub(super) instances: Option<Vec<MigInstance>>,
    pub(super) problem: Option<String>,
}

/// The GPUs, by PCI address.
pub(super) fn gpus(machine: &Machine, facts: &DriverFacts) -> Vec<Gpu> {
    let mut folders = machine.list("proc/driver/nvidia/gpus");
    folders.sort();
    let mut gpus = Vec::new();
    for folder in folders {
        gpus.extend(listed_gpu(machine, facts, &folder));
    }
    if gpus.is_empty() {
        // The driver's list may be hidden in a container.
        gpus = gpus_by_device_file(machine, facts);
    }
    if gpus.is_empty() {
        // Windows' subsystem for Linux has neither.
        gpus = facts.gpus.iter().map(known_gpu).collect();
    }
    gpus
}

/// The GPU of a folder of the driver. In a container, the driver lists all GPUs of the machine;
/// only those with a device file were given to the container.
fn listed_gpu(machine: &Machine, facts: &DriverFacts, folder: &Path) -> Option<Gpu> {
    let text = fs::read_to_string(folder.join("information")).unwrap_or_default();
    let minor: u32 = field(&text, "Device Minor")?.parse().ok()?;
    if !machine.path(&format!("dev/nvidia{minor}")).exists() {
        return None;
    }
    let pci_address = folder.file_name().unwrap_or_default().to_string_lossy();
    let known = facts.of(&pci_address, minor);
    let gpu = known.map(known_gpu).unwrap_or_else(|| Gpu {
        model: field(&text, "Model").unwrap_or_else(|| UNKNOWN_MODEL.to_string()),
        uuid: field(&text, "GPU UUID").unwrap_or_default(),
        memory_bytes: memory_of(&facts.program_answer, &pci_address),
        ..Gpu::default()
    });
    Some(with_file_problem(gpu, machine, minor))
}

fn gpus_by_device_file(machine: &Machine, facts: &DriverFacts) -> Vec<Gpu> {
    let mut minors: Vec<u32> = Vec::new();
    for path in machine.list("dev") {
        minors.extend(minor_number(&path));
    }
    minors.sort_unstable();
    let mut gpus = Vec::new();
    for minor in minors {
        let gpu = facts.of("", minor).map(known_gpu).unwrap_or_else(|| Gpu {
            model: UNKNOWN_MODEL.to_string(),
            ..Gpu::default()
        });
        gpus.push(with_file_problem(gpu, machine, minor));
    }
    gpus
}

/// The number in a name such as `nvidia0`.
fn minor_number(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("nvidia")?.parse().ok()
}

fn known_gpu(facts: &GpuFacts) -> Gpu {
    Gpu {
        model: facts.model.clone(),
        uuid: facts.uuid.clone(),
        memory_bytes: facts.memory_bytes,
        compute_capability: facts.compute_capability.clone(),
        is_exclusive: facts.mode == GpuMode::Exclusive,
        instances: facts.instances.clone(),
        problem: mode_problem(facts),
    }
}

/// Why the administrator's settings forbid to compute on a GPU now.
fn mode_problem(facts: &GpuFacts) -> Option<String> {
    let reset = format!("sudo nvidia-smi -i {} -c DEFAULT", facts.uuid);
    match (facts.mode, facts.processes.first()) {
        (GpuMode::Prohibited, _) => Some(format!(
            "its compute mode lets no process use it: `{reset}`"
        )),
        (GpuMode::Exclusive, Some(process)) => Some(format!(
            "it is in exclusive mode and process {process} uses it: wait for that, or `{reset}`"
        )),
        (GpuMode::Exclusive | GpuMode::Shared, _) => None,
    }
}

fn with_file_problem(gpu: Gpu, machine: &Machine, minor: u32) -> Gpu {
    Gpu {
        problem: device_file_problem(machine, minor).or(gpu.problem),
        ..gpu
    }
}

/// Whether the device file of a GPU and that of the driver can be opened.
fn device_file_problem(machine: &Machine, minor: u32) -> Option<String> {
    for file in [&format!("dev/nvidia{minor}"), "dev/nvidiactl"] {
        let path: PathBuf = machine.path(file);
        let mut options = fs::OpenOptions::new();
        if let Err(error) = options.read(true).write(true).open(&path) {
            let path = path.display();
            return Some(format!(
                "{path} cannot be opened: {error}; ask for access to it"
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::families::faked_machine::{found_with, names, problem};

    #[test]
    fn the_drivers_library_describes_gpus() {
        let found = found_with(
            GpuFacts {
                memory_bytes: Some(1 << 40),
                compute_capability: Some("9.0".into()),
                ..GpuFacts::default()
            },
            None,
        );
        assert_eq!(names(&found)[1..], ["cuda:0 H200", "cuda:1 Second"]);
        assert_eq!(found[1].memory_bytes, Some(1 << 40));
        let gpu = found[1].gpu.clone().unwrap();
        assert_eq!(gpu.driver.as_deref(), Some("570.1"));
        assert_eq!(gpu.compute_capability.as_deref(), Some("9.0"));
        assert_eq!(problem(&found, 1), "");
    }

    #[test]
    fn compute_modes_are_honoured() {
        let with = |mode: GpuMode, processes: &[u32]| {
            let processes = processes.to_vec();
            let facts = GpuFacts {
                mode,
                processes,
                ..GpuFacts::default()
            };
            found_with(facts, None)
        };
        let prohibited = problem(&with(GpuMode::Prohibited, &[]), 1);
        let expect = "its compute mode lets no process use it: \
                      `sudo nvidia-smi -i GPU-1abc -c DEFAULT`";
        assert_eq!(prohibited, expect);
        let busy = problem(&with(GpuMode::Exclusive, &[77]), 1);
        assert!(busy.contains("process 77 uses it"), "{busy}");
        assert_eq!(problem(&with(GpuMode::Shared, &[77]), 1), "");
        let free = with(GpuMode::Exclusive, &[]);
        assert_eq!(problem(&free, 1), "");
        assert!(free[1].gpu.as_ref().unwrap().is_exclusive);
    }
}
