//! Names of the devices that networks are trained on.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A kind of device; each has a worker program of its own.
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

    /// File name of the worker program that trains on devices of this family.
    pub fn worker(self) -> &'static str {
        match self {
            Self::Cpu => "convsweep-worker",
            Self::LibTorch => "convsweep-worker-libtorch",
            Self::Cuda => "convsweep-worker-cuda",
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

/// A device as users, logs and workers name it: `cpu`, `libtorch`, `cuda` (all GPUs), `cuda:1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName {
    /// Its kind.
    pub family: DeviceFamily,
    /// Its number within the family, if one was given.
    pub index: Option<u32>,
}

impl DeviceName {
    /// The CPU.
    pub const CPU: DeviceName = DeviceName {
        family: DeviceFamily::Cpu,
        index: None,
    };
    /// The CPU by LibTorch.
    pub const LIBTORCH: DeviceName = DeviceName {
        family: DeviceFamily::LibTorch,
        index: None,
    };

    /// The CUDA device with this number.
    pub fn cuda(index: u32) -> DeviceName {
        DeviceName {
            family: DeviceFamily::Cuda,
            index: Some(index),
        }
    }
}

impl From<DeviceFamily> for DeviceName {
    /// The whole family.
    fn from(family: DeviceFamily) -> DeviceName {
        DeviceName {
            family,
            index: None,
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "{}:{index}", self.family.name()),
            None => f.write_str(self.family.name()),
        }
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> String {
        name.to_string()
    }
}

/// A device as a worker program describes it: a row of `convsweep-worker --devices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerDevice {
    /// Its name.
    pub name: DeviceName,
    /// The kind of device: `cpu`, or the GPU's model.
    pub kind: String,
    /// The backend that computes on it.
    pub backend: String,
    /// The worker's version.
    pub version: String,
    /// The revision that the worker was built from.
    pub revision: String,
    /// The processor's vector instructions that are used.
    pub instructions: String,
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown device \"{0}\": known are auto, cpu, cuda, cuda:N and libtorch")]
pub struct UnknownDevice(pub String);

impl FromStr for DeviceName {
    type Err = UnknownDevice;

    fn from_str(text: &str) -> Result<DeviceName, UnknownDevice> {
        let unknown = || UnknownDevice(text.to_string());
        let (family, number) = match text.split_once(':') {
            Some((family, number)) => (family, Some(number)),
            None => (text, None),
        };
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
        Ok(DeviceName { family, index })
    }
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
        for text in ["cpu", "libtorch", "cuda", "cuda:0", "cuda:12"] {
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
            "", "gpu", "CPU", "cpu:0", "cuda:", "cuda:-1", "cuda:01", "cuda:x", "cuda:0:0",
        ] {
            assert_eq!(
                text.parse::<DeviceName>(),
                Err(UnknownDevice(text.to_string()))
            );
        }
    }
}
