//! A slot as the scheduler sees it.

use convsweep_spec::precision::Precisions;

/// The scheduler's record of a slot.
#[derive(Debug)]
pub(super) struct SlotRecord {
    pub(super) device: usize,
    pub(super) precisions: Precisions,
    pub(super) status: SlotStatus,
    /// Whether it is closed as soon as its job has ended.
    pub(super) closes_after_job: bool,
    /// Consecutive failures to start a worker.
    pub(super) start_failures: u32,
    /// The job with which the last start failed.
    pub(super) failed_with: Option<usize>,
}

#[derive(Debug, PartialEq)]
pub(super) enum SlotStatus {
    Idle,
    /// It has this job.
    Busy(usize),
    /// Its worker is being replaced.
    WorkerExiting,
    Closed,
}

impl SlotRecord {
    /// An idle slot on a device.
    pub(super) fn new(device: usize) -> SlotRecord {
        SlotRecord {
            device,
            precisions: Precisions::ALL,
            status: SlotStatus::Idle,
            closes_after_job: false,
            start_failures: 0,
            failed_with: None,
        }
    }

    /// The job that it has.
    pub(super) fn job(&self) -> Option<usize> {
        match self.status {
            SlotStatus::Busy(job) => Some(job),
            SlotStatus::Idle | SlotStatus::WorkerExiting | SlotStatus::Closed => None,
        }
    }

    /// Its job has ended, or its worker was replaced.
    pub(super) fn vacate(&mut self) {
        self.status = match self.closes_after_job {
            true => SlotStatus::Closed,
            false => SlotStatus::Idle,
        };
    }

    /// Whether it takes no job any more.
    pub(super) fn is_closed(&self) -> bool {
        match self.status {
            SlotStatus::Closed => true,
            SlotStatus::WorkerExiting => self.closes_after_job,
            SlotStatus::Idle | SlotStatus::Busy(_) => false,
        }
    }

    /// Closes it now, or as soon as it is idle.
    pub(super) fn close(&mut self) {
        match self.status {
            SlotStatus::Busy(_) | SlotStatus::WorkerExiting => self.closes_after_job = true,
            SlotStatus::Idle | SlotStatus::Closed => self.status = SlotStatus::Closed,
        }
    }
}
