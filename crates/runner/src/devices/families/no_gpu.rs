//! Why there is no GPU where one may be expected.

use super::driver_facts::DriverFacts;
use super::machine::Machine;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::node::FoundDevice;
use std::path::PathBuf;

/// A row for the whole family that says why it has no device; `None` on a machine where nothing
/// hints at a GPU. `hidden` is the number of GPUs that `CUDA_VISIBLE_DEVICES` hides.
pub(super) fn no_gpu(machine: &Machine, facts: &DriverFacts, hidden: usize) -> Option<FoundDevice> {
    let problem = if hidden > 0 {
        hidden_problem(machine, hidden)
    } else if has_driver(machine, facts) {
        driver_problem(facts)
    } else {
        missing_driver(&nvidia_card(machine)?)
    };
    Some(FoundDevice {
        name: DeviceName::from(DeviceFamily::Cuda),
        description: "NVIDIA GPUs".to_string(),
        memory_bytes: None,
        process_memory_bytes: None,
        cores: 0,
        worker: PathBuf::new(),
        problem: Some(problem),
        gpu: None,
    })
}

fn hidden_problem(machine: &Machine, hidden: usize) -> String {
    let visible = machine.cuda_visible_devices.unwrap_or_default();
    let gpus = match hidden {
        1 => "the GPU".to_string(),
        count => format!("all {count} GPUs"),
    };
    format!("CUDA_VISIBLE_DEVICES=\"{visible}\" hides {gpus}: unset it, or set it to 0")
}

fn has_driver(machine: &Machine, facts: &DriverFacts) -> bool {
    facts.version.is_some() || machine.path("dev/nvidiactl").exists()
}

fn driver_problem(facts: &DriverFacts) -> String {
    let version = facts.version.as_deref().unwrap_or("of unknown version");
    format!(
        "the NVIDIA driver ({version}) is loaded, but shows no GPU: see `nvidia-smi`; in a container \
         give it GPUs (`--gpus all`), on a cluster ask the scheduler for one (`--gres=gpu:1`)"
    )
}

fn missing_driver(card: &str) -> String {
    format!(
        "there is an NVIDIA card at PCI address {card}, but its driver is not loaded: install \
         NVIDIA's driver; in a container give it GPUs (`--gpus all`)"
    )
}

/// The PCI address of a display or compute card by NVIDIA.
fn nvidia_card(machine: &Machine) -> Option<String> {
    const NVIDIA: &str = "0x10de";
    const DISPLAY: &str = "0x03";
    let mut cards = Vec::new();
    for folder in machine.list("sys/bus/pci/devices") {
        let address = folder.file_name()?.to_string_lossy().into_owned();
        let read = |name: &str| machine.read(&format!("sys/bus/pci/devices/{address}/{name}"));
        if read("vendor").trim() == NVIDIA && read("class").starts_with(DISPLAY) {
            cards.push(address);
        }
    }
    cards.into_iter().min()
}

#[cfg(test)]
mod tests {
    use crate::devices::families::faked_machine::{machine, problem, put};
    use crate::devices::families::find_on;

    #[test]
    fn a_driver_without_a_gpu_and_a_card_without_a_driver_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let check = |expect: &str| {
            let found = find_on(&machine(dir.path(), dir.path()));
            let text = found.get(1).map_or(String::new(), |_| problem(&found, 1));
            assert!(
                text.starts_with(expect) && text.is_empty() == expect.is_empty(),
                "{text}"
            );
        };
        check("");
        let card = "sys/bus/pci/devices/0000:41:00.0";
        put(dir.path(), &format!("{card}/vendor"), "0x10de\n");
        put(dir.path(), &format!("{card}/class"), "0x040300\n");
        check("");
        put(dir.path(), &format!("{card}/class"), "0x030200\n");
        check("there is an NVIDIA card at PCI address 0000:41:00.0, but its driver is not loaded");
        let version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22\n";
        put(dir.path(), "proc/driver/nvidia/version", version);
        check("the NVIDIA driver (550.54.14) is loaded, but shows no GPU");
    }
}
