//! Finds the CPU, with the project's own kernels and with LibTorch.

use super::machine::{Machine, field};
use crate::devices::worker_program::{worker_path, worker_problem};
use convsweep_files::memory_limit;
use convsweep_spec::device::{DeviceName, WorkerKind};
use convsweep_spec::node::FoundDevice;

/// The CPU with the project's own kernels.
pub(super) fn find(machine: &Machine) -> Vec<FoundDevice> {
    vec![processor(machine, DeviceName::CPU, WorkerKind::Flex, "")]
}

/// The CPU with LibTorch, if its worker is installed.
pub(super) fn find_libtorch(machine: &Machine) -> Vec<FoundDevice> {
    if !worker_path(machine.worker_folder, WorkerKind::LibTorch).exists() {
        return Vec::new();
    }
    vec![processor(
        machine,
        DeviceName::LIBTORCH,
        WorkerKind::LibTorch,
        " by LibTorch",
    )]
}

fn processor(machine: &Machine, name: DeviceName, kind: WorkerKind, suffix: &str) -> FoundDevice {
    let worker = worker_path(machine.worker_folder, kind);
    FoundDevice {
        name,
        description: processor_model(machine) + suffix,
        memory_bytes: memory(machine),
        process_memory_bytes: machine.process_memory_bytes,
        cores: machine.cores,
        problem: worker_problem(&worker),
        worker,
        gpu: None,
    }
}

fn processor_model(machine: &Machine) -> String {
    let model = field(&machine.read("proc/cpuinfo"), "model name");
    model.unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

/// Memory of the machine, or the limit of the control group if that is less.
fn memory(machine: &Machine) -> Option<u64> {
    let total = field(&machine.read("proc/meminfo"), "MemTotal")?;
    let kibibytes: u64 = total.strip_suffix("kB")?.trim().parse().ok()?;
    let memory = kibibytes * 1024;
    let limit = memory_limit(machine.root);
    Some(limit.map_or(memory, |limit| memory.min(limit)))
}
