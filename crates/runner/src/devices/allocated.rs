//! What an allocation of Slurm leaves of this machine.

use crate::error::RunnerError;
use convsweep_slurm::{NodeShare, Surroundings};
use convsweep_spec::node::FoundDevice;

const NO_GPU: &str = "this allocation has no GPU (CUDA_VISIBLE_DEVICES is not set): ask Slurm for \
     one (--gres=gpu:1)";

/// Where this program runs, as the variables say that Slurm sets.
///
/// # Errors
/// If they cannot be understood, or the program was started several times by one step.
pub fn surroundings() -> Result<Surroundings, RunnerError> {
    Ok(Surroundings::read(|name| std::env::var(name).ok())?)
}

/// What jobs may use of this machine in an allocation, without what this program itself takes; `None`
/// outside one. Where the variables make no sense, a run says so.
pub(crate) fn own_share() -> Option<NodeShare> {
    let surroundings = surroundings().ok()?;
    let share = surroundings.own_share()?;
    Some(NodeShare {
        memory_bytes: share.memory_bytes.map(|bytes| bytes - own_memory(bytes)),
        ..share.clone()
    })
}

/// Memory in bytes that this program takes beside its workers: Slurm ends all of them where the whole
/// of the memory is exceeded.
fn own_memory(bytes: u64) -> u64 {
    const USUAL: u64 = 128 << 20;
    USUAL.min(bytes / 4)
}

/// Leaves the devices of a node as much as the allocation has there.
pub(crate) fn limit_to_share(devices: &mut [FoundDevice], share: &NodeShare) {
    for device in devices {
        if device.gpu.is_some() {
            continue;
        }
        device.cores = device.cores.min(share.cpus);
        if let Some(bytes) = share.memory_bytes {
            device.memory_bytes = Some(device.memory_bytes.map_or(bytes, |all| all.min(bytes)));
        }
    }
}

/// Refuses the GPUs of a machine that Slurm did not give to the allocation: where it does not hide
/// them, they are those of others.
pub(super) fn refuse_foreign_gpus(devices: &mut [FoundDevice]) {
    for device in devices {
        if device.gpu.is_some() {
            device.problem = Some(NO_GPU.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::device::DeviceName;
    use convsweep_spec::node::GpuDetails;

    fn device(name: DeviceName) -> FoundDevice {
        FoundDevice {
            name,
            description: String::new(),
            memory_bytes: Some(8 << 30),
            process_memory_bytes: None,
            cores: if name.family.is_cpu() { 16 } else { 0 },
            worker: "/w".into(),
            problem: None,
            gpu: (!name.family.is_cpu()).then(GpuDetails::default),
        }
    }

    #[test]
    fn an_allocation_leaves_its_share_of_the_cpu() {
        let mut devices = [device(DeviceName::CPU), device(DeviceName::cuda(0))];
        let share = NodeShare {
            name: "n1".into(),
            cpus: 4,
            memory_bytes: Some(1 << 30),
        };
        limit_to_share(&mut devices, &share);
        assert_eq!(
            (devices[0].cores, devices[0].memory_bytes),
            (4, Some(1 << 30))
        );
        assert_eq!(devices[1].memory_bytes, Some(8 << 30));
        let uncounted = NodeShare {
            cpus: 64,
            memory_bytes: None,
            ..share
        };
        limit_to_share(&mut devices, &uncounted);
        assert_eq!(
            (devices[0].cores, devices[0].memory_bytes),
            (4, Some(1 << 30))
        );

        refuse_foreign_gpus(&mut devices);
        assert_eq!(devices[0].problem, None);
        assert_eq!(devices[1].problem.as_deref(), Some(NO_GPU));
    }
}
