//! Workers that answer with trained networks: one for each slot, started as there is work for
//! them.

use crate::exit::{Code, Exit, failure, runner_failure};
use anyhow::Result;
use convsweep_runner::devices::{DeviceChoice, SlotSettings, parse_device_list, worker_folder};
use convsweep_runner::launcher::{
    Launcher, WorkerExit, WorkerHandle, WorkerId, WorkerMessage, WorkerReports,
};
use convsweep_runner::local::{LocalLauncher, local_devices, local_slots};
use convsweep_spec::command::Command;
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::inference::{Ensemble, InferenceReply, InferenceRequest};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use tokio::sync::mpsc;

/// Time that a worker has to exit at the end.
const GRACE: Duration = Duration::from_secs(5);
/// Answers that may wait for an earlier one, for each slot.
const WAITING: usize = 4;
/// Memory of a worker in bytes besides what the weights take, by measurement.
const WORKER_BYTES: u64 = 200 << 20;
/// How often the values of the weights are in memory at most, as read, as values and as tensors.
const COPIES_OF_WEIGHTS: u64 = 6;

/// A request, and what the asker wants to know when it is answered.
pub struct Work<T> {
    /// The request.
    pub request: InferenceRequest,
    /// What it is about.
    pub about: T,
}

/// A request that was answered.
pub struct Answered<T> {
    /// What the request was about.
    pub about: T,
    /// The answer.
    pub reply: InferenceReply,
}

/// The slots on which workers answer.
pub struct InferenceWorkers {
    launcher: LocalLauncher,
    ensemble: Ensemble,
}

impl InferenceWorkers {
    /// The workers for these networks, on the devices that the user names: a list such as
    /// `cpu,cuda:0`, or else the CPU.
    ///
    /// # Errors
    /// If there is no such device, or no worker for it.
    pub fn new(devices: Option<&str>, ensemble: Ensemble) -> Result<InferenceWorkers> {
        let choices = match devices {
            Some(text) => parse_device_list(text).map_err(runner_failure)?,
            None => vec![DeviceChoice::Named(DeviceName::from(DeviceFamily::Cpu))],
        };
        let found = local_devices(&choices, &worker_folder()).map_err(runner_failure)?;
        let mut bytes = WORKER_BYTES;
        for network in &ensemble.networks {
            let weights = fs::metadata(&network.weights).map_or(0, |file| file.len());
            bytes = bytes.saturating_add(weights.saturating_mul(COPIES_OF_WEIGHTS));
        }
        let settings = SlotSettings::default().with_estimate(Some(bytes));
        let arranged = local_slots(&found, &settings).map_err(runner_failure)?;
        Ok(InferenceWorkers {
            launcher: LocalLauncher {
                slots: arranged.slots,
                grace_period: GRACE,
            },
            ensemble,
        })
    }

    /// Has all requests answered, and passes the answers on in the order of the requests.
    ///
    /// # Errors
    /// The first that a worker or `answered` reports.
    pub fn answer_all<T>(
        &self,
        work: mpsc::Receiver<Work<T>>,
        answered: impl FnMut(Answered<T>) -> Result<()>,
    ) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .code(Exit::Device)?;
        runtime.block_on(Answering::new(self, answered).run(work))
    }
}

/// Requests that are being answered.
struct Answering<'a, T, F> {
    workers: &'a InferenceWorkers,
    answered: F,
    started: Vec<StartedWorker>,
    reports: mpsc::Receiver<(WorkerId, WorkerMessage)>,
    sender: mpsc::Sender<(WorkerId, WorkerMessage)>,
    /// What requests are about that are not passed on yet, and the answers that are there, by
    /// number.
    open: BTreeMap<u64, (T, Option<InferenceReply>)>,
    /// Number of the next request.
    next: u64,
}

/// A worker on the slot with the same index.
struct StartedWorker {
    handle: WorkerHandle,
    /// Number of the request that it works on.
    busy_with: Option<u64>,
}

impl<'a, T, F: FnMut(Answered<T>) -> Result<()>> Answering<'a, T, F> {
    fn new(workers: &'a InferenceWorkers, answered: F) -> Self {
        let (sender, reports) = mpsc::channel(64);
        Answering {
            workers,
            answered,
            started: Vec::new(),
            reports,
            sender,
            open: BTreeMap::new(),
            next: 0,
        }
    }

