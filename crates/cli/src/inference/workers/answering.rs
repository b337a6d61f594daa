//! Requests that are being answered.

use super::last_heard::LastHeard;
use super::slots::InferenceWorkers;
use crate::exit::{Code, Exit, failure};
use anyhow::Result;
use convsweep_runner::launcher::{
    Launcher, WorkerExit, WorkerHandle, WorkerId, WorkerMessage, WorkerReports, WorkerRequest,
};
use convsweep_spec::command::Command;
use convsweep_spec::inference::{Ensemble, InferenceReply, InferenceRequest};
use convsweep_spec::precision::Precision;
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Answers that may wait for an earlier one, for each slot.
const WAITING: usize = 4;

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

impl InferenceWorkers {
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
    /// When it was last heard of, since it works on that.
    last_heard: LastHeard,
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
            let deadline = self.next_deadline();
            let wake = deadline.unwrap_or_else(Instant::now);
            tokio::select! {
                new = work.recv(), if takes_more => match new {
                    Some(new) => self.begin(new)?,
                    None => is_open = false,
                },
                Some((worker, message)) = self.reports.recv() => self.receive(worker, message)?,
                () = sleep_until(wake), if deadline.is_some() => self.look_for_lost(wake)?,
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

    /// When the next worker counts as lost if it stays silent.
    fn next_deadline(&self) -> Option<Instant> {
        let lost_after = self.workers.lost_after;
        let busy = self.started.iter().filter(|w| w.busy_with.is_some());
        busy.map(|worker| worker.last_heard.deadline(lost_after))
            .min()
    }

    /// Kills a worker that is lost; `deadline` is the time that was waited for.
    fn look_for_lost(&mut self, deadline: Instant) -> Result<()> {
        let now = Instant::now();
        let lost_after = self.workers.lost_after;
        // What waits to be heard comes first. If this process itself was suspended, or held up by
        // whoever reads what it prints, silence of the workers means nothing.
        if !self.reports.is_empty() {
            return Ok(());
        }
        if now.duration_since(deadline) > lost_after / 4 {
            for worker in &mut self.started {
                worker.last_heard = LastHeard::new(now);
            }
            return Ok(());
        }
        for worker in self.started.iter().filter(|w| w.busy_with.is_some()) {
            if let Some(problem) = worker.last_heard.problem(now, lost_after) {
                worker.handle.request(WorkerRequest::Kill);
                let message = format!("{} {problem}", worker.handle.program);
                return Err(failure(Exit::Device, message));
            }
        }
        Ok(())
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
        worker.last_heard = LastHeard::new(Instant::now());
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
        // Networks answer in f32, whatever they were trained in.
        let handle = launcher.launch(index, Precision::F32, reports);
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
            last_heard: LastHeard::new(Instant::now()),
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
                let reply = match serde_json::from_str(&line) {
                    // The worker has died within an answer: its exit follows, and says more.
                    Err(error) if error.is_eof() => return Ok(()),
                    reply => reply,
                };
                let reply = reply.map_err(|error| {
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
        let now = Instant::now();
        let heard = &mut self.started[worker as usize].last_heard;
        match reply {
            InferenceReply::Alive { seconds_computed } => {
                heard.alive(now, seconds_computed);
                return Ok(());
            }
            InferenceReply::Loaded => {
                *heard = LastHeard::new(now);
                return Ok(());
            }
            InferenceReply::Refused { reason } => return Err(failure(Exit::Results, reason)),
            InferenceReply::Predicted { .. }
            | InferenceReply::Explained { .. }
            | InferenceReply::Activated { .. }
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
