//! Which of the found devices a run uses.

use super::families::none_found;
use super::worker_program::{worker_path, worker_problem, worker_remedy};
use crate::error::RunnerError;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::node::FoundDevice;

/// A device to train on, as `--devices` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// Every usable GPU, or the CPU if there is none.
    Auto,
    /// This device; a family of GPUs without a number means every usable one of them, each by the
    /// worker that is taken first, or by the one that is named.
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
            usable_gpus(name, found)
        }
        DeviceChoice::Named(name) => Ok(vec![named(name, found)?]),
    }
}

/// The usable GPUs of the first family that has any, else the CPU.
fn automatic(found: &[FoundDevice]) -> Result<Vec<&FoundDevice>, RunnerError> {
    for family in DeviceFamily::ALL {
        if !family.is_cpu()
            && let Ok(gpus) = usable_gpus(DeviceName::from(family), found)
        {
            return Ok(gpus);
        }
    }
    Ok(vec![named(DeviceName::CPU, found)?])
}

fn usable_gpus(asked: DeviceName, found: &[FoundDevice]) -> Result<Vec<&FoundDevice>, RunnerError> {
    let mut usable = Vec::new();
    let mut problem = None;
    for gpu in found.iter().filter(|device| serves(device, asked)) {
        match &gpu.problem {
            None => usable.push(gpu),
            Some(first) => problem = problem.or(Some(first.clone())),
        }
    }
    if !usable.is_empty() {
        return Ok(usable);
    }
    let reason = match (
        problem,
        found.iter().find(|device| is_same_gpu(device, asked)),
    ) {
        (Some(problem), _) => problem,
        (None, Some(by_other)) => not_served(asked, by_other),
        (None, None) => none_found(asked.family),
    };
    let name = asked.to_string();
    Err(RunnerError::UnusableDevice { name, reason })
}

/// Whether a found device is meant by a name: the same worker, or the one that is taken first if
/// none is named.
fn serves(device: &FoundDevice, asked: DeviceName) -> bool {
    let is_worker = match asked.worker {
        None => device.name.worker.is_none(),
        Some(worker) => {
            let program = device.worker.file_name();
            program.is_some_and(|name| name == worker.program())
        }
    };
    is_worker && is_same_gpu(device, asked)
}

fn is_same_gpu(device: &FoundDevice, asked: DeviceName) -> bool {
    let is_number = asked.index.is_none() || asked.index == device.name.index;
    device.name.family == asked.family && is_number
}

/// Why a worker does not serve a GPU that is there.
fn not_served(asked: DeviceName, by_other: &FoundDevice) -> String {
    let problem = match (asked.worker, by_other.worker.parent()) {
        (Some(worker), Some(folder)) => worker_problem(&worker_path(folder, worker)),
        _ => by_other.problem.clone(),
    };
    problem.unwrap_or_else(|| {
        let what = "builds it again, with a PyTorch that has CUDA (CONVSWEEP_TORCH_PYTHON)";
        format!(
            "its worker was built without CUDA: {}",
            worker_remedy(&by_other.worker, what)
        )
    })
}

fn named(asked: DeviceName, found: &[FoundDevice]) -> Result<&FoundDevice, RunnerError> {
    let device = found.iter().find(|device| serves(device, asked));
    let reason = match device.map(|device| (device, &device.problem)) {
        Some((device, None)) => return Ok(device),
        Some((_, Some(problem))) => problem.clone(),
        None => not_there(asked, found),
    };
    let name = asked.to_string();
    Err(RunnerError::UnusableDevice { name, reason })
}

/// Why a device is not among those found: it has another worker, its whole family has a problem,
/// or it does not exist.
fn not_there(asked: DeviceName, found: &[FoundDevice]) -> String {
    let mut same_gpu = found.iter().filter(|device| is_same_gpu(device, asked));
    if let Some(by_other) = same_gpu.next() {
        return not_served(asked, by_other);
    }
    let family = DeviceName::from(asked.family);
    if let Some(problem) = found.iter().find(|device| device.name == family) {
        return problem.problem.clone().unwrap_or_default();
    }
    let names: Vec<String> = found.iter().map(|device| device.name.to_string()).collect();
    let names = names.join(", ");
    format!("it is not there; this machine has {names}")
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
            gpu: None,
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
    fn a_worker_can_be_named() {
        let by = |name: &str, worker: &str| FoundDevice {
            worker: format!("/w/{worker}").into(),
            ..device(name, None)
        };
        let both = [
            device("cpu", None),
            by("cuda:0", "convsweep-worker-libtorch"),
            by("cuda:0@cubecl", "convsweep-worker-cuda"),
        ];
        assert_eq!(choose("cuda", &both), "cuda:0");
        assert_eq!(choose("auto", &both), "cuda:0");
        assert_eq!(choose("cuda@cubecl", &both), "cuda:0@cubecl");
        let twice = "cuda:0@libtorch,cuda:0,cuda:0@cubecl";
        assert_eq!(choose(twice, &both), "cuda:0 cuda:0@cubecl");
        let missing = choose("cuda:0@cubecl", &both[..2]);
        let expect = "4 device cuda:0@cubecl cannot be used: its worker convsweep-worker-cuda is \
                      not in /w: `just worker cuda`, in the sources of convsweep ";
        assert!(missing.starts_with(expect), "{missing}");
    }

    #[test]
    fn a_family_without_a_device_says_why() {
        let hidden = [device("cpu", None), device("cuda", Some("all are hidden"))];
        assert_eq!(choose("auto", &hidden), "cpu");
        for asked in ["cuda", "cuda:0", "cuda:0@libtorch"] {
            let expect = format!("4 device {asked} cannot be used: all are hidden");
            assert_eq!(choose(asked, &hidden), expect);
        }
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
