//! Finds NVIDIA GPUs through the files of their driver.

use super::machine::{Machine, field};
use super::nvidia_smi::memory_of;
use crate::devices::found::FoundDevice;
use crate::devices::worker_program::{worker_path, worker_problem};
use convsweep_spec::device::DeviceName;
use std::fs;
use std::path::{Path, PathBuf};

const UNKNOWN_MODEL: &str = "NVIDIA GPU";

/// Folders in which the library of the driver is usually installed.
const LIBRARY_FOLDERS: [&str; 7] = [
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib64",
    "usr/lib",
    "usr/local/cuda/compat",
    "usr/local/nvidia/lib64",
    "usr/lib/wsl/lib",
];

/// The visible GPUs, numbered in the order in which CUDA numbers them.
pub(super) fn find(machine: &Machine) -> Vec<FoundDevice> {
    let gpus = visible_gpus(gpus(machine), machine.cuda_visible_devices);
    if gpus.is_empty() {
        return Vec::new();
    }
    let answer = (machine.ask_nvidia_smi)();
    let mut found = Vec::new();
    for (number, gpu) in (0..).zip(gpus) {
        let name = DeviceName::cuda(number);
        let worker = worker_path(machine.worker_folder, name);
        let problem = gpu.problem.or_else(|| library_problem(machine));
        found.push(FoundDevice {
            name,
            description: gpu.model,
            memory_bytes: memory_of(&answer, &gpu.pci_address),
            process_memory_bytes: None,
            cores: 0,
            problem: problem.or_else(|| worker_problem(&worker)),
            worker,
        });
    }
    found
}

#[derive(Clone, Debug)]
struct Gpu {
    /// Empty if unknown.
    pci_address: String,
    model: String,
    uuid: String,
    problem: Option<String>,
}

/// The GPUs that this process was given, by PCI address.
fn gpus(machine: &Machine) -> Vec<Gpu> {
    let mut folders = machine.list("proc/driver/nvidia/gpus");
    folders.sort();
    let mut gpus = Vec::new();
    for folder in folders {
        gpus.extend(listed_gpu(machine, &folder));
    }
    if gpus.is_empty() {
        // The driver's list may be hidden in a container.
        gpus = gpus_by_device_file(machine);
    }
    gpus
}

/// The GPU of a folder of the driver. In a container, the driver lists all GPUs of the machine;
/// only those with a device file were given to the container.
fn listed_gpu(machine: &Machine, folder: &Path) -> Option<Gpu> {
    let text = fs::read_to_string(folder.join("information")).unwrap_or_default();
    let minor: u32 = field(&text, "Device Minor")?.parse().ok()?;
    if !machine.path(&format!("dev/nvidia{minor}")).exists() {
        return None;
    }
    let pci_address = folder.file_name().unwrap_or_default();
    Some(Gpu {
        pci_address: pci_address.to_string_lossy().into_owned(),
        model: field(&text, "Model").unwrap_or_else(|| UNKNOWN_MODEL.to_string()),
        uuid: field(&text, "GPU UUID").unwrap_or_default(),
        problem: device_file_problem(machine, minor),
    })
}

fn gpus_by_device_file(machine: &Machine) -> Vec<Gpu> {
    let mut minors: Vec<u32> = Vec::new();
    for path in machine.list("dev") {
        minors.extend(minor_number(&path));
    }
    minors.sort_unstable();
    let mut gpus = Vec::new();
    for minor in minors {
        gpus.push(Gpu {
            pci_address: String::new(),
            model: UNKNOWN_MODEL.to_string(),
            uuid: String::new(),
            problem: device_file_problem(machine, minor),
        });
    }
    gpus
}

/// The number in a name such as `nvidia0`.
fn minor_number(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("nvidia")?.parse().ok()
}

/// Whether the device file of a GPU and that of the driver can be opened.
fn device_file_problem(machine: &Machine, minor: u32) -> Option<String> {
    for file in [&format!("dev/nvidia{minor}"), "dev/nvidiactl"] {
        let path = machine.path(file);
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

/// What `CUDA_VISIBLE_DEVICES` selects: numbers or beginnings of UUIDs, up to the first that
/// matches nothing, as CUDA reads it.
fn visible_gpus(gpus: Vec<Gpu>, visible: Option<&str>) -> Vec<Gpu> {
    let Some(visible) = visible else { return gpus };
    let mut selected = Vec::new();
    for word in visible.split(',').map(str::trim) {
        let gpu = match word.parse::<usize>() {
            Ok(number) => gpus.get(number),
            Err(_) => gpu_by_uuid(&gpus, word),
        };
        let Some(gpu) = gpu else { break };
        selected.push(gpu.clone());
    }
    selected
}

fn gpu_by_uuid<'a>(gpus: &'a [Gpu], beginning: &str) -> Option<&'a Gpu> {
    let is_uuid = beginning.starts_with("GPU-");
    gpus.iter()
        .find(|gpu| is_uuid && gpu.uuid.starts_with(beginning))
}

/// Whether the library of the driver, which the CUDA worker loads, is where it is usually
/// installed.
fn library_problem(machine: &Machine) -> Option<String> {
    let mut folders: Vec<PathBuf> = LIBRARY_FOLDERS.map(|path| machine.path(path)).into();
    let added = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    folders.extend(
        added
            .split(':')
            .filter(|path| !path.is_empty())
            .map(PathBuf::from),
    );
    for folder in folders {
        if folder.join("libcuda.so.1").exists() {
            return None;
        }
    }
    let problem = "the driver's library libcuda.so.1 was not found: install the NVIDIA driver, \
                   or add its folder to LD_LIBRARY_PATH";
    Some(problem.to_string())
}
