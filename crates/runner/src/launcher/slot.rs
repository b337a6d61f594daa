//! A slot as the dispatcher sees it.

use convsweep_spec::device::DeviceName;
use convsweep_spec::precision::Precisions;

/// Where the device of a slot is. Devices of two machines have equal names, and so have the GPUs that
/// Slurm gives to workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotPlace {
    /// Number of the machine: 0 for the one that this program runs on.
    pub host: u16,
    /// Number of the device on that machine.
    pub unit: u16,
}

/// The right to run one job on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Where the device is.
    pub place: SlotPlace,
    /// The device that jobs are told to use.
    pub device: DeviceName,
    /// Number of threads that share a job's work.
    pub threads: u32,
    /// The precisions that jobs on it can be computed in.
    pub precisions: Precisions,
}
