//! What this machine has to train on, found without linking CUDA, and why something cannot be used.

use convsweep_spec::device::DeviceName;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A device and whether it can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FoundDevice {
    /// Its name.
    pub name: DeviceName,
    /// Model, in its maker's words.
    pub description: String,
    /// Memory that jobs on it can use, where it is known.
    pub memory_bytes: Option<u64>,
    /// Cores that this process may use; 0 for a GPU.
    pub cores: u32,
    /// The program that trains on it, whether it is there or not.
    pub worker: PathBuf,
    /// Why it cannot be used, and what to do; `None` where it can.
    pub problem: Option<String>,
}

/// The devices of this machine: the CPU, the CPU by LibTorch where its worker is installed, CUDA
/// devices.
///
/// CUDA devices are numbered in the order of their PCI addresses, after `CUDA_VISIBLE_DEVICES`.
pub fn devices(worker_dir: &Path) -> Vec<FoundDevice> {
    let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
    let cores = cores().len() as u32;
    find(
        Path::new("/"),
        worker_dir,
        cores,
        visible.as_deref(),
        &|| ask_driver().unwrap_or_default(),
    )
}

/// What the driver's own program says of memory, where there is one and it answers: lines of PCI
/// address and MiB.
fn ask_driver() -> Option<String> {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let mut command = Command::new("nvidia-smi");
    command.args([
        "--query-gpu=pci.bus_id,memory.total",
        "--format=csv,noheader,nounits",
    ]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let since = Instant::now();
    // A driver in trouble can hang it for minutes; its answer is a line a GPU, which fits into the
    // pipe.
    while child.try_wait().ok()?.is_none() {
        if since.elapsed() > Duration::from_secs(5) {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take()?, &mut text).ok()?;
    Some(text)
}

/// Bytes of the GPU at a PCI address, of the driver's answer; it writes the domain with eight
/// digits, its files with four.
fn gpu_memory(answer: &str, bus: &str) -> Option<u64> {
    let line = answer.lines().find_map(|line| {
        let (address, memory) = line.split_once(',')?;
        let (address, bus) = (
            address.trim().to_ascii_lowercase(),
            bus.to_ascii_lowercase(),
        );
        (!bus.is_empty()
            && address
                .trim_start_matches('0')
                .ends_with(bus.trim_start_matches('0')))
        .then_some(memory)
    });
    line?.trim().parse::<u64>().ok().map(|mib| mib << 20)
}

/// Folder of the worker programs: that of the running program.
pub fn worker_dir() -> PathBuf {
    let program = std::env::current_exe().ok();
    program
        .and_then(|p| p.parent().map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// Cores that this process may use: of the affinity mask, as many as the control group's quota
/// allows.
pub fn cores() -> Vec<usize> {
    let many = std::thread::available_parallelism().map_or(1, usize::from);
    let mut cores = mask().unwrap_or_else(|| (0..many).collect());
    cores.truncate(many);
    cores
}

#[cfg(target_os = "linux")]
fn mask() -> Option<Vec<usize>> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let set = sched_getaffinity(None).ok()?;
    Some(
        (0..CpuSet::MAX_CPU)
            .filter(|&core| set.is_set(core))
            .collect(),
    )
}

#[cfg(not(target_os = "linux"))]
fn mask() -> Option<Vec<usize>> {
    None
}

/// Path of the worker program for a device.
pub(crate) fn worker_path(worker_dir: &Path, device: DeviceName) -> PathBuf {
    worker_dir.join(device.family.worker())
}

/// [`devices`] of the machine whose file system begins at `root`.
fn find(
    root: &Path,
    worker_dir: &Path,
    cores: u32,
    visible: Option<&str>,
    driver: &dyn Fn() -> String,
) -> Vec<FoundDevice> {
    let processor = |name: DeviceName, how: &str| {
        let worker = worker_path(worker_dir, name);
        FoundDevice {
            name,
            description: processor_name(root) + how,
            memory_bytes: memory(root),
            cores,
            problem: worker_problem(&worker),
            worker,
        }
    };
    let mut found = vec![processor(DeviceName::CPU, "")];
    if worker_path(worker_dir, DeviceName::LIBTORCH).exists() {
        found.push(processor(DeviceName::LIBTORCH, " by LibTorch"));
    }
    let gpus = visible_gpus(gpus(root), visible);
    let answer = if gpus.is_empty() {
        String::new()
    } else {
        driver()
    };
    found.extend(gpus.into_iter().enumerate().map(|(number, gpu)| {
        let name = DeviceName::cuda(number as u32);
        let worker = worker_path(worker_dir, name);
        let problem = gpu
            .problem
            .or_else(|| driver_problem(root))
            .or_else(|| worker_problem(&worker));
        let memory_bytes = gpu_memory(&answer, &gpu.bus);
        FoundDevice {
            name,
            description: gpu.model,
            memory_bytes,
            cores: 0,
            worker,
            problem,
        }
    }));
    found
}

/// Why a worker program cannot be started, as far as its file shows.
fn worker_problem(worker: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let name = worker
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let folder = worker.parent().unwrap_or(worker).display();
    let feature = name
        .strip_prefix("convsweep-worker-")
        .map(|f| format!(" --features {f}"))
        .unwrap_or_default();
    match fs::metadata(worker) {
        Err(_) => Some(format!(
            "its worker {name} is not in {folder}: build it (cargo build --release -p convsweep-worker{feature}) and put it there"
        )),
        Ok(file) if !file.is_file() || file.permissions().mode() & 0o111 == 0 => Some(format!(
            "{} is no executable file: build it anew",
            worker.display()
        )),
        Ok(_) => None,
    }
}

fn processor_name(root: &Path) -> String {
    let text = fs::read_to_string(root.join("proc/cpuinfo")).unwrap_or_default();
    let model = text.lines().find_map(|line| field(line, "model name"));
    model.unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

/// Memory of the machine, or of the control group where that is less.
fn memory(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let total = text.lines().find_map(|line| field(line, "MemTotal"))?;
    let total = total.strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    let limits = [
        "sys/fs/cgroup/memory.max",
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
    ];
    let limit = |path: &&str| {
        fs::read_to_string(root.join(path))
            .ok()?
            .trim()
            .parse::<u64>()
            .ok()
    };
    limits.iter().filter_map(limit).chain([total]).min()
}

/// The value of a line `name : value`.
fn field(line: &str, name: &str) -> Option<String> {
    let (key, value) = line.split_once(':')?;
    (key.trim() == name).then(|| value.trim().to_string())
}

#[derive(Clone, Debug)]
struct Gpu {
    /// PCI address, where it is known.
    bus: String,
    model: String,
    uuid: String,
    problem: Option<String>,
}

/// GPUs by PCI address from the driver's files; where these are hidden, from the device files.
fn gpus(root: &Path) -> Vec<Gpu> {
    let mut folders: Vec<PathBuf> = list(&root.join("proc/driver/nvidia/gpus"));
    folders.sort();
    let mut gpus = Vec::new();
    for folder in folders {
        let text = fs::read_to_string(folder.join("information")).unwrap_or_default();
        let get = |name: &str| text.lines().find_map(|line| field(line, name));
        let Some(minor) = get("Device Minor").and_then(|n| n.parse::<u32>().ok()) else {
            continue;
        };
        // In a container the driver lists all GPUs of the machine; the device files are those that
        // one was given.
        if root.join(format!("dev/nvidia{minor}")).exists() {
            let model = get("Model").unwrap_or_else(|| "NVIDIA GPU".to_string());
            let bus = folder
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            gpus.push(Gpu {
                bus,
                model,
                uuid: get("GPU UUID").unwrap_or_default(),
                problem: device_file(root, minor),
            });
        }
    }
    if gpus.is_empty() {
        let number = |path: &PathBuf| {
            path.file_name()?
                .to_str()?
                .strip_prefix("nvidia")?
                .parse::<u32>()
                .ok()
        };
        let mut minors: Vec<u32> = list(&root.join("dev")).iter().filter_map(number).collect();
        minors.sort_unstable();
        let gpu = |minor| Gpu {
            bus: String::new(),
            model: "NVIDIA GPU".to_string(),
            uuid: String::new(),
            problem: device_file(root, minor),
        };
        gpus = minors.into_iter().map(gpu).collect();
    }
    gpus
}

fn list(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|e| e.path()).collect())
        .unwrap_or_default()
}

/// Whether a GPU's device file and the driver's own can be opened.
fn device_file(root: &Path, minor: u32) -> Option<String> {
    [format!("dev/nvidia{minor}"), "dev/nvidiactl".to_string()]
        .iter()
        .find_map(|name| {
            let path = root.join(name);
            let opened = fs::OpenOptions::new().read(true).write(true).open(&path);
            opened.err().map(|e| {
                format!(
                    "{} cannot be opened: {e}; ask for access to it",
                    path.display()
                )
            })
        })
}

/// What `CUDA_VISIBLE_DEVICES` leaves: numbers or the beginnings of UUIDs, up to the first that
/// fits nothing, as CUDA does.
fn visible_gpus(gpus: Vec<Gpu>, visible: Option<&str>) -> Vec<Gpu> {
    let Some(visible) = visible else { return gpus };
    let pick = |word: &str| match word.parse::<usize>() {
        Ok(number) => gpus.get(number),
        Err(_) => gpus
            .iter()
            .find(|gpu| word.starts_with("GPU-") && gpu.uuid.starts_with(word)),
    };
    visible
        .split(',')
        .map(|word| pick(word.trim()))
        .map_while(|gpu| gpu.cloned())
        .collect()
}

/// Whether the driver's library, which the CUDA worker loads, is where it is usually put.
fn driver_problem(root: &Path) -> Option<String> {
    const FOLDERS: [&str; 7] = [
        "usr/lib/x86_64-linux-gnu",
        "usr/lib/aarch64-linux-gnu",
        "usr/lib64",
        "usr/lib",
        "usr/local/cuda/compat",
        "usr/local/nvidia/lib64",
        "usr/lib/wsl/lib",
    ];
    let own = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    let own = own
        .split(':')
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from);
    let mut folders = FOLDERS.iter().map(|folder| root.join(folder)).chain(own);
    let there = folders.any(|folder| folder.join("libcuda.so.1").exists());
    (!there).then(|| {
        "the driver's library libcuda.so.1 was not found: install the NVIDIA driver, or add its folder to LD_LIBRARY_PATH"
            .to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn gpu(root: &Path, pci: &str, model: &str, minor: u32) {
        let text =
            format!("Model: \t\t {model}\nGPU UUID: \t GPU-{minor}abc\nDevice Minor: \t {minor}\n");
        put(
            root,
            &format!("proc/driver/nvidia/gpus/{pci}/information"),
            &text,
        );
    }

    fn names(found: &[FoundDevice]) -> Vec<String> {
        found
            .iter()
            .map(|d| format!("{} {}", d.name, d.description))
            .collect()
    }

    #[test]
    fn a_machine_with_two_of_three_gpus_given() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        put(
            root,
            "proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Some CPU\n",
        );
        put(root, "proc/meminfo", "MemTotal:       2048 kB\n");
        put(root, "sys/fs/cgroup/memory.max", "1048576\n");
        gpu(root, "0000:c1:00.0", "Second", 0);
        gpu(root, "0000:41:00.0", "First", 1);
        gpu(root, "0000:81:00.0", "Not given", 2);
        for file in [
            "dev/nvidia0",
            "dev/nvidia1",
            "dev/nvidiactl",
            "usr/lib64/libcuda.so.1",
        ] {
            put(root, file, "");
        }
        put(root, "bin/convsweep-worker", "");
        let found = find(root, &root.join("bin"), 4, None, &String::new);
        assert_eq!(
            names(&found),
            ["cpu Some CPU", "cuda:0 First", "cuda:1 Second"]
        );
        assert_eq!(
            (found[0].memory_bytes, found[0].cores, &found[0].problem),
            (Some(1 << 20), 4, &None)
        );
        let problem = found[1].problem.clone().unwrap();
        assert!(
            problem.contains("convsweep-worker-cuda is not in")
                && problem.contains("--features cuda"),
            "{problem}"
        );
        put(root, "bin/convsweep-worker-cuda", "");
        put(root, "bin/convsweep-worker-libtorch", "");
        let smi = || "00000000:C1:00.0, 81559\n00000000:41:00.0, 16384\n".to_string();
        let found = find(root, &root.join("bin"), 4, Some("1, GPU-1, 9, 0"), &smi);
        assert_eq!(
            [found[2].memory_bytes, found[3].memory_bytes],
            [Some(81_559 << 20), Some(16_384 << 20)]
        );
        assert_eq!(
            names(&found)[1..],
            [
                "libtorch Some CPU by LibTorch",
                "cuda:0 Second",
                "cuda:1 First"
            ]
        );
        assert!(found.iter().all(|d| d.problem.is_none()), "{found:?}");
        assert_eq!(
            names(&find(root, &root.join("bin"), 4, Some(""), &String::new))[1..],
            ["libtorch Some CPU by LibTorch"]
        );
        fs::remove_file(root.join("usr/lib64/libcuda.so.1")).unwrap();
        let found = find(root, &root.join("bin"), 4, None, &String::new);
        assert!(
            found[2].problem.as_ref().unwrap().contains("libcuda.so.1"),
            "{found:?}"
        );
        fs::remove_file(root.join("dev/nvidiactl")).unwrap();
        let found = find(root, &root.join("bin"), 4, None, &String::new);
        assert!(
            found[2]
                .problem
                .as_ref()
                .unwrap()
                .contains("nvidiactl cannot be opened"),
            "{found:?}"
        );
    }

    #[test]
    fn a_worker_must_be_there_and_executable() {
        let dir = tempfile::tempdir().unwrap();
        let problem = || {
            find(dir.path(), dir.path(), 1, None, &String::new)[0]
                .problem
                .clone()
        };
        assert!(problem().unwrap().contains("convsweep-worker is not in"));
        fs::write(dir.path().join("convsweep-worker"), "").unwrap();
        assert!(problem().unwrap().contains("no executable file"));
    }

    #[test]
    fn this_machine_has_a_core() {
        assert!(!cores().is_empty());
        assert_eq!(devices(Path::new("/nowhere"))[0].name, DeviceName::CPU);
    }
}
