//! Finds NVIDIA GPUs, and the workers that serve them.

use super::driver_facts::DriverFacts;
use super::gpus::{Gpu, gpus};
use super::machine::Machine;
use super::no_gpu::no_gpu;
use super::visible_gpus::visible_gpus;
use crate::devices::worker_program::{has_torch_cuda, worker_path, worker_problem};
use convsweep_spec::device::{DeviceFamily, DeviceName, WorkerKind};
use convsweep_spec::node::{FoundDevice, GpuDetails};
use std::path::PathBuf;

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

/// The visible GPUs, numbered in the order in which CUDA numbers them: each with the worker that
/// is taken, then with the others that are installed. Without a visible one, a row that says why,
/// if anything hints at a GPU.
pub(super) fn find(machine: &Machine) -> Vec<FoundDevice> {
    let facts = driver_facts(machine);
    let all = gpus(machine, &facts);
    let count = all.len();
    let visible = visible_gpus(all, machine.cuda_visible_devices);
    if visible.is_empty() {
        return no_gpu(machine, &facts, count).into_iter().collect();
    }
    let workers = workers(machine);
    let mut found = Vec::new();
    for (number, gpu) in (0..).zip(visible) {
        let name = DeviceName::cuda(number);
        found.push(served(machine, &facts, &gpu, (name, workers[0])));
        for &other in &workers[1..] {
            found.push(served(machine, &facts, &gpu, (name.by(other), other)));
        }
    }
    found
}

/// What the driver says: by its library, else by its files and its program, which say less.
fn driver_facts(machine: &Machine) -> DriverFacts {
    let mut facts = (machine.ask_nvml)().unwrap_or_default();
    facts.version = facts.version.or_else(|| version_by_file(machine));
    if facts.gpus.is_empty() && machine.path("dev/nvidiactl").exists() {
        facts.program_answer = (machine.ask_nvidia_smi)();
    }
    facts
}

/// The version is the first word of the driver's file that is made of numbers.
fn version_by_file(machine: &Machine) -> Option<String> {
    let text = machine.read("proc/driver/nvidia/version");
    let is_version = |word: &&str| {
        word.contains('.')
            && word
                .chars()
                .all(|char| char.is_ascii_digit() || char == '.')
    };
    let version = text.split_whitespace().find(is_version)?;
    Some(version.to_string())
}

/// The installed workers that serve GPUs, the one that is taken first; if there is none, the one to
/// install.
fn workers(machine: &Machine) -> Vec<WorkerKind> {
    let mut installed = Vec::new();
    for &worker in DeviceFamily::Cuda.workers() {
        let path = worker_path(machine.worker_folder, worker);
        let serves = match worker {
            WorkerKind::LibTorch => has_torch_cuda(&path),
            WorkerKind::Flex | WorkerKind::CubeCl => path.exists(),
        };
        if serves {
            installed.push(worker);
        }
    }
    if installed.is_empty() {
        installed.push(WorkerKind::CubeCl);
    }
    installed
}

fn served(
    machine: &Machine,
    facts: &DriverFacts,
    gpu: &Gpu,
    (name, kind): (DeviceName, WorkerKind),
) -> FoundDevice {
    let worker = worker_path(machine.worker_folder, kind);
    let problem = gpu.problem.clone().or_else(|| library_problem(machine));
    FoundDevice {
        name,
        description: gpu.model.clone(),
        memory_bytes: gpu.memory_bytes,
        process_memory_bytes: None,
        cores: 0,
        problem: problem.or_else(|| worker_problem(&worker)),
        worker,
        gpu: Some(GpuDetails {
            driver: facts.version.clone(),
            compute_capability: gpu.compute_capability.clone(),
            is_exclusive: gpu.is_exclusive,
        }),
    }
}

/// Whether the library of the driver, which the workers load, is where it is usually installed.
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

#[cfg(test)]
mod tests {
    use crate::devices::families::faked_machine::{machine, problem, put, put_machine};
    use crate::devices::families::find_on;
    use convsweep_spec::node::FoundDevice;
    use std::fs;

    #[test]
    fn the_worker_by_libtorch_is_taken_where_it_has_cuda() {
        let dir = tempfile::tempdir().unwrap();
        put_machine(dir.path());
        put(dir.path(), "bin/convsweep-worker-cuda", "");
        put(
            dir.path(),
            "bin/convsweep-worker-libtorch",
            "\0libtorch_cuda.so\0",
        );
        let workers = dir.path().join("bin");
        let found = find_on(&machine(dir.path(), &workers));
        let served = |device: &FoundDevice| {
            let program = device.worker.file_name().unwrap();
            format!("{} {}", device.name, program.to_string_lossy())
        };
        let served: Vec<String> = found[2..].iter().map(served).collect();
        let expect = [
            "cuda:0 convsweep-worker-libtorch",
            "cuda:0@cubecl convsweep-worker-cuda",
            "cuda:1 convsweep-worker-libtorch",
            "cuda:1@cubecl convsweep-worker-cuda",
        ];
        assert_eq!(served, expect);
    }

    #[test]
    fn missing_parts_of_the_driver_are_reported() {
        let dir = tempfile::tempdir().unwrap();
        put_machine(dir.path());
        put(dir.path(), "bin/convsweep-worker-cuda", "");
        let workers = dir.path().join("bin");
        let machine = machine(dir.path(), &workers);
        assert_eq!(problem(&find_on(&machine), 1), "");
        fs::remove_file(dir.path().join("usr/lib64/libcuda.so.1")).unwrap();
        let text = problem(&find_on(&machine), 1);
        assert!(text.contains("libcuda.so.1"), "{text}");
        fs::remove_file(dir.path().join("dev/nvidiactl")).unwrap();
        let text = problem(&find_on(&machine), 1);
        assert!(text.contains("nvidiactl cannot be opened"), "{text}");
    }
}
