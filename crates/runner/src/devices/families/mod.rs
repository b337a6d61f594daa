//! Finds the devices of this machine. A new device family has its lines here and a file next to
//! this one.

mod cpu;
mod cuda;
mod driver_facts;
mod gpus;
mod machine;
mod no_gpu;
mod nvidia_smi;
mod nvml;
mod visible_gpus;

use super::cores::usable_cores;
use super::found::FoundDevice;
use convsweep_spec::device::DeviceFamily;
use machine::Machine;
use nvidia_smi::ask_nvidia_smi;
use nvml::ask_nvml;
use rustix::process::{Resource, getrlimit};
use std::path::Path;

/// The devices of this machine, in the order of [`DeviceFamily::ALL`].
///
/// The CPU is always listed; LibTorch only if its worker is installed. CUDA devices are numbered
/// by their PCI addresses, after `CUDA_VISIBLE_DEVICES` is applied. One that a second worker serves
/// too is listed again under that worker's name.
pub fn find_devices(worker_folder: &Path) -> Vec<FoundDevice> {
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    find_on(&Machine {
        root: Path::new("/"),
        worker_folder,
        cores: usable_cores().len() as u32,
        process_memory_bytes: process_memory(),
        cuda_visible_devices: visible.as_deref(),
        ask_nvml: &ask_nvml,
        ask_nvidia_smi: &|| ask_nvidia_smi().unwrap_or_default(),
    })
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
    use super::driver_facts::{DriverFacts, GpuFacts, GpuMode, MigInstance};
    use super::*;
    use convsweep_spec::device::DeviceName;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn machine<'a>(root: &'a Path, worker_folder: &'a Path) -> Machine<'a> {
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

    fn put(root: &Path, path: &str, text: &str) {
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
    fn put_machine(root: &Path) {
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

    fn names(found: &[FoundDevice]) -> Vec<String> {
        let name = |device: &FoundDevice| format!("{} {}", device.name, device.description);
        found.iter().map(name).collect()
    }

    fn problem(found: &[FoundDevice], index: usize) -> String {
        found[index].problem.clone().unwrap_or_default()
    }

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
    fn cuda_visible_devices_selects_and_orders_gpus() {
        let dir = tempfile::tempdir().unwrap();
        put_machine(dir.path());
        put(dir.path(), "bin/convsweep-worker-cuda", "");
        put(dir.path(), "bin/convsweep-worker-libtorch", "");
        let workers = dir.path().join("bin");
        let answer = || "00000000:C1:00.0, 81559\n00000000:41:00.0, 16384\n".to_string();
        let mut machine = machine(dir.path(), &workers);
        machine.cuda_visible_devices = Some("1, GPU-1, 9, 0");
        machine.ask_nvidia_smi = &answer;
        let found = find_on(&machine);
        let expect = [
            "libtorch Some CPU by LibTorch",
            "cuda:0 Second",
            "cuda:1 First",
        ];
        assert_eq!(names(&found)[1..], expect);
        assert_eq!(found[2].memory_bytes, Some(81_559 << 20));
        assert_eq!(found[3].memory_bytes, Some(16_384 << 20));
        assert!(
            found.iter().all(|device| device.problem.is_none()),
            "{found:?}"
        );

        machine.cuda_visible_devices = Some("");
        let found = find_on(&machine);
        assert_eq!(names(&found)[1..], [expect[0], "cuda NVIDIA GPUs"]);
        let hidden = "CUDA_VISIBLE_DEVICES=\"\" hides all 2 GPUs: unset it, or set it to 0";
        assert_eq!(problem(&found, 2), hidden);
    }

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

    /// The devices of a machine whose driver says this.
    fn found_with(facts: GpuFacts, visible: Option<&str>) -> Vec<FoundDevice> {
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

    #[test]
    fn a_process_sees_one_part_of_a_divided_gpu() {
        let part = |uuid: &str, gib: u64| MigInstance {
            model: format!("H200 MIG {gib}g"),
            uuid: uuid.into(),
            memory_bytes: Some(gib << 30),
        };
        let divided = |parts: &[MigInstance]| GpuFacts {
            instances: Some(parts.to_vec()),
            ..GpuFacts::default()
        };
        let two = divided(&[part("MIG-a", 1), part("MIG-b", 2)]);
        let check = |visible: Option<&str>, expect: &[&str]| {
            let found = found_with(two.clone(), visible);
            assert_eq!(names(&found)[1..], *expect, "{visible:?}");
        };
        check(None, &["cuda:0 H200 MIG 1g"]);
        check(Some("MIG-b"), &["cuda:0 H200 MIG 2g"]);
        check(Some("0,MIG-b,1"), &["cuda:0 H200 MIG 1g"]);
        check(Some("1"), &["cuda:0 Second"]);
        check(Some("MIG-c"), &["cuda NVIDIA GPUs"]);

        let none = found_with(divided(&[]), Some("GPU-1"));
        assert!(problem(&none, 1).contains("has no parts"), "{none:?}");
        assert_eq!(
            names(&found_with(divided(&[]), None))[1..],
            ["cuda:0 Second"]
        );
    }

    #[test]
    fn a_part_is_taken_on_trust_where_the_driver_names_none() {
        let dir = tempfile::tempdir().unwrap();
        put_machine(dir.path());
        let workers = dir.path().join("bin");
        let mut machine = machine(dir.path(), &workers);
        machine.cuda_visible_devices = Some("MIG-x,MIG-y");
        let found = find_on(&machine);
        assert_eq!(names(&found)[1..], ["cuda:0 part of First"]);
    }

    #[test]
    fn a_driver_without_a_gpu_and_a_card_without_a_driver_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let check = |expect: &str| {
            let found = find_on(&machine(dir.path(), dir.path()));
            let text = found.get(1).map_or(String::new(), |_| problem(&found, 1));
            assert!(
                text.starts_with(expect) && text.is_empty() == expect.is_empty(),
                "{text}"
            );
        };
        check("");
        let card = "sys/bus/pci/devices/0000:41:00.0";
        put(dir.path(), &format!("{card}/vendor"), "0x10de\n");
        put(dir.path(), &format!("{card}/class"), "0x040300\n");
        check("");
        put(dir.path(), &format!("{card}/class"), "0x030200\n");
        check("there is an NVIDIA card at PCI address 0000:41:00.0, but its driver is not loaded");
        let version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22\n";
        put(dir.path(), "proc/driver/nvidia/version", version);
        check("the NVIDIA driver (550.54.14) is loaded, but shows no GPU");
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
