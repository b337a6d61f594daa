//! Devices by name. Only this file names the backend that a feature compiled in.

use burn::tensor::Device;
use convsweep_kernels::{InstructionSet, UnknownInstructionSet};
use convsweep_spec::device::{DeviceName, WorkerKind};
use std::sync::LazyLock;
use thiserror::Error;

#[cfg(not(any(feature = "flex", feature = "libtorch", feature = "cuda")))]
compile_error!("convsweep-nn needs a backend: enable one of the features flex, libtorch, cuda");

/// Name of the backend, as in an attempt's fingerprint. Of several features the fastest wins.
pub const BACKEND: &str = if cfg!(feature = "cuda") {
    "cuda"
} else if cfg!(feature = "libtorch") {
    "libtorch"
} else {
    "flex"
};

/// The worker that this backend makes.
pub(crate) const WORKER: WorkerKind = if cfg!(feature = "cuda") {
    WorkerKind::CubeCl
} else if cfg!(feature = "libtorch") {
    WorkerKind::LibTorch
} else {
    WorkerKind::Flex
};

/// The processor's widest vector instructions, among which Burn's kernels choose at run time; for
/// processors other than Intel's and AMD's the architecture. If our kernels are limited to narrower
/// instructions, these are appended.
pub fn instructions() -> String {
    let (widest, taken) = (InstructionSet::widest(), InstructionSet::best());
    let name = if widest == InstructionSet::Portable {
        std::env::consts::ARCH
    } else {
        widest.name()
    };
    if taken == widest {
        name.into()
    } else {
        format!("{name}, held to {}", taken.name())
    }
}

/// Checks the environment variable that limits the vector instructions of our kernels.
///
/// # Errors
///
/// If it names an instruction set that does not exist.
pub fn check_instruction_limit() -> Result<(), UnknownInstructionSet> {
    InstructionSet::widest_allowed().map(drop)
}

/// A device that this program cannot use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "no device \"{asked}\" here: this worker ({BACKEND}) has {}",
    listed(available)
)]
pub struct DeviceError {
    /// The device asked for.
    pub asked: DeviceName,
    /// Devices that this program can use.
    pub available: Vec<DeviceName>,
}

fn listed(names: &[DeviceName]) -> String {
    let names: Vec<String> = names.iter().map(DeviceName::to_string).collect();
    names.join(", ")
}

/// A device that this program can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Its name.
    pub name: DeviceName,
    /// Kind of device for fingerprints: `cpu`, or the GPU's model name if the backend knows it.
    pub kind: String,
}

/// Every device that this program can use.
pub fn devices() -> Vec<DeviceInfo> {
    available()
}

/// Name of the environment variable that lets tests and benchmarks take the first GPU, where there is
/// a CPU that this program can use, too.
pub const TEST_GPU: &str = "CONVSWEEP_TEST_GPU";

/// The first device that this program can use, as tests and benchmarks take it; the first GPU where
/// [`TEST_GPU`] is set.
///
/// # Errors
/// If there is none.
pub fn first_device() -> Result<Device, DeviceError> {
    if std::env::var_os(TEST_GPU).is_some() {
        return device(DeviceName::cuda(0));
    }
    let first = available().into_iter().next();
    device(first.map_or(DeviceName::CPU, |first| first.name))
}

/// The device called `name`.
///
/// # Errors
/// If this program cannot use it.
pub fn device(name: DeviceName) -> Result<Device, DeviceError> {
    let unknown = || DeviceError {
        asked: name,
        available: available().into_iter().map(|d| d.name).collect(),
    };
    let is_other = name.worker.is_some_and(|worker| worker != WORKER);
    let any = name.by_any_worker();
    if is_other || !available().iter().any(|d| d.name == any) {
        return Err(unknown());
    }
    match name.index {
        None => Ok(cpu()),
        Some(index) => Ok(gpu(index as usize)),
    }
}

/// Whether the device computes while the host goes on, as a GPU does, so that every value that is
/// read back costs a wait. A CPU is taken for such a device where the environment variable
/// `CONVSWEEP_PRETEND_GPU` is set, so that what is written for GPUs can be tried without one.
pub fn works_apart(device: &Device) -> bool {
    static PRETENDS: LazyLock<bool> = LazyLock::new(|| std::env::var_os(PRETEND_GPU).is_some());
    !is_host(device) || *PRETENDS
}

