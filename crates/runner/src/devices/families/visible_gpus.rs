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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devices::families::driver_facts::GpuFacts;
    use crate::devices::families::faked_machine::{
        found_with, machine, names, problem, put, put_machine,
    };
    use crate::devices::families::find_on;

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
}
