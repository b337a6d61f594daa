//! The memory of NVIDIA GPUs, as the driver's own program reports it.

use super::driver_facts::is_same_address;
use crate::devices::timed_answer::answer_in_time;
use std::process::Command;
use std::time::Duration;

/// The driver's program can hang for minutes when the driver is in trouble.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Lines of PCI address and memory in MiB, one for each GPU; `None` without an answer.
pub(super) fn ask_nvidia_smi() -> Option<String> {
    let mut command = Command::new("nvidia-smi");
    command.args([
        "--query-gpu=pci.bus_id,memory.total",
        "--format=csv,noheader,nounits",
    ]);
    let answer = answer_in_time(&mut command, TIMEOUT).ok()??;
    Some(answer.stdout)
}

/// Memory in bytes of the GPU at a PCI address, from the program's answer.
pub(super) fn memory_of(answer: &str, pci_address: &str) -> Option<u64> {
    if pci_address.is_empty() {
        return None;
    }
    for line in answer.lines() {
        let Some((address, mebibytes)) = line.split_once(',') else {
            continue;
        };
        if is_same_address(address, pci_address) {
            return mebibytes.trim().parse::<u64>().ok().map(|mib| mib << 20);
        }
    }
    None
}
