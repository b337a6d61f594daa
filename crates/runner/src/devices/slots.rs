//! Slots: the right to run one job on a device.

use crate::devices::discover::{FoundDevice, cores, devices, worker_path};
use crate::error::RunnerError;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The right to run one job on a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The device, as the worker is told.
    pub device: DeviceName,
    /// Threads that share a job's work.
    pub threads: u32,
    /// Cores that the worker is kept on; any where empty.
    pub cores: Vec<usize>,
    /// The worker program.
    pub worker: PathBuf,
    /// Memory that a job may take; a worker on the CPU that wants more ends as out of memory.
    pub memory_bytes: Option<u64>,
}

/// How many slots a device or a kind of device has; what is not named has its default.
///
/// As text: `cpu=2,cuda=3,cuda:1=1`; `cpu=cores` is the default of the CPU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotSettings {
    counts: BTreeMap<DeviceName, u32>,
    /// Of a job on the CPU; 0 and 1 are the same.
    threads: u32,
    memory_bytes: Option<u64>,
}

impl SlotSettings {
    /// The most slots that a device can have.
    pub const MOST: u32 = 1024;

    /// Sets the number of slots of `device`; without an index it holds for the whole family.
    ///
    /// # Errors
    /// [`RunnerError::BadSlots`] for 0 slots or more than [`SlotSettings::MOST`].
    pub fn with(mut self, device: DeviceName, count: u32) -> Result<Self, RunnerError> {
        if !(1..=Self::MOST).contains(&count) {
            let problem = format!(
                "a device has 1 to {} slots; leave one out by --devices",
                Self::MOST
            );
            let text = format!("{device}={count}");
            return Err(RunnerError::BadSlots { text, problem });
        }
        self.counts.insert(device, count);
        Ok(self)
    }

    /// With so many threads for a job on the CPU.
    pub fn with_threads(self, threads: u32) -> Self {
        SlotSettings { threads, ..self }
    }

    /// With so much memory for a job: a device then has no more slots than fit into its memory,
    /// though at least one.
    pub fn with_memory(self, bytes: Option<u64>) -> Self {
        SlotSettings {
            memory_bytes: bytes,
            ..self
        }
    }

    /// The number set for this device, or else for its family.
    fn of(&self, device: DeviceName) -> Option<u32> {
        let family = DeviceName {
            index: None,
            ..device
        };
        let count = self.counts.get(&device);
        count.or_else(|| self.counts.get(&family)).copied()
    }
}

impl FromStr for SlotSettings {
    type Err = RunnerError;

    fn from_str(text: &str) -> Result<Self, RunnerError> {
        let mut settings = SlotSettings::default();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let bad = |problem: &str| RunnerError::BadSlots {
                text: text.to_string(),
                problem: problem.to_string(),
            };
            let (device, count) = part
                .split_once('=')
                .ok_or_else(|| bad("a device and a count are joined by ="))?;
            if (device.trim(), count.trim()) == ("cpu", "cores") {
                settings.counts.remove(&DeviceName::CPU);
                continue;
            }
            let device = device
                .trim()
                .parse()
                .map_err(|_| bad(&format!("\"{}\" is no device", device.trim())))?;
            let count = count
                .trim()
                .parse()
                .map_err(|_| bad("the count is no whole number"))?;
            settings = settings.with(device, count)?;
        }
        Ok(settings)
    }
}

/// A device to train on, as `--devices` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// Every usable GPU, or the CPU where there is none.
    Auto,
    /// This device; without an index every usable one of its family.
    Named(DeviceName),
}

/// Parses a list of devices such as `cuda:0,cpu` or `auto`.
///
/// # Errors
/// [`RunnerError::UnknownDevice`] for a text that names no device.
pub fn device_list(text: &str) -> Result<Vec<DeviceChoice>, RunnerError> {
    let mut choices = Vec::new();
    for name in text.split(',').map(str::trim) {
        match name {
            "" => {}
            "auto" => choices.push(DeviceChoice::Auto),
            name => choices.push(DeviceChoice::Named(name.parse()?)),
        }
    }
    Ok(choices)
}

/// The slots of the named devices of this machine; workers are looked for in `worker_dir`
/// ([`crate::worker_dir`]).
///
/// `auto` (also: no name at all) is every usable CUDA device, and the CPU where there is none:
/// beside a GPU the CPU's jobs would be the sweep's stragglers. A CPU slot is one core for each of
/// its threads, as many as there are cores for, or as the settings say; more than there are cores
/// for are left to the system to place. A CUDA device has one slot.
///
/// # Errors
/// [`RunnerError::UnknownDevice`], and [`RunnerError::UnusableDevice`] for a device that was named
/// but is not there, or cannot be used, or if none can.
pub fn slots(
    choices: &[DeviceChoice],
    settings: &SlotSettings,
    worker_dir: &Path,
) -> Result<Vec<Slot>, RunnerError> {
    arrange(
        choices,
        settings,
        worker_dir,
        &devices(worker_dir),
        &cores(),
    )
}