    async fn run(mut self, mut work: mpsc::Receiver<Work<T>>) -> Result<()> {
        let mut is_open = true;
        while is_open || !self.open.is_empty() {
            let takes_more = is_open && self.has_room();
            tokio::select! {
                new = work.recv(), if takes_more => match new {
                    Some(new) => self.begin(new)?,
                    None => is_open = false,
                },
                Some((worker, message)) = self.reports.recv() => self.receive(worker, message)?,
            }
        }
        Ok(())
    }

    /// Whether a worker is free, and not too many answers wait for an earlier one.
    fn has_room(&self) -> bool {
        let slots = self.workers.launcher.slots.len();
        let is_free = self.started.iter().any(|worker| worker.busy_with.is_none());
        (is_free || self.started.len() < slots) && self.open.len() < slots * WAITING
    }

    fn begin(&mut self, work: Work<T>) -> Result<()> {
        let free = self
            .started
            .iter()
            .position(|worker| worker.busy_with.is_none());
        let index = match free {
            Some(index) => index,
            None => self.start()?,
        };
        let number = self.next;
        self.next += 1;
        self.open.insert(number, (work.about, None));
        let worker = &mut self.started[index];
        worker.busy_with = Some(number);
        worker.handle.send(Command::Infer(work.request));
        Ok(())
    }

    /// Starts a worker on the next slot, which loads the networks first.
    fn start(&mut self) -> Result<usize> {
        let index = self.started.len();
        let reports = WorkerReports {
            worker: index as WorkerId,
            channel: self.sender.clone(),
        };
        let launcher = &self.workers.launcher;
        let handle = launcher.launch(index, reports);
        let handle = handle.map_err(|error| failure(Exit::Device, error.reason))?;
        let slot = launcher.slots[index].slot();
        let ensemble = Ensemble {
            device: slot.device,
            threads: slot.threads,
            ..self.workers.ensemble.clone()
        };
        let load = InferenceRequest::Load(Box::new(ensemble));
        handle.send(Command::Infer(load));
        self.started.push(StartedWorker {
            handle,
            busy_with: None,
        });
        Ok(index)
    }

    fn receive(&mut self, worker: WorkerId, message: WorkerMessage) -> Result<()> {
        match message {
            WorkerMessage::Note(note) => {
                tracing::info!("{note}");
                Ok(())
            }
            WorkerMessage::Exited(exit) => Err(self.exited(worker, &exit)),
            WorkerMessage::Line(line) => {
                let reply = serde_json::from_str(&line).map_err(|error| {
                    let worker = &self.started[worker as usize].handle.program;
                    let message = format!(
                        "{worker} answers in words of another version ({error}): build \
                        convsweep and its workers from one revision"
                    );
                    failure(Exit::Device, message)
                })?;
                self.take(worker, reply)
            }
        }
    }

    fn take(&mut self, worker: WorkerId, reply: InferenceReply) -> Result<()> {
        match reply {
            InferenceReply::Loaded => return Ok(()),
            InferenceReply::Refused { reason } => return Err(failure(Exit::Results, reason)),
            InferenceReply::Predicted { .. }
            | InferenceReply::Explained { .. }
            | InferenceReply::Exported(_) => {}
        }
        let number = self.started[worker as usize].busy_with.take();
        if let Some((_, answer)) = number.and_then(|number| self.open.get_mut(&number)) {
            *answer = Some(reply);
        }
        self.pass_on()
    }

    /// Passes on the answers for which no earlier one is missing.
    fn pass_on(&mut self) -> Result<()> {
        while let Some(first) = self.open.first_entry() {
            if first.get().1.is_none() {
                break;
            }
            if let (about, Some(reply)) = first.remove() {
                (self.answered)(Answered { about, reply })?;
            }
        }
        Ok(())
    }

    /// No worker ends by itself while there is work.
    fn exited(&self, worker: WorkerId, exit: &WorkerExit) -> anyhow::Error {
        let handle = &self.started[worker as usize].handle;
        let said = handle.stderr.text();
        let said = said.trim();
        let message = match said.is_empty() {
            true => format!("{} {}", handle.program, exit.description),
            false => format!("{} {}: {said}", handle.program, exit.description),
        };
        failure(Exit::Device, message)
    }
}
