//! How many slots a device has.

use crate::error::RunnerError;
use convsweep_spec::device::DeviceName;
use std::collections::BTreeMap;
use std::str::FromStr;

/// How many slots a device or a family of devices has, and what a job may use. Whatever is not set
/// has its default.
///
/// As text: `cpu=2,cuda=3,cuda:1=1`; `cpu=cores` is the default of the CPU.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotSettings {
    counts: BTreeMap<DeviceName, u32>,
    /// Of a job on the CPU; 0 means 1.
    threads: u32,
    memory_bytes: Option<u64>,
    estimated_bytes: Option<u64>,
}

impl SlotSettings {
    /// Largest number of slots of a device.
    pub const MOST: u32 = 1024;

    /// Sets the number of slots of `device`; a name without an index sets it for the whole family.
    ///
    /// # Errors
    /// [`RunnerError::BadSlots`] for 0 slots or more than [`SlotSettings::MOST`].
    pub fn with(mut self, device: DeviceName, count: u32) -> Result<Self, RunnerError> {
        if !(1..=Self::MOST).contains(&count) {
            let most = Self::MOST;
            return Err(RunnerError::BadSlots {
                text: format!("{device}={count}"),
                problem: format!("a device has 1 to {most} slots; leave one out by --devices"),
            });
        }
        self.counts.insert(device, count);
        Ok(self)
    }

    /// Sets the number of threads of a job on the CPU.
    pub fn with_threads(self, threads: u32) -> Self {
        SlotSettings { threads, ..self }
    }

    /// Sets the memory of a job in bytes. A device then has no more slots than fit into its memory,
    /// but at least one.
    pub fn with_memory(self, memory_bytes: Option<u64>) -> Self {
        SlotSettings {
            memory_bytes,
            ..self
        }
    }

    /// Sets the memory in bytes that a job probably takes. It counts where the memory of a job is
    /// not set, but limits no job.
    pub fn with_estimate(self, estimated_bytes: Option<u64>) -> Self {
        SlotSettings {
            estimated_bytes,
            ..self
        }
    }

    /// The number of slots set for this device, or else for it by any worker, or for its family.
    pub(crate) fn count(&self, device: DeviceName) -> Option<u32> {
        let family = DeviceName::from(device.family);
        let of_worker = DeviceName {
            index: None,
            ..device
        };
        let names = [device, device.by_any_worker(), of_worker, family];
        let count = names.iter().find_map(|name| self.counts.get(name));
        count.copied()
    }

    /// Number of threads of a job on the CPU, at least 1.
    pub(crate) fn job_threads(&self) -> u32 {
        self.threads.max(1)
    }

    /// Memory in bytes by which jobs share that of a device: what a job may take, or else what it
    /// probably takes.
    pub(crate) fn job_bytes(&self) -> Option<u64> {
        self.memory_bytes.or(self.estimated_bytes)
    }

    /// Memory of a job in bytes.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        self.memory_bytes
    }
}

impl FromStr for SlotSettings {
    type Err = RunnerError;

    fn from_str(text: &str) -> Result<Self, RunnerError> {
        let mut settings = SlotSettings::default();
        for part in text.split(',').map(str::trim) {
            if !part.is_empty() {
                settings = settings.with_part(part)?;
            }
        }
        Ok(settings)
    }
}

impl SlotSettings {
    /// Applies one part of the text, such as `cuda:1=2`.
    fn with_part(mut self, part: &str) -> Result<Self, RunnerError> {
        let Some((device, count)) = part.split_once('=') else {
            return Err(bad_part(part, "a device and a count are joined by ="));
        };
        let (device, count) = (device.trim(), count.trim());
        if (device, count) == ("cpu", "cores") {
            self.counts.remove(&DeviceName::CPU);
            return Ok(self);
        }
        let Ok(device) = device.parse::<DeviceName>() else {
            return Err(bad_part(part, &format!("\"{device}\" is not a device")));
        };
        match count.parse::<u32>() {
            Ok(count) => self.with(device, count),
            Err(_) => Err(bad_part(part, "the count is not a whole number")),
        }
    }
}

fn bad_part(part: &str, problem: &str) -> RunnerError {
    RunnerError::BadSlots {
        text: part.to_string(),
        problem: problem.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::device::WorkerKind;

    #[test]
    fn a_device_has_its_own_count_or_that_of_its_family() {
        let settings: SlotSettings = "cuda=3,cuda:1=2".parse().unwrap();
        assert_eq!(settings.count(DeviceName::cuda(0)), Some(3));
        assert_eq!(settings.count(DeviceName::cuda(1)), Some(2));
        assert_eq!(settings.count(DeviceName::CPU), None);
        let by_cubecl = DeviceName::cuda(1).by(WorkerKind::CubeCl);
        assert_eq!(settings.count(by_cubecl), Some(2));
        let cores: SlotSettings = "cpu=2, cpu=cores".parse().unwrap();
        assert_eq!(cores.count(DeviceName::CPU), None);
    }

    #[test]
    fn mistakes_are_explained() {
        let check = |text: &str, expect: &str| {
            let error = text.parse::<SlotSettings>().unwrap_err();
            assert!(error.to_string().starts_with(expect), "{error}");
            assert_eq!(error.exit_code(), 2);
        };
        check("cpu=0", "slots \"cpu=0\": a device has 1 to 1024 slots");
        check(
            "cpu=2000",
            "slots \"cpu=2000\": a device has 1 to 1024 slots",
        );
        check("cpu", "slots \"cpu\": a device and a count are joined by =");
        check("tpu=1", "slots \"tpu=1\": \"tpu\" is not a device");
        check(
            "cpu=many",
            "slots \"cpu=many\": the count is not a whole number",
        );
    }
}
