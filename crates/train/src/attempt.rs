//! What an attempt at a job is given, and what it may be told while it runs.

use crate::error::TrainError;
use crate::failpoint::Failpoints;
use convsweep_files::FileError;
use convsweep_nn::Device;
use convsweep_spec::event::{Event, Fingerprint};
use convsweep_spec::job::Job;
use convsweep_spec::metric::Number;
use std::collections::BTreeMap;

/// The answer to an attempt that asks whether it should continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directive {
    /// Continue.
    Continue,
    /// Write a checkpoint and end with [`convsweep_spec::outcome::Outcome::Cancelled`].
    Stop,
    /// End at once, without a checkpoint: nobody waits for the result any more.
    Abandon,
}

/// A job together with everything that an attempt at it needs from the process around it.
pub struct Attempt<'a> {
    /// The job and the circumstances of the attempt.
    pub job: &'a Job,
    /// Backend, device, instruction set and program version of this worker.
    pub fingerprint: &'a Fingerprint,
    /// Where tensors live.
    pub device: &'a Device,
    /// Where a test may kill the process.
    pub failpoints: &'a Failpoints,
    /// The metrics that earlier attempts have logged, by epoch; of several the newest.
    pub logged_metrics: &'a BTreeMap<u32, BTreeMap<String, Number>>,
    /// Takes every event except `Ended`.
    pub report: &'a mut dyn FnMut(Event) -> std::io::Result<()>,
    /// Asked before files are written: an error if the job's folder is no longer the one that the
    /// attempt began in.
    pub folder_is_there: &'a dyn Fn() -> Result<(), FileError>,
    /// Asked before each step and each batch of an evaluation.
    pub directive: &'a dyn Fn() -> Directive,
    /// Waits after an epoch that it reported until the attempt may train on or has to stop, if the
    /// job asks for that ([`convsweep_spec::job::Execution::asks_from`]).
    pub wait_for_verdict: &'a dyn Fn(u32),
}

impl Attempt<'_> {
    pub(crate) fn report(&mut self, event: Event) -> Result<(), TrainError> {
        (self.report)(event).map_err(TrainError::Report)
    }
}
