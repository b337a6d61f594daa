//! The slots of this machine: how many a device has, and what each may use.

use super::open_files::workers_with_files;
use crate::devices::{
    DeviceChoice, FoundDevice, SlotSettings, choose_devices, find_devices, may_pin, own_share,
    probe, usable_cores,
};
use crate::error::RunnerError;
use crate::launcher::{Slot, SlotPlace};
use convsweep_slurm::NodeShare;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::precision::Precisions;
use convsweep_spec::words::{bytes, counted};
use std::fmt;
use std::path::{Path, PathBuf};

/// Maximum number of threads that augment images for one job on a GPU.
const GPU_SLOT_THREADS: u32 = 8;

/// A slot of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSlot {
    /// Where the device is.
    pub place: SlotPlace,
    /// The device.
    pub device: DeviceName,
    /// Number of threads that share a job's work.
    pub threads: u32,
    /// Cores that the worker is pinned to; empty if the system places it.
    pub cores: Vec<usize>,
    /// The worker program.
    pub worker: PathBuf,
    /// The model of a GPU.
    pub gpu_model: Option<String>,
    /// Memory limit of a job in bytes. A worker on the CPU that needs more ends as out of memory.
    pub memory_bytes: Option<u64>,
    /// The precisions that jobs on it can be computed in.
    pub precisions: Precisions,
}

impl LocalSlot {
    /// The slot as the dispatcher sees it.
    pub fn slot(&self) -> Slot {
        Slot {
            place: self.place,
            device: self.device,
            threads: self.threads,
            precisions: self.precisions,
        }
    }
}

impl fmt::Display for LocalSlot {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let threads = counted(u64::from(self.threads), "thread");
        write!(f, "{}, {threads}", self.device)?;
        if !self.cores.is_empty() {
            write!(f, ", pinned to cores {:?}", self.cores)?;
        }
        if let Some(limit) = self.memory_bytes {
            write!(f, ", at most {} a job", bytes(limit as f64))?;
        }
        write!(f, ", {}", self.worker.display())
    }
}

/// Slots, and what the user may want to know about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalSlots {
    /// The slots.
    pub slots: Vec<LocalSlot>,
    /// Why there are fewer than were asked for.
    pub notes: Vec<String>,
}

/// The chosen devices of this machine; workers are looked for in `worker_folder`, and those that
/// were installed for other devices are started once to see whether they run here. The default (also
/// for an empty list) is every usable GPU, or the CPU if there is none: jobs on the CPU would
/// finish long after those on a GPU.
///
/// # Errors
/// [`RunnerError::UnusableDevice`] for a device that was named but is not there or cannot be used,
/// or if no device can.
pub fn local_devices(
    choices: &[DeviceChoice],
    worker_folder: &Path,
) -> Result<Vec<FoundDevice>, RunnerError> {
    let mut found = find_devices(worker_folder);
    let chosen = cloned(choose_devices(choices, &found)?);
    let unfit = probe_installed(&chosen, &mut found);
    if unfit.is_empty() {
        return Ok(chosen);
    }
    let others = cloned(choose_devices(choices, &found)?);
    for device in unfit {
        let problem = device.problem.unwrap_or_default();
        tracing::warn!("the device {} is not used: {problem}", device.name);
    }
    Ok(others)
}

fn cloned(devices: Vec<&FoundDevice>) -> Vec<FoundDevice> {
    devices.into_iter().cloned().collect()
}

/// Starts the workers of the chosen devices that are not part of the program and depend on other
/// libraries; those that do not run here, with their problems, which are then noted in `found`.
fn probe_installed(chosen: &[FoundDevice], found: &mut [FoundDevice]) -> Vec<FoundDevice> {
    let mut unfit = chosen.to_vec();
    unfit.retain(|device| device.name.family != DeviceFamily::Cpu);
    probe(&mut unfit);
    unfit.retain(|device| device.problem.is_some());
    for device in found {
        if let Some(same) = unfit.iter().find(|same| same.name == device.name) {
            device.problem.clone_from(&same.problem);
        }
    }
    unfit
}

/// The slots on these devices.
///
/// A slot on the CPU has a core for each of its threads, and there are as many slots as there are
/// cores for, unless the settings say otherwise; more slots than there are cores for are placed by
/// the system. A GPU has one slot. There are no more slots than fit into the memory of the device
/// and have files to open.
///
/// # Errors
/// [`RunnerError::TooFewOpenFiles`].
pub fn local_slots(
    devices: &[FoundDevice],
    settings: &SlotSettings,
) -> Result<LocalSlots, RunnerError> {
    let chosen: Vec<&FoundDevice> = devices.iter().collect();
    let mut arranged = arrange(&chosen, settings, &usable_cores());
    if !may_pin() {
        arranged
            .slots
            .iter_mut()
            .for_each(|slot| slot.cores.clear());
    }
    if let Some(share) = own_share() {
        share_memory(&mut arranged.slots, &share);
    }
    let (count, note) = workers_with_files(arranged.slots.len())?;
    arranged.slots.truncate(count);
    arranged.notes.extend(note);
    Ok(arranged)
}

