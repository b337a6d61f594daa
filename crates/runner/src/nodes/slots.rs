//! The slots of an allocation.

use crate::devices::{FoundDevice, SlotSettings};
use crate::error::RunnerError;
use crate::launcher::SlotPlace;
use crate::local::{LocalSlot, arrange, local_slots, workers_with_files};
use convsweep_slurm::{NodeShare, StepGpu};
use convsweep_spec::device::DeviceName;
use convsweep_spec::words::bytes;
use std::fmt;

/// The chosen devices of a node that this program does not run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeDevices {
    /// What the allocation has there.
    pub share: NodeShare,
    /// The devices that are trained on.
    pub devices: Vec<FoundDevice>,
    /// The number of GPUs that the allocation has there, chosen or not.
    pub gpus: u32,
}

/// A slot on another node, whose worker is a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepSlot {
    /// The node's name.
    pub node: String,
    /// The slot, as if it were of this machine. The GPU of a step is the first that it sees.
    pub slot: LocalSlot,
    /// Its GPU.
    pub gpu: StepGpu,
    /// The memory of the step in bytes; `None` where Slurm does not count it.
    pub memory_bytes: Option<u64>,
    /// Whether the node has fewer CPUs than its slots have threads.
    pub overlaps: bool,
}

impl fmt::Display for StepSlot {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.node, self.slot)?;
        if let Some(limit) = self.memory_bytes {
            write!(f, ", as a step with {}", bytes(limit as f64))?;
        }
        Ok(())
    }
}

/// Slots, and what the user may want to know about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllocationSlots {
    /// The slots of the node that this program runs on.
    pub local: Vec<LocalSlot>,
    /// Those of the others.
    pub steps: Vec<StepSlot>,
    /// Why there are fewer than were asked for.
    pub notes: Vec<String>,
}

/// The slots on the devices of this node and of the others, by the same rules on each: as many as
/// its CPUs, its memory and the settings allow.
///
/// # Errors
/// [`RunnerError::TooFewOpenFiles`].
pub fn allocation_slots(
    local: &[FoundDevice],
    others: &[NodeDevices],
    settings: &SlotSettings,
) -> Result<AllocationSlots, RunnerError> {
    let mut all = AllocationSlots::default();
    if !local.is_empty() || others.is_empty() {
        let arranged = local_slots(local, settings)?;
        (all.local, all.notes) = (arranged.slots, arranged.notes);
    }
    for (host, node) in (1..).zip(others) {
        let (slots, notes) = node_slots(node, host, settings);
        all.steps.extend(slots);
        let name = &node.share.name;
        all.notes
            .extend(notes.iter().map(|note| format!("{name}: {note}")));
    }
    if !all.steps.is_empty() {
        let wanted = all.local.len() + all.steps.len();
        let (count, note) = workers_with_files(wanted)?;
        all.local.truncate(count);
        all.steps.truncate(count - all.local.len());
        all.notes.extend(note);
    }
    Ok(all)
}

/// The slots of one node, and notes.
fn node_slots(
    node: &NodeDevices,
    host: u16,
    settings: &SlotSettings,
) -> (Vec<StepSlot>, Vec<String>) {
    let cores: Vec<usize> = (0..node.share.cpus as usize).collect();
    let chosen: Vec<&FoundDevice> = node.devices.iter().collect();
    let arranged = arrange(&chosen, settings, &cores);
    let threads: u32 = arranged.slots.iter().map(|slot| slot.threads).sum();
    let count = arranged.slots.len().max(1) as u64;
    let memory_bytes = node.share.memory_bytes.map(|bytes| bytes / count);
    let has_own_gpus = each_has_its_gpu(&arranged.slots, node.gpus);
    let mut steps = Vec::new();
    for mut slot in arranged.slots {
        let gpu = match slot.device.index.filter(|_| slot.gpu_model.is_some()) {
            None => StepGpu::None,
            Some(_) if has_own_gpus => StepGpu::Own,
            Some(position) => StepGpu::Shared {
                position,
                count: node.gpus,
            },
        };
        slot.place = SlotPlace { host, ..slot.place };
        slot.cores.clear();
        if gpu != StepGpu::None {
            slot.device = DeviceName {
                index: Some(0),
                ..slot.device
            };
        }
        steps.push(StepSlot {
            node: node.share.name.clone(),
            slot,
            gpu,
            memory_bytes,
            overlaps: threads > node.share.cpus,
        });
    }
    (steps, arranged.notes)
}

/// Whether there is one slot for each GPU of the node, so that Slurm can give each step one.
fn each_has_its_gpu(slots: &[LocalSlot], gpus: u32) -> bool {
    let mut taken = Vec::new();
    for slot in slots.iter().filter(|slot| slot.gpu_model.is_some()) {
        if taken.contains(&slot.device.index) {
            return false;
        }
        taken.push(slot.device.index);
    }
    taken.len() as u32 == gpus
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::node::GpuDetails;

    fn node(names: &str, cpus: u32, gpus: u32) -> NodeDevices {
        let device = |name: &str| {
            let name: DeviceName = name.parse().unwrap();
            FoundDevice {
                name,
                description: "model".into(),
                memory_bytes: Some(8 << 30),
                process_memory_bytes: None,
                cores: cpus,
                worker: "/w/worker".into(),
                problem: None,
                gpu: (!name.family.is_cpu()).then(GpuDetails::default),
            }
        };
        NodeDevices {
            share: NodeShare {
                name: "n2".into(),
                cpus,
                memory_bytes: Some(8 << 30),
            },
            devices: names.split(',').map(device).collect(),
            gpus,
        }
    }

    /// The slots as text: device, place, GPU of the step, GiB of the step.
    fn check(node: &NodeDevices, settings: &str, expect: &[&str]) {
        let settings: SlotSettings = settings.parse().unwrap();
        let (slots, _) = node_slots(node, 3, &settings);
        let mut texts = Vec::new();
        for step in &slots {
            assert_eq!((step.slot.place.host, &step.slot.cores[..]), (3, &[][..]));
            let gpu = match step.gpu {
                StepGpu::None => "none".to_string(),
                StepGpu::All => "all".to_string(),
                StepGpu::Own => "own".to_string(),
                StepGpu::Shared { position, count } => format!("{position} of {count}"),
            };
            let gib = step.memory_bytes.unwrap_or_default() >> 30;
            let (device, unit) = (step.slot.device, step.slot.place.unit);
            let more = if step.overlaps { " overlaps" } else { "" };
            texts.push(format!("{device} {unit} {gpu} {gib}{more}"));
        }
        assert_eq!(texts, expect);
    }

    #[test]
    fn a_node_has_slots_as_this_machine_would() {
        check(&node("cpu", 2, 0), "", &["cpu 0 none 4", "cpu 0 none 4"]);
        let over = ["cpu 0 none 2 overlaps"; 3];
        check(&node("cpu", 2, 0), "cpu=3", &over);
    }

    #[test]
    fn slurm_gives_each_step_a_gpu_unless_several_share_one() {
        let two = node("cuda:0,cuda:1", 4, 2);
        check(&two, "", &["cuda:0 0 own 4", "cuda:0 1 own 4"]);
        let shared = [
            "cuda:0 0 0 of 2 2",
            "cuda:0 0 0 of 2 2",
            "cuda:0 1 1 of 2 2",
            "cuda:0 1 1 of 2 2",
        ];
        check(&two, "cuda=2", &shared);
        // Slurm might give the step of a single slot the other one.
        check(&node("cuda:1", 4, 2), "", &["cuda:0 0 1 of 2 8"]);
    }
}
