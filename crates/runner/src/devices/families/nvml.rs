//! What the driver's library says of its GPUs (NVML, which is loaded if it is there).

use super::driver_facts::{DriverFacts, GpuFacts, GpuMode, MigInstance};
use nvml_wrapper::enum_wrappers::device::ComputeMode;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};
use std::ffi::OsStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The name that a driver has it by; the one without a number comes with developers' packages.
const LIBRARY: &str = "libnvidia-ml.so.1";
/// The library can hang for minutes when the driver is in trouble.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What the library says; `None` where it is not installed, has no driver or does not answer in
/// time.
pub(super) fn ask_nvml() -> Option<DriverFacts> {
    let (sender, receiver) = mpsc::channel();
    let asking = thread::Builder::new().spawn(move || sender.send(facts()));
    asking.ok()?;
    match receiver.recv_timeout(TIMEOUT) {
        Ok(Ok(facts)) => Some(facts),
        Ok(Err(error)) => {
            tracing::debug!("NVML: {error}");
            None
        }
        Err(_) => {
            tracing::warn!("NVIDIA's driver does not answer: does it hang?");
            None
        }
    }
}

fn facts() -> Result<DriverFacts, NvmlError> {
    let nvml = Nvml::builder().lib_path(OsStr::new(LIBRARY)).init()?;
    let mut gpus = Vec::new();
    for index in 0..nvml.device_count()? {
        match nvml.device_by_index(index).and_then(|gpu| facts_of(&gpu)) {
            Ok(facts) => gpus.push(facts),
            Err(error) => tracing::debug!("NVML, GPU {index}: {error}"),
        }
    }
    Ok(DriverFacts {
        version: nvml.sys_driver_version().ok(),
        gpus,
        program_answer: String::new(),
    })
}

/// What is known of a GPU; not every GPU says everything.
fn facts_of(gpu: &Device) -> Result<GpuFacts, NvmlError> {
    let capability = gpu.cuda_compute_capability().ok();
    let processes = gpu.running_compute_processes().unwrap_or_default();
    let mode = match gpu.compute_mode() {
        Ok(ComputeMode::Prohibited) => GpuMode::Prohibited,
        Ok(ComputeMode::ExclusiveProcess | ComputeMode::ExclusiveThread) => GpuMode::Exclusive,
        Ok(ComputeMode::Default) | Err(_) => GpuMode::Shared,
    };
    Ok(GpuFacts {
        pci_address: gpu.pci_info()?.bus_id,
        model: gpu.name()?,
        uuid: gpu.uuid()?,
        minor: gpu.minor_number().ok(),
        memory_bytes: gpu.memory_info().ok().map(|memory| memory.total),
        compute_capability: capability.map(|found| format!("{}.{}", found.major, found.minor)),
        mode,
        processes: processes.iter().map(|process| process.pid).collect(),
        instances: instances(gpu),
    })
}

/// The instances of a GPU that is divided.
fn instances(gpu: &Device) -> Option<Vec<MigInstance>> {
    const ON: u32 = 1;
    if gpu.mig_mode().ok()?.current != ON {
        return None;
    }
    let mut found = Vec::new();
    for index in 0..gpu.mig_device_count().unwrap_or(0) {
        // The numbers of instances have gaps.
        let Ok(instance) = gpu.mig_device_by_index(index) else {
            continue;
        };
        found.push(MigInstance {
            model: instance.name().unwrap_or_default(),
            uuid: instance.uuid().unwrap_or_default(),
            memory_bytes: instance.memory_info().ok().map(|memory| memory.total),
        });
    }
    Some(found)
}