/// A worker that took more than its part of an allocation's memory would end the whole batch script,
/// so each is limited to its part, unless the settings limit it.
fn share_memory(slots: &mut [LocalSlot], share: &NodeShare) {
    let count = slots.len().max(1) as u64;
    let part = share.memory_bytes.map(|bytes| bytes / count);
    for slot in slots {
        if slot.device.family.is_cpu() {
            slot.memory_bytes = slot.memory_bytes.or(part);
        }
    }
}

/// The slots on these devices of a machine with these cores.
pub(crate) fn arrange(
    chosen: &[&FoundDevice],
    settings: &SlotSettings,
    cores: &[usize],
) -> LocalSlots {
    let gpu_threads = threads_of_gpu_slot(chosen, settings, cores);
    let mut arranged = LocalSlots::default();
    for (unit, device) in (0..).zip(chosen) {
        let is_cpu = device.name.family.is_cpu();
        let wanted = count(device, settings, cores);
        let mut count = count_that_fits(device, settings, wanted);
        if count < wanted {
            let note = memory_note(device, settings, count, wanted);
            arranged.notes.push(note);
        }
        if count > 1 && device.gpu.as_ref().is_some_and(|gpu| gpu.is_exclusive) {
            let name = device.name;
            let note =
                format!("1 slot on {name} instead of {count}, because it is in exclusive mode");
            arranged.notes.push(note);
            count = 1;
        }
        let threads = if is_cpu {
            settings.job_threads()
        } else {
            gpu_threads
        };
        let needed = u64::from(count) * u64::from(threads);
        let has_own_cores = is_cpu && chosen.len() == 1 && needed <= cores.len() as u64;
        let mut own_cores = cores.chunks(threads as usize).filter(|_| has_own_cores);
        for _ in 0..count {
            arranged.slots.push(LocalSlot {
                place: SlotPlace { host: 0, unit },
                device: device.name,
                threads,
                cores: own_cores.next().unwrap_or_default().to_vec(),
                worker: device.worker.clone(),
                gpu_model: (!is_cpu).then(|| device.description.clone()),
                memory_bytes: settings.memory_bytes().filter(|_| is_cpu),
                precisions: device.precisions(),
            });
        }
    }
    arranged
}

/// Slots of a device by the settings, else by default.
fn count(device: &FoundDevice, settings: &SlotSettings, cores: &[usize]) -> u32 {
    let default = if device.name.family.is_cpu() {
        (cores.len() as u32 / settings.job_threads()).max(1)
    } else {
        1
    };
    settings.count(device.name).unwrap_or(default)
}

/// As many of the slots of a device as fit into its memory, but at least one.
fn count_that_fits(device: &FoundDevice, settings: &SlotSettings, wanted: u32) -> u32 {
    let (Some(job), Some(all)) = (settings.job_bytes(), device.memory_bytes) else {
        return wanted;
    };
    let fit = (all / job.max(1)).max(1);
    wanted.min(u32::try_from(fit).unwrap_or(u32::MAX))
}

fn memory_note(device: &FoundDevice, settings: &SlotSettings, count: u32, wanted: u32) -> String {
    let size = |size: Option<u64>| bytes(size.unwrap_or_default() as f64);
    let takes = match settings.memory_bytes() {
        Some(_) => "may take (run.memory)",
        None => "takes about",
    };
    format!(
        "{} on {} instead of {wanted}, because a job {takes} {} and there are {}",
        counted(count.into(), "slot"),
        device.name,
        size(settings.job_bytes()),
        size(device.memory_bytes)
    )
}

