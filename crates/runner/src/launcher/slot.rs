//! A slot as the dispatcher sees it.

use convsweep_spec::device::DeviceName;
use convsweep_spec::precision::Precisions;

/// The right to run one job on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The device that jobs are told to use.
    pub device: DeviceName,
    /// Number of threads that share a job's work.
    pub threads: u32,
    /// The precisions that jobs on it can be computed in.
    pub precisions: Precisions,
}
