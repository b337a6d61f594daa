//! Names of the devices that networks are trained on, and the programs that train on them.

mod worker_device;
mod worker_kind;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;
pub use worker_device::WorkerDevice;
pub use worker_kind::WorkerKind;

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceFamily {
    /// The CPU with the project's own kernels.
    Cpu,
    /// The CPU with LibTorch's operations.
    LibTorch,
    /// NVIDIA GPUs.
    Cuda,
}

impl DeviceFamily {
    /// Every family, in the order of their declaration.
    pub const ALL: [DeviceFamily; 3] = [Self::Cpu, Self::LibTorch, Self::Cuda];

    /// The name that a user writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::LibTorch => "libtorch",
            Self::Cuda => "cuda",
        }
    }

    /// The workers that can train on devices of this family, the one that is taken first if it is
    /// installed. On a GPU that is LibTorch: its convolutions are those of cuDNN, as PyTorch's are,
    /// while CubeCL's are known to be slow.
    pub fn workers(self) -> &'static [WorkerKind] {
        match self {
            Self::Cpu => &[WorkerKind::Flex],
            Self::LibTorch => &[WorkerKind::LibTorch],
            Self::Cuda => &[WorkerKind::LibTorch, WorkerKind::CubeCl],
        }
    }

    /// Whether the device is the CPU, whose cores are divided among its slots.
    pub fn is_cpu(self) -> bool {
        match self {
            Self::Cpu | Self::LibTorch => true,
            Self::Cuda => false,
        }
    }

    /// Whether a machine can have several devices of this family, numbered from 0.
    fn is_numbered(self) -> bool {
        match self {
            Self::Cpu | Self::LibTorch => false,
            Self::Cuda => true,
        }
    }
}

/// A device as users, logs and workers name it: `cpu`, `libtorch`, `cuda` (all GPUs), `cuda:1`,
/// `cuda:1@cubecl` (by that worker).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName {
    /// Its kind.
    pub family: DeviceFamily,
    /// Its number within the family, if one was given.
    pub index: Option<u32>,
    /// The worker that serves it, if one was given.
    pub worker: Option<WorkerKind>,
}

impl DeviceName {
    /// The CPU.
    pub const CPU: DeviceName = DeviceName::of_family(DeviceFamily::Cpu);
    /// The CPU by LibTorch.
    pub const LIBTORCH: DeviceName = DeviceName::of_family(DeviceFamily::LibTorch);

    const fn of_family(family: DeviceFamily) -> DeviceName {
        DeviceName {
            family,
            index: None,
            worker: None,
        }
    }

    /// The CUDA device with this number.
    pub fn cuda(index: u32) -> DeviceName {
        DeviceName {
            index: Some(index),
            ..DeviceName::of_family(DeviceFamily::Cuda)
        }
    }

    /// This device, served by that worker.
    pub fn by(self, worker: WorkerKind) -> DeviceName {
        DeviceName {
            worker: Some(worker),
            ..self
        }
    }

    /// This device, whichever worker serves it.
    pub fn by_any_worker(self) -> DeviceName {
        DeviceName {
            worker: None,
            ..self
        }
    }
}

impl From<DeviceFamily> for DeviceName {
    /// The whole family.
    fn from(family: DeviceFamily) -> DeviceName {
        DeviceName::of_family(family)
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.family.name())?;
        if let Some(index) = self.index {
            write!(f, ":{index}")?;
        }
        match self.worker {
            Some(worker) => write!(f, "@{}", worker.name()),
            None => Ok(()),
        }
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> String {
        name.to_string()
    }
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown device \"{0}\": known are auto, cpu, cuda, cuda:N and libtorch, and \
     cuda:N@libtorch and cuda:N@cubecl for one of the workers"
)]
pub struct UnknownDevice(pub String);

impl FromStr for DeviceName {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<DeviceName, UnknownDevice> {
        let unknown = || UnknownDevice(text.to_string());
        let (device, worker) = split(text, '@');
        let (family, number) = split(device, ':');
        let family = DeviceFamily::ALL
            .into_iter()
            .find(|known| known.name() == family)
            .ok_or_else(unknown)?;
        let index = match number {
            None => None,
            // Only the canonical spelling, so that one device has one name.
            Some(digits) => match digits.parse::<u32>() {
                Ok(n) if family.is_numbered() && n.to_string() == digits => Some(n),
                _ => return Err(unknown()),
            },
        };
        let worker = match worker {
            None => None,
            Some(name) => Some(chosen_worker(family, name).ok_or_else(unknown)?),
        };
        Ok(DeviceName {
            family,
            index,
            worker,
        })
    }
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// The worker with this name, where a family has several.
fn chosen_worker(family: DeviceFamily, name: &str) -> Option<WorkerKind> {
    let workers = family.workers();
    let worker = workers.iter().find(|worker| worker.name() == name)?;
    (workers.len() > 1).then_some(*worker)
}

impl TryFrom<String> for DeviceName {
    type Error = UnknownDevice;

    fn try_from(text: String) -> Result<DeviceName, UnknownDevice> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for text in [
            "cpu",
            "libtorch",
            "cuda",
            "cuda:0",
            "cuda:12",
            "cuda:0@libtorch",
            "cuda:3@cubecl",
            "cuda@cubecl",
        ] {
            let name: DeviceName = text.parse().expect(text);
            assert_eq!(name.to_string(), text);
            let json = serde_json::to_string(&name).expect("serialises");
            assert_eq!(json, format!("\"{text}\""));
            let read: DeviceName = serde_json::from_str(&json).expect("reads");
            assert_eq!(read, name);
        }
    }

    #[test]
    fn all_families_are_in_the_order_of_their_declaration() {
        for (index, family) in DeviceFamily::ALL.into_iter().enumerate() {
            assert_eq!(family as usize, index);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "gpu",
            "CPU",
            "cpu:0",
            "cuda:",
            "cuda:-1",
            "cuda:01",
            "cuda:x",
            "cuda:0:0",
            "cuda:0@",
            "cuda:0@flex",
            "cuda@cubecl:0",
            "cpu@flex",
            "libtorch@libtorch",
            "@cubecl",
        ] {
            assert_eq!(
                text.parse::<DeviceName>(),
                Err(UnknownDevice(text.to_string()))
            );
        }
    }
}
