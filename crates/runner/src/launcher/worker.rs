//! The launcher's contract: how workers are started, what they are asked, what they report.

use super::slot::Slot;
use super::stderr_tail::StderrTail;
use convsweep_spec::command::Command;
use convsweep_spec::outcome::Outcome;
use convsweep_spec::precision::Precision;
use std::path::PathBuf;
use tokio::sync::mpsc;

/// Number of a worker, unique within a run; a slot may have several workers one after another.
pub type WorkerId = u64;

/// Offers slots and starts workers on them.
pub trait Launcher {
    /// The slots, in the order of their indices.
    fn slots(&self) -> Vec<Slot>;

    /// The name of a machine by its number ([`super::SlotPlace`]); `None` for the one that this
    /// program runs on.
    fn host_name(&self, _host: u16) -> Option<&str> {
        None
    }

    /// Starts a worker on the slot with index `slot` for jobs in this precision; a worker on a GPU
    /// computes products of f32 in one way ([`Precision::allows_tf32`]) until it exits. Its last
    /// report is [`WorkerMessage::Exited`].
    ///
    /// # Errors
    /// If no process starts.
    fn launch(
        &self,
        slot: usize,
        precision: Precision,
        reports: WorkerReports,
    ) -> Result<WorkerHandle, LaunchError>;
}

/// Why a worker was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchError {
    /// What was tried, what went wrong, and what to do.
    pub reason: String,
    /// Whether every other start of the program would fail in the same way.
    pub is_lasting: bool,
}

/// Control over a running worker. Dropping it closes the worker's standard input, as
/// [`WorkerRequest::CloseInput`] does.
#[derive(Debug)]
pub struct WorkerHandle {
    /// The worker's program, as messages name it.
    pub program: String,
    /// Requests to the worker.
    pub requests: mpsc::UnboundedSender<WorkerRequest>,
    /// The last lines of its standard error.
    pub stderr: StderrTail,
}

impl WorkerHandle {
    /// Sends a request. A worker that has already exited ignores it; its exit is reported later.
    pub fn request(&self, request: WorkerRequest) {
        let _ = self.requests.send(request);
    }

    /// Sends a command, as [`WorkerHandle::request`] does.
    pub fn send(&self, command: Command) {
        self.request(WorkerRequest::Send(Box::new(command)));
    }
}

/// A request to a worker.
#[derive(Debug)]
pub enum WorkerRequest {
    /// Standard error belongs to this attempt from now on: the job's folder and the attempt.
    BeginAttempt(PathBuf, u32),
    /// Write the command as one line to its standard input.
    Send(Box<Command>),
    /// Close its standard input, upon which it exits.
    CloseInput,
    /// Kill it.
    Kill,
}

/// A report about a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerMessage {
    /// A line of its standard output, without the newline.
    Line(String),
    /// A remark about the process for the user.
    Note(String),
    /// It has exited. All of its lines came before.
    Exited(WorkerExit),
}

/// How a worker exited.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerExit {
    /// Outcome of the attempt that it was running, if any: out of memory, or crashed.
    pub outcome: Outcome,
    /// Whether it exited by itself and without an error.
    pub is_clean: bool,
    /// What is at fault, if the worker has not reported anything before.
    pub blame: Blame,
    /// The exit in words that follow "the worker": `exited with code 3`.
    pub description: String,
}

/// What is at fault when a worker exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The job, the slot or chance.
    Attempt,
    /// The program: if it exits like this before it has reported anything, it cannot run on this
    /// machine at all.
    Program,
    /// Whatever was to start it: there was no worker, and the attempt does not count.
    Start,
    /// As [`Blame::Start`], but it will be able to start workers again, as Slurm's controller after
    /// a restart.
    Controller,
    /// The machine that it was on, which has failed, also if it has reported before: no other worker
    /// of that machine lives, and none can be started.
    Node,
}

/// The channel by which a launcher reports about one worker.
#[derive(Clone, Debug)]
pub struct WorkerReports {
    /// The worker.
    pub worker: WorkerId,
    /// The dispatcher's end receives the reports about all workers.
    pub channel: mpsc::Sender<(WorkerId, WorkerMessage)>,
}

impl WorkerReports {
    /// Reports a message; `false` if the dispatcher no longer receives any.
    pub async fn send(&self, message: WorkerMessage) -> bool {
        self.channel.send((self.worker, message)).await.is_ok()
    }
}