/// [`slots`] of a machine with these devices and cores. Does not look at the machine.
pub(crate) fn arrange(
    choices: &[DeviceChoice],
    settings: &SlotSettings,
    worker_dir: &Path,
    found: &[FoundDevice],
    cores: &[usize],
) -> Result<Vec<Slot>, RunnerError> {
    let chosen = choose(choices, found)?;
    let job_threads = settings.threads.max(1);
    let count = |device: &FoundDevice| {
        let default = match device.name.family.is_cpu() {
            true => (cores.len() as u32 / job_threads).max(1),
            false => 1,
        };
        settings.of(device.name).unwrap_or(default)
    };
    let on_gpu: u32 = chosen
        .iter()
        .filter(|d| !d.name.family.is_cpu())
        .map(|d| count(d))
        .sum();
    let mut slots = Vec::new();
    for device in &chosen {
        let fit = settings
            .memory_bytes
            .zip(device.memory_bytes)
            .map(|(job, all)| (all / job.max(1)).max(1));
        let many = fit.map_or(count(device), |fit| {
            count(device).min(fit.try_into().unwrap_or(u32::MAX))
        });
        let on_cpu = device.name.family.is_cpu();
        // Augmentation is a GPU slot's work on the CPU.
        let threads = if on_cpu {
            job_threads
        } else {
            (cores.len() as u32 / on_gpu.max(1)).clamp(1, 8)
        };
        let own = on_cpu
            && u64::from(many) * u64::from(threads) <= cores.len() as u64
            && chosen.len() == 1;
        let mut cores = cores.chunks(threads as usize);
        for _ in 0..many {
            slots.push(Slot {
                device: device.name,
                threads,
                cores: if own {
                    cores.next().unwrap_or_default().to_vec()
                } else {
                    vec![]
                },
                worker: worker_path(worker_dir, device.name),
                memory_bytes: settings.memory_bytes.filter(|_| on_cpu),
            });
        }
    }
    Ok(slots)
}

fn choose<'a>(
    choices: &[DeviceChoice],
    found: &'a [FoundDevice],
) -> Result<Vec<&'a FoundDevice>, RunnerError> {
    let mut chosen: Vec<&FoundDevice> = Vec::new();
    let choices = match choices {
        [] => &[DeviceChoice::Auto],
        choices => choices,
    };
    for choice in choices {
        let devices = match *choice {
            DeviceChoice::Auto => automatic(found)?,
            DeviceChoice::Named(DeviceName {
                family: DeviceFamily::Cuda,
                index: None,
            }) => usable_gpus(found)?,
            DeviceChoice::Named(name) => vec![named(name, found)?],
        };
        for device in devices {
            if !chosen.iter().any(|c| c.name == device.name) {
                chosen.push(device);
            }
        }
    }
    Ok(chosen)
}

fn automatic(found: &[FoundDevice]) -> Result<Vec<&FoundDevice>, RunnerError> {
    usable_gpus(found).or_else(|_| Ok(vec![named(DeviceName::CPU, found)?]))
}

fn usable_gpus(found: &[FoundDevice]) -> Result<Vec<&FoundDevice>, RunnerError> {
    let gpus: Vec<_> = found
        .iter()
        .filter(|d| d.name.family == DeviceFamily::Cuda)
        .collect();
    let usable: Vec<_> = gpus
        .iter()
        .copied()
        .filter(|d| d.problem.is_none())
        .collect();
    if usable.is_empty() {
        let reason = gpus.first().and_then(|d| d.problem.clone());
        let reason = reason
            .unwrap_or_else(|| "no NVIDIA GPU was found (nothing in /dev/nvidia*)".to_string());
        return Err(RunnerError::UnusableDevice {
            name: DeviceFamily::Cuda.name().to_string(),
            reason,
        });
    }
    Ok(usable)
}

