//! A machine with GPUs, for tests.

use super::driver_facts::{DriverFacts, GpuFacts};
use super::find_on;
use super::machine::Machine;
use convsweep_spec::node::FoundDevice;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(super) fn machine<'a>(root: &'a Path, worker_folder: &'a Path) -> Machine<'a> {
    Machine {
        root,
        worker_folder,
        cores: 4,
        process_memory_bytes: None,
        cuda_visible_devices: None,
        ask_nvml: &|| None,
        ask_nvidia_smi: &String::new,
    }
}

pub(super) fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn put_gpu(root: &Path, pci: &str, model: &str, minor: u32) {
    let text =
        format!("Model: \t\t {model}\nGPU UUID: \t GPU-{minor}abc\nDevice Minor: \t {minor}\n");
    let path = format!("proc/driver/nvidia/gpus/{pci}/information");
    put(root, &path, &text);
}

/// A machine with a CPU and three GPUs, two of which are given to the container.
pub(super) fn put_machine(root: &Path) {
    put(
        root,
        "proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU\n",
    );
    put(root, "proc/meminfo", "MemTotal:       2048 kB\n");
    put(root, "proc/self/cgroup", "0::/\n");
    put(root, "sys/fs/cgroup/memory.max", "1048576\n");
    put_gpu(root, "0000:c1:00.0", "Second", 0);
    put_gpu(root, "0000:41:00.0", "First", 1);
    put_gpu(root, "0000:81:00.0", "Not given", 2);
    for file in [
        "dev/nvidia0",
        "dev/nvidia1",
        "dev/nvidiactl",
        "usr/lib64/libcuda.so.1",
    ] {
        put(root, file, "");
    }
    put(root, "bin/convsweep-worker", "");
}

/// The devices of a machine whose driver says this.
pub(super) fn found_with(facts: GpuFacts, visible: Option<&str>) -> Vec<FoundDevice> {
    let dir = tempfile::tempdir().unwrap();
    put_machine(dir.path());
    put(dir.path(), "bin/convsweep-worker-cuda", "");
    let facts = facts_of_first(facts);
    let workers = dir.path().join("bin");
    let mut machine = machine(dir.path(), &workers);
    let ask = || Some(facts.clone());
    machine.ask_nvml = &ask;
    machine.cuda_visible_devices = visible;
    find_on(&machine)
}

/// What the driver says of the second GPU of [`put_machine`].
fn facts_of_first(facts: GpuFacts) -> DriverFacts {
    DriverFacts {
        version: Some("570.1".into()),
        gpus: vec![GpuFacts {
            pci_address: "00000000:41:00.0".into(),
            model: "H200".into(),
            uuid: "GPU-1abc".into(),
            ..facts
        }],
        ..DriverFacts::default()
    }
}

pub(super) fn names(found: &[FoundDevice]) -> Vec<String> {
    let name = |device: &FoundDevice| format!("{} {}", device.name, device.description);
    found.iter().map(name).collect()
}

pub(super) fn problem(found: &[FoundDevice], index: usize) -> String {
    found[index].problem.clone().unwrap_or_default()
}
