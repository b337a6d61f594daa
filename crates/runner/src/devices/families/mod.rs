//! Finds the devices of this machine. A new device family has its lines here and a file next to
//! this one.

mod cpu;
mod cuda;
mod driver_facts;
#[cfg(test)]
mod faked_machine;
mod gpus;
mod machine;
mod no_gpu;
mod nvidia_smi;
mod nvml;
mod visible_gpus;

use super::allocated::{limit_to_share, own_share, refuse_foreign_gpus};
use super::cores::usable_cores;
use convsweep_spec::device::DeviceFamily;
use convsweep_spec::node::FoundDevice;
use machine::Machine;
use nvidia_smi::ask_nvidia_smi;
use nvml::ask_nvml;
use rustix::process::{Resource, getrlimit};
use std::path::Path;

/// The devices of this machine, in the order of [`DeviceFamily::ALL`].
///
/// The CPU is always listed; LibTorch only if its worker is installed. CUDA devices are numbered
/// by their PCI addresses, after `CUDA_VISIBLE_DEVICES` is applied. In an allocation of Slurm they
/// are those, and as much of the CPU, that belong to it. One that a second worker serves
/// too is listed again under that worker's name.
pub fn find_devices(worker_folder: &Path) -> Vec<FoundDevice> {
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    let mut found = find_on(&Machine {
        root: Path::new("/"),
        worker_folder,
        cores: usable_cores().len() as u32,
        process_memory_bytes: process_memory(),
        cuda_visible_devices: visible.as_deref(),
        ask_nvml: &ask_nvml,
        ask_nvidia_smi: &|| ask_nvidia_smi().unwrap_or_default(),
    });
    if let Some(share) = own_share() {
        limit_to_share(&mut found, &share);
        if visible.is_none() {
            refuse_foreign_gpus(&mut found);
        }
    }
    found
}

/// Memory in bytes that a process of this user may take, if that is limited: the lower of the
/// limits on its addresses and on its data.
fn process_memory() -> Option<u64> {
    let limits = [Resource::As, Resource::Data].map(|limit| getrlimit(limit).current);
    limits.into_iter().flatten().min()
}

fn find_on(machine: &Machine) -> Vec<FoundDevice> {
    let mut found = Vec::new();
    for family in DeviceFamily::ALL {
        found.extend(match family {
            DeviceFamily::Cpu => cpu::find(machine),
            DeviceFamily::LibTorch => cpu::find_libtorch(machine),
            DeviceFamily::Cuda => cuda::find(machine),
        });
    }
    found
}

/// Why no device of a family can be used if none was found.
pub(super) fn none_found(family: DeviceFamily) -> String {
    match family {
        DeviceFamily::Cuda => "no NVIDIA GPU was found (nothing in /dev/nvidia*)".to_string(),
        DeviceFamily::Cpu | DeviceFamily::LibTorch => "it was not found".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::faked_machine::{machine, names, problem, put_machine};
    use super::*;
    use convsweep_spec::device::DeviceName;
    use std::fs;

    #[test]
    fn only_gpus_given_to_the_container_are_found() {
        let dir = tempfile::tempdir().unwrap();
        put_machine(dir.path());
        let found = find_on(&machine(dir.path(), &dir.path().join("bin")));
        assert_eq!(
            names(&found),
            ["cpu Some CPU", "cuda:0 First", "cuda:1 Second"]
        );
        assert_eq!((found[0].memory_bytes, found[0].cores), (Some(1 << 20), 4));
        assert_eq!(found[0].problem, None);
        let missing = problem(&found, 1);
        assert!(
            missing.contains("convsweep-worker-cuda is not in"),
            "{missing}"
        );
        assert!(missing.contains("`just worker cuda`"), "{missing}");
    }

    #[test]
    fn a_worker_must_exist_and_be_executable() {
        let dir = tempfile::tempdir().unwrap();
        let machine = machine(dir.path(), dir.path());
        let text = problem(&find_on(&machine), 0);
        assert!(text.contains("convsweep-worker is not in"), "{text}");
        fs::write(dir.path().join("convsweep-worker"), "").unwrap();
        let text = problem(&find_on(&machine), 0);
        assert!(text.contains("is not an executable file"), "{text}");
    }

    #[test]
    fn this_machine_has_a_cpu() {
        assert!(!usable_cores().is_empty());
        assert_eq!(find_devices(Path::new("/nowhere"))[0].name, DeviceName::CPU);
    }
}