/// Whether another thread than the one that trains may upload images while the device computes. Each
/// thread has a queue and memory of its own with CubeCL, which uploads without waiting; LibTorch
/// waits for the device, but only in the thread that uploads.
pub const UPLOADS_FROM_ANY_THREAD: bool = cfg!(not(feature = "cuda"));

/// Name of the environment variable that lets [`works_apart`] take a CPU for a GPU.
const PRETEND_GPU: &str = "CONVSWEEP_PRETEND_GPU";

/// Returns memory that the device keeps for later tensors, where its library can.
pub fn release_memory(device: &Device) {
    if works_apart(device) {
        device.memory_cleanup();
    }
}

/// Sets the number of threads (at least one) that share the work of each operation.
pub fn use_threads(count: usize) {
    convsweep_kernels::use_threads(count);
    #[cfg(feature = "libtorch")]
    tch::set_num_threads(i32::try_from(count.max(1)).unwrap_or(i32::MAX));
}

#[cfg(not(any(feature = "cuda", feature = "libtorch")))]
fn is_host(_device: &Device) -> bool {
    true
}

#[cfg(all(feature = "libtorch", not(feature = "cuda")))]
fn is_host(device: &Device) -> bool {
    device.clone().inner() == cpu()
}

#[cfg(feature = "cuda")]
fn is_host(_device: &Device) -> bool {
    false
}

#[cfg(not(any(feature = "cuda", feature = "libtorch")))]
fn available() -> Vec<DeviceInfo> {
    vec![DeviceInfo {
        name: DeviceName::CPU,
        kind: "cpu".into(),
    }]
}

#[cfg(not(any(feature = "cuda", feature = "libtorch")))]
fn cpu() -> Device {
    Device::flex()
}

#[cfg(not(any(feature = "cuda", feature = "libtorch")))]
fn gpu(_index: usize) -> Device {
    unreachable!("flex lists no GPU")
}

#[cfg(all(feature = "libtorch", not(feature = "cuda")))]
fn available() -> Vec<DeviceInfo> {
    let gpus = match tch::Cuda::is_available() {
        true => u32::try_from(tch::Cuda::device_count()).unwrap_or(0),
        false => 0,
    };
    let mut devices = vec![DeviceInfo {
        name: DeviceName::LIBTORCH,
        kind: "cpu".into(),
    }];
    devices.extend((0..gpus).map(|index| DeviceInfo {
        name: DeviceName::cuda(index),
        kind: "cuda".into(),
    }));
    devices
}

#[cfg(all(feature = "libtorch", not(feature = "cuda")))]
#[expect(
    deprecated,
    reason = "the last release of Burn with LibTorch marks it so"
)]
fn cpu() -> Device {
    Device::libtorch()
}

#[cfg(all(feature = "libtorch", not(feature = "cuda")))]
#[expect(
    deprecated,
    reason = "the last release of Burn with LibTorch marks it so"
)]
fn gpu(index: usize) -> Device {
    // Otherwise cuDNN chooses algorithms by their times, which differ from run to run.
    tch::Cuda::cudnn_set_benchmark(false);
    Device::libtorch_cuda(index)
}

#[cfg(feature = "cuda")]
fn available() -> Vec<DeviceInfo> {
    let devices = Device::enumerate(burn::tensor::DeviceType::Cuda);
    let kind = |device: &Device| {
        device
            .identity()
            .map_or_else(|| "cuda".to_string(), |identity| identity.name.clone())
    };
    devices
        .iter()
        .enumerate()
        .map(|(i, device)| DeviceInfo {
            name: DeviceName::cuda(i as u32),
            kind: kind(device),
        })
        .collect()
}

#[cfg(feature = "cuda")]
fn cpu() -> Device {
    unreachable!("the CUDA worker lists no CPU")
}

#[cfg(feature = "cuda")]
fn gpu(index: usize) -> Device {
    Device::cuda(index)
}
