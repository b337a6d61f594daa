//! Which GPUs CUDA shows to this process, in its order.

use super::driver_facts::MigInstance;
use super::gpus::Gpu;

const NO_INSTANCE: &str = "it is to be divided (MIG) but has no parts: `sudo nvidia-smi mig -cgi 0 -C` \
     makes one of all of it, `sudo nvidia-smi -mig 0` ends the division";

/// What `CUDA_VISIBLE_DEVICES` selects: numbers, or beginnings of UUIDs of GPUs or of parts of
/// them, up to the first that matches nothing, as CUDA reads it; without it every GPU. A process
/// sees one part at most, and no whole GPU beside it.
pub(super) fn visible_gpus(gpus: Vec<Gpu>, visible: Option<&str>) -> Vec<Gpu> {
    let selected = match visible {
        None => gpus,
        Some(visible) => selected(&gpus, visible),
    };
    if let Some(part) = selected.iter().find_map(first_part) {
        return vec![part];
    }
    let (undivided, divided): (Vec<Gpu>, Vec<Gpu>) = selected
        .into_iter()
        .partition(|gpu| gpu.instances.is_none());
    if !undivided.is_empty() {
        return undivided;
    }
    divided.into_iter().map(without_parts).collect()
}

fn selected(gpus: &[Gpu], visible: &str) -> Vec<Gpu> {
    let mut selected = Vec::new();
    for word in visible.split(',').map(str::trim) {
        let gpu = match word.parse::<usize>() {
            Ok(number) => gpus.get(number).cloned(),
            Err(_) => gpu_by_uuid(gpus, word).or_else(|| part_by_uuid(gpus, word)),
        };
        let Some(gpu) = gpu else { break };
        selected.push(gpu);
    }
    selected
}

fn gpu_by_uuid(gpus: &[Gpu], beginning: &str) -> Option<Gpu> {
    let is_uuid = beginning.starts_with("GPU-");
    let mut gpus = gpus.iter();
    let gpu = gpus.find(|gpu| is_uuid && gpu.uuid.starts_with(beginning));
    gpu.cloned()
}

/// The part of a GPU with this UUID. Where the driver names no parts at all, its word is taken.
fn part_by_uuid(gpus: &[Gpu], beginning: &str) -> Option<Gpu> {
    if !beginning.starts_with("MIG-") {
        return None;
    }
    for gpu in gpus {
        for instance in gpu.instances.iter().flatten() {
            if instance.uuid.starts_with(beginning) {
                return Some(only_part(gpu, instance));
            }
        }
    }
    let is_known = gpus.iter().any(|gpu| gpu.instances.is_some());
    let gpu = gpus.first().filter(|_| !is_known)?;
    let instance = MigInstance {
        model: format!("part of {}", gpu.model),
        uuid: beginning.to_string(),
        memory_bytes: None,
    };
    Some(only_part(gpu, &instance))
}

/// A GPU with a single one of its parts.
fn only_part(gpu: &Gpu, instance: &MigInstance) -> Gpu {
    Gpu {
        instances: Some(vec![instance.clone()]),
        ..gpu.clone()
    }
}

/// The first part of a GPU that is divided, as a device.
fn first_part(gpu: &Gpu) -> Option<Gpu> {
    let instance = gpu.instances.as_ref()?.first()?;
    Some(Gpu {
        model: instance.model.clone(),
        uuid: instance.uuid.clone(),
        memory_bytes: instance.memory_bytes,
        ..gpu.clone()
    })
}

fn without_parts(gpu: Gpu) -> Gpu {
    Gpu {
        problem: gpu.problem.or_else(|| Some(NO_INSTANCE.to_string())),
        ..gpu
    }
}
