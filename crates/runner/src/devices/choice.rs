//! Which of the found devices a run uses.

use super::families::none_found;
use super::found::FoundDevice;
use crate::error::RunnerError;
use convsweep_spec::device::{DeviceFamily, DeviceName};

/// A device to train on, as `--devices` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// Every usable GPU, or the CPU if there is none.
    Auto,
    /// This device; a family of GPUs without a number means every usable one of them.
    Named(DeviceName),
}

/// Parses a list of devices such as `cuda:0,cpu` or `auto`.
///
/// # Errors
/// [`RunnerError::UnknownDevice`] for a text that does not name a device.
pub fn parse_device_list(text: &str) -> Result<Vec<DeviceChoice>, RunnerError> {
    let mut choices = Vec::new();
    for name in text.split(',').map(str::trim) {
        match name {
            "" => {}
            "auto" => choices.push(DeviceChoice::Auto),
            name => choices.push(DeviceChoice::Named(name.parse()?)),
        }
    }
    Ok(choices)
}

/// The chosen devices, each once; an empty list means [`DeviceChoice::Auto`].
///
/// # Errors
/// [`RunnerError::UnusableDevice`].
pub fn choose_devices<'a>(
    choices: &[DeviceChoice],
    found: &'a [FoundDevice],
) -> Result<Vec<&'a FoundDevice>, RunnerError> {
    let choices = match choices {
        [] => &[DeviceChoice::Auto],
        choices => choices,
    };
    let mut chosen: Vec<&FoundDevice> = Vec::new();
    for choice in choices {
        for device in devices_of(*choice, found)? {
            if chosen.iter().all(|other| other.name != device.name) {
                chosen.push(device);
            }
        }
    }
    Ok(chosen)
}

fn devices_of(
    choice: DeviceChoice,
    found: &[FoundDevice],
) -> Result<Vec<&FoundDevice>, RunnerError> {
    match choice {
        DeviceChoice::Auto => automatic(found),
        DeviceChoice::Named(name) if name.index.is_none() && !name.family.is_cpu() => {
            usable_gpus(name.family, found)
        }
        DeviceChoice::Named(name) => Ok(vec![named(name, found)?]),
    }
}

/// The usable GPUs of the first family that has any, else the CPU.
fn automatic(found: &[FoundDevice]) -> Result<Vec<&FoundDevice>, RunnerError> {
    for family in DeviceFamily::ALL {
        if !family.is_cpu()
            && let Ok(gpus) = usable_gpus(family, found)
        {
            return Ok(gpus);
        }
    }
    Ok(vec![named(DeviceName::CPU, found)?])
}

fn usable_gpus(
    family: DeviceFamily,
    found: &[FoundDevice],
) -> Result<Vec<&FoundDevice>, RunnerError> {
    let mut usable = Vec::new();
    let mut problem = None;
    for gpu in found.iter().filter(|device| device.name.family == family) {
        match &gpu.problem {
            None => usable.push(gpu),
            Some(first) => problem = problem.or(Some(first.clone())),
        }
    }
    if !usable.is_empty() {
        return Ok(usable);
    }
    let name = family.name().to_string();
    let reason = problem.unwrap_or_else(|| none_found(family));
    Err(RunnerError::UnusableDevice { name, reason })
}

fn named(name: DeviceName, found: &[FoundDevice]) -> Result<&FoundDevice, RunnerError> {
    let reason = match found.iter().find(|device| device.name == name) {
        Some(device) => match &device.problem {
            Some(problem) => problem.clone(),
            None => return Ok(device),
        },
        None => {
            let names: Vec<String> = found.iter().map(|device| device.name.to_string()).collect();
            let names = names.join(", ");
            format!("it is not there; this machine has {names}")
        }
    };
    let name = name.to_string();
    Err(RunnerError::UnusableDevice { name, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, problem: Option<&str>) -> FoundDevice {
        FoundDevice {
            name: name.parse().unwrap(),
            description: String::new(),
            memory_bytes: None,
            process_memory_bytes: None,
            cores: 0,
            worker: "/w/worker".into(),
            problem: problem.map(str::to_string),
        }
    }

    /// The chosen devices, or the exit code and the message.
    fn choose(text: &str, found: &[FoundDevice]) -> String {
        let choices = parse_device_list(text);
        let chosen = choices.and_then(|choices| choose_devices(&choices, found));
        match chosen {
            Ok(devices) => {
                let names: Vec<String> = devices.iter().map(|d| d.name.to_string()).collect();
                names.join(" ")
            }
            Err(error) => format!("{} {error}", error.exit_code()),
        }
    }

    #[test]
    fn devices_are_chosen_once_and_gpus_before_the_cpu() {
        let cpu = [device("cpu", None)];
        let mixed = [
            device("cpu", None),
            device("cuda:0", None),
            device("cuda:1", Some("broken")),
            device("cuda:2", None),
        ];
        assert_eq!(choose("", &cpu), "cpu");
        assert_eq!(choose("cpu,cpu,auto", &cpu), "cpu");
        assert_eq!(choose("auto", &mixed), "cuda:0 cuda:2");
        assert_eq!(choose("cuda,cpu,cuda:0", &mixed), "cuda:0 cuda:2 cpu");
    }

    #[test]
    fn an_unusable_device_is_explained_with_its_exit_code() {
        let mixed = [device("cpu", None), device("cuda:1", Some("broken"))];
        let check = |text: &str, expect: &str| {
            let got = choose(text, &mixed);
            assert!(got.starts_with(expect), "{got}");
        };
        check("cuda:1", "4 device cuda:1 cannot be used: broken");
        check("cuda", "4 device cuda cannot be used: broken");
        let missing =
            "4 device cuda:7 cannot be used: it is not there; this machine has cpu, cuda:1";
        check("cuda:7", missing);
        check("gpu", "2 unknown device \"gpu\"");
    }
}