fn named(name: DeviceName, found: &[FoundDevice]) -> Result<&FoundDevice, RunnerError> {
    let unusable = |reason: String| RunnerError::UnusableDevice {
        name: name.to_string(),
        reason,
    };
    let device = found.iter().find(|d| d.name == name).ok_or_else(|| {
        let there: Vec<String> = found.iter().map(|d| d.name.to_string()).collect();
        unusable(format!(
            "it is not there; this machine has {}",
            there.join(", ")
        ))
    })?;
    match &device.problem {
        Some(problem) => Err(unusable(problem.clone())),
        None => Ok(device),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, problem: Option<&str>) -> FoundDevice {
        FoundDevice {
            name: name.parse().unwrap(),
            description: String::new(),
            memory_bytes: None,
            cores: 0,
            worker: worker_path(Path::new("/w"), name.parse().unwrap()),
            problem: problem.map(str::to_string),
        }
    }

    /// Slots as text: device, threads, cores.
    fn check(names: &str, settings: &str, devices: &[FoundDevice], cores: &[usize]) -> String {
        let settings = settings.parse::<SlotSettings>();
        let slots = settings
            .and_then(|s| arrange(&device_list(names)?, &s, Path::new("/w"), devices, cores));
        match slots {
            Ok(slots) => slots
                .iter()
                .map(|s| format!("{}x{}{:?}", s.device, s.threads, s.cores))
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => format!("{} {error}", error.exit_code()),
        }
    }

    #[test]
    fn slots_follow_devices_and_settings() {
        let cpu = [device("cpu", None)];
        let mixed = [
            device("cpu", None),
            device("cuda:0", None),
            device("cuda:1", Some("broken")),
        ];
        assert_eq!(check("", "", &cpu, &[0, 3]), "cpux1[0] cpux1[3]");
        assert_eq!(check("auto", "cpu=1", &cpu, &[0, 3]), "cpux1[0]");
        assert_eq!(
            check("cpu", "cpu=3", &cpu, &[0, 3]),
            "cpux1[] cpux1[] cpux1[]"
        );
        assert_eq!(check("auto", "", &mixed, &[0, 1]), "cuda:0x2[]");
        assert_eq!(
            check("cuda,cpu", "cuda:0=2,cpu=1", &mixed, &[0, 1]),
            "cuda:0x1[] cuda:0x1[] cpux1[]"
        );
        assert_eq!(check("cpu,cpu,auto", "cpu=cores", &cpu, &[5]), "cpux1[5]");
    }

    #[test]
    fn a_jobs_threads_have_cores_of_their_own() {
        let cpu = [device("cpu", None)];
        let count = |settings: &str, threads: u32, cores: &[usize]| -> Vec<(u32, Vec<usize>)> {
            let settings = settings
                .parse::<SlotSettings>()
                .unwrap()
                .with_threads(threads);
            let slots = arrange(&[], &settings, Path::new("/w"), &cpu, cores).unwrap();
            slots.into_iter().map(|s| (s.threads, s.cores)).collect()
        };
        assert_eq!(
            count("", 2, &[0, 1, 4, 5, 7]),
            [(2, vec![0, 1]), (2, vec![4, 5])]
        );
        assert_eq!(count("cpu=1", 3, &[0, 1, 4, 5]), [(3, vec![0, 1, 4])]);
        assert_eq!(count("cpu=2", 2, &[0, 1, 4]), [(2, vec![]), (2, vec![])]);
        assert_eq!(count("", 4, &[0, 1]), [(4, vec![])]);
    }

    #[test]
    fn no_more_slots_than_fit_into_the_memory() {
        let cpu = FoundDevice {
            memory_bytes: Some(10 << 30),
            ..device("cpu", None)
        };
        let gpu = FoundDevice {
            memory_bytes: Some(80 << 30),
            ..device("cuda:0", None)
        };
        let count = |names: &str, settings: &str, gib: u64| {
            let settings = settings
                .parse::<SlotSettings>()
                .unwrap()
                .with_memory(Some(gib << 30));
            let slots = arrange(
                &device_list(names).unwrap(),
                &settings,
                Path::new("/w"),
                &[cpu.clone(), gpu.clone()],
                &[0, 1, 2, 3],
            );
            slots
                .unwrap()
                .iter()
                .map(|s| s.memory_bytes.map_or(0, |b| b >> 30))
                .collect::<Vec<_>>()
        };
        assert_eq!(count("cpu", "", 4), [4, 4]);
        assert_eq!(count("cpu", "", 1), [1, 1, 1, 1]);
        assert_eq!(count("cpu", "", 100), [100]);
        assert_eq!(
            count("cuda", "cuda=8", 30),
            [0, 0],
            "a GPU's memory cannot be limited, only shared out"
        );
    }

    #[test]
    fn what_cannot_be_is_said_with_its_exit_code() {
        let mixed = [device("cpu", None), device("cuda:1", Some("broken"))];
        let starts = |names: &str, settings: &str, expect: &str| {
            let got = check(names, settings, &mixed, &[0]);
            assert!(got.starts_with(expect), "{got}");
        };
        starts("cuda:1", "", "4 device cuda:1 cannot be used: broken");
        starts("cuda", "", "4 device cuda cannot be used: broken");
        starts(
            "cuda:7",
            "",
            "4 device cuda:7 cannot be used: it is not there; this machine has cpu, cuda:1",
        );
        starts("gpu", "", "2 unknown device \"gpu\"");
        starts("cpu", "cpu=0", "2 slots \"cpu=0\"");
        starts("cpu", "cpu", "2 slots \"cpu\"");
        starts("cpu", "tpu=1", "2 slots \"tpu=1\": \"tpu\" is no device");
        starts(
            "cpu",
            "cpu=many",
            "2 slots \"cpu=many\": the count is no whole number",
        );
    }
}