/// Jobs on GPUs share the cores for augmentation.
fn threads_of_gpu_slot(chosen: &[&FoundDevice], settings: &SlotSettings, cores: &[usize]) -> u32 {
    let mut slots = 0;
    for device in chosen {
        if !device.name.family.is_cpu() {
            slots += count(device, settings, cores);
        }
    }
    (cores.len() as u32 / slots.max(1)).clamp(1, GPU_SLOT_THREADS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::{GpuDetails, parse_device_list};

    fn device(name: &str, gib: u64) -> FoundDevice {
        FoundDevice {
            name: name.parse().unwrap(),
            description: String::new(),
            memory_bytes: (gib > 0).then_some(gib << 30),
            process_memory_bytes: None,
            cores: 0,
            worker: "/w/worker".into(),
            problem: (name == "cuda:1").then(|| "broken".to_string()),
            gpu: None,
        }
    }

    fn slots(names: &str, settings: &SlotSettings, gib: u64, cores: &[usize]) -> Vec<LocalSlot> {
        let found = [
            device("cpu", gib),
            device("cuda:0", gib * 8),
            device("cuda:1", gib * 8),
        ];
        let choices = parse_device_list(names).unwrap();
        arrange(&choose_devices(&choices, &found).unwrap(), settings, cores).slots
    }

    /// Slots as text: device, threads, cores.
    fn check(names: &str, settings: &str, cores: &[usize], expect: &str) {
        let slots = slots(names, &settings.parse().unwrap(), 0, cores);
        let text = |slot: &LocalSlot| format!("{}x{}{:?}", slot.device, slot.threads, slot.cores);
        let texts: Vec<String> = slots.iter().map(text).collect();
        assert_eq!(texts.join(" "), expect);
    }

    #[test]
    fn slots_follow_devices_and_settings() {
        check("cpu", "", &[0, 3], "cpux1[0] cpux1[3]");
        check("cpu", "cpu=1", &[0, 3], "cpux1[0]");
        check("cpu", "cpu=3", &[0, 3], "cpux1[] cpux1[] cpux1[]");
        check("auto", "", &[0, 1], "cuda:0x2[]");
        let mixed = "cuda:0x1[] cuda:0x1[] cpux1[]";
        check("cuda,cpu", "cuda:0=2,cpu=1", &[0, 1], mixed);
        check("cpu,cpu", "cpu=cores", &[5], "cpux1[5]");
    }

    #[test]
    fn the_threads_of_a_job_have_their_own_cores() {
        let check = |settings: &str, threads: u32, cores: &[usize], expect: &[&[usize]]| {
            let settings = settings.parse::<SlotSettings>().unwrap();
            let slots = slots("cpu", &settings.with_threads(threads), 0, cores);
            assert!(slots.iter().all(|slot| slot.threads == threads));
            let pinned: Vec<&[usize]> = slots.iter().map(|slot| &slot.cores[..]).collect();
            assert_eq!(pinned, expect);
        };
        check("", 2, &[0, 1, 4, 5, 7], &[&[0, 1], &[4, 5]]);
        check("cpu=1", 3, &[0, 1, 4, 5], &[&[0, 1, 4]]);
        check("cpu=2", 2, &[0, 1, 4], &[&[], &[]]);
        check("", 4, &[0, 1], &[&[]]);
    }

    #[test]
    fn slots_are_limited_by_memory() {
        let check = |names: &str, settings: &str, gib: u64, expect: &[u64]| {
            let settings = settings.parse::<SlotSettings>().unwrap();
            let settings = settings.with_memory(Some(gib << 30));
            let slots = slots(names, &settings, 10, &[0, 1, 2, 3]);
            let gib = |slot: &LocalSlot| slot.memory_bytes.map_or(0, |bytes| bytes >> 30);
            assert_eq!(slots.iter().map(gib).collect::<Vec<_>>(), expect);
        };
        check("cpu", "", 4, &[4, 4]);
        check("cpu", "", 1, &[1, 1, 1, 1]);
        check("cpu", "", 100, &[100]);
        // The memory of a GPU cannot be limited, only shared out.
        check("cuda", "cuda=8", 30, &[0, 0]);
    }

    #[test]
    fn the_memory_of_an_allocation_is_shared_among_its_slots() {
        let part = |settings: SlotSettings| {
            let mut slots = slots("cpu", &settings, 0, &[0, 1]);
            let share = NodeShare {
                name: "n1".into(),
                cpus: 2,
                memory_bytes: Some(3 << 30),
            };
            share_memory(&mut slots, &share);
            slots[1].memory_bytes
        };
        assert_eq!(part(SlotSettings::default()), Some(3 << 29));
        let limited = SlotSettings::default().with_memory(Some(1 << 30));
        assert_eq!(part(limited), Some(1 << 30));
    }

    #[test]
    fn a_gpu_in_exclusive_mode_has_one_slot() {
        let gpu = FoundDevice {
            gpu: Some(GpuDetails {
                is_exclusive: true,
                ..GpuDetails::default()
            }),
            ..device("cuda:0", 0)
        };
        let arranged = arrange(&[&gpu], &"cuda=3".parse().unwrap(), &[0]);
        assert_eq!(arranged.slots.len(), 1);
        let note = "1 slot on cuda:0 instead of 3, because it is in exclusive mode";
        assert_eq!(arranged.notes, [note]);
    }

    #[test]
    fn an_estimate_makes_fewer_slots_and_limits_no_job() {
        let found = [device("cpu", 10)];
        let chosen = choose_devices(&[], &found).unwrap();
        let arranged = |settings: SlotSettings| arrange(&chosen, &settings, &[0, 1, 2, 3]);
        let estimated = SlotSettings::default().with_estimate(Some(4 << 30));
        let few = arranged(estimated.clone());
        assert_eq!(few.slots.len(), 2);
        assert!(few.slots.iter().all(|slot| slot.memory_bytes.is_none()));
        assert_eq!(
            few.notes,
            ["2 slots on cpu instead of 4, because a job takes about 4.3 GB and there are 10.7 GB"]
        );
        let set = arranged(estimated.with_memory(Some(1 << 30)));
        assert_eq!((set.slots.len(), set.notes.len()), (4, 0));
    }
}
