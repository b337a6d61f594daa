//! The task that owns one worker process: passes requests on, forwards output, kills the process
//! when it must, and reports its exit.

use super::exit::{ProcessExit, SIGKILL};
use super::oom_kills::OomKills;
use super::stderr_log::StderrLog;
use super::stdout::report_lines;
use super::step_exit::step_exit;
use crate::deadline::wait_until;
use crate::launcher::{
    LaunchError, StderrTail, WorkerHandle, WorkerMessage, WorkerReports, WorkerRequest,
};
use convsweep_spec::command;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
#[cfg(target_os = "linux")]
use tokio::io::Interest;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::unix::pipe::Sender;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tracing::Instrument;

/// Time to read what an exited worker left in its pipes. Only a process that it started and left
/// behind holds them open longer.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Time to exit for a worker that no longer reads its commands, before it is killed.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);
/// The same for a step, whose program ends only when Slurm knows that the step has.
const STEP_EXIT_TIMEOUT: Duration = Duration::from_secs(60);

/// Time that the program which runs a step has to end it, before it is killed itself.
const STEP_KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// What a worker's process is.
#[derive(Debug)]
pub(crate) enum ProcessKind {
    /// The worker, on this machine; with the kernel's counts of kills for lack of memory.
    Local(OomKills),
    /// A program that runs the worker as a step on a node.
    Step {
        /// The node.
        node: String,
    },
}

impl ProcessKind {
    /// That of a worker on this machine.
    pub(crate) fn local(pid: u32) -> ProcessKind {
        ProcessKind::Local(OomKills::read(pid))
    }
}

/// A process that was started with pipes.
pub(crate) struct StartedProcess {
    pub(crate) child: Child,
    pub(crate) kind: ProcessKind,
    /// The worker's program, as messages name it.
    pub(crate) program: String,
    /// A note for the user.
    pub(crate) note: Option<String>,
}

/// Supervises a process from now on; `grace_period` is what it has to exit after its standard input
/// was closed.
///
/// # Errors
/// If it has no pipes.
pub(crate) fn supervise(
    started: StartedProcess,
    grace_period: Duration,
    reports: WorkerReports,
) -> Result<WorkerHandle, LaunchError> {
    let StartedProcess {
        child,
        kind,
        program,
        note,
    } = started;
    let pid = child.id().unwrap_or_default();
    let process = take_pipes(child, pid)?;
    let (requests, received) = mpsc::unbounded_channel();
    let stderr = StderrTail::default();
    let log = StderrLog::new(stderr.clone());
    let supervisor = Supervisor::new(reports.clone(), log, (pid, kind), grace_period);
    let supervision = supervisor.run(process, received, note);
    let supervision = supervision.instrument(tracing::info_span!("worker", pid));
    tokio::spawn(report_panic(tokio::spawn(supervision), reports));
    Ok(WorkerHandle {
        program,
        requests,
        stderr,
    })
}

/// An error in the supervision itself ends the attempt; the worker is killed with its supervisor.
async fn report_panic(supervision: JoinHandle<()>, reports: WorkerReports) {
    if supervision.await.is_err() {
        let exit = ProcessExit::default().report("");
        reports.send(WorkerMessage::Exited(exit)).await;
    }
}

fn take_pipes(mut child: Child, pid: u32) -> Result<WorkerProcess, LaunchError> {
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(LaunchError {
            reason: format!("the worker process {pid} was started without pipes"),
            is_lasting: false,
        });
    };
    Ok(WorkerProcess {
        child,
        stdin,
        stdout,
        stderr,
    })
}

/// A worker process and its pipes.
struct WorkerProcess {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// The owner of one worker process.
struct Supervisor {
    reports: WorkerReports,
    log: StderrLog,
    pid: u32,
    kind: ProcessKind,
    grace_period: Duration,
    /// Commands on their way to the worker; `None` once its standard input is to be closed.
    commands: Option<mpsc::UnboundedSender<Box<command::Command>>>,
    /// When the worker is killed because it did not exit after its standard input was closed, or
    /// because commands cannot be written to it.
    kill_deadline: Option<Instant>,
    /// Why commands cannot be written to it.
    broken_input: Option<String>,
    /// Whether it was killed at the deadline.
    was_killed: bool,
    /// Whether the program that runs the step was told to end it.
    was_told_to_end: bool,
}

impl Supervisor {
    fn new(
        reports: WorkerReports,
        log: StderrLog,
        (pid, kind): (u32, ProcessKind),
        grace_period: Duration,
    ) -> Self {
        Supervisor {
            reports,
            log,
            pid,
            kind,
            grace_period,
            commands: None,
            kill_deadline: None,
            broken_input: None,
            was_killed: false,
            was_told_to_end: false,
        }
    }

    /// Supervises the process until it has exited, beginning with a note for the user.
    async fn run(
        mut self,
        process: WorkerProcess,
        mut requests: mpsc::UnboundedReceiver<WorkerRequest>,
        note: Option<String>,
    ) {
        if let Some(note) = note {
            self.reports.send(WorkerMessage::Note(note)).await;
        }
        let WorkerProcess {
            mut child,
            stdin,
            stdout,
            stderr,
        } = process;
        let lines = report_lines(BufReader::new(stdout), self.reports.clone());
        let lines = tokio::spawn(lines);
        let errors = tokio::spawn(self.log.clone().keep(stderr, self.reports.clone()));
        let (commands, received) = mpsc::unbounded_channel();
        self.commands = Some(commands);
        // A task of its own, so that a worker that does not read its input can still be killed.
        let mut writer = tokio::spawn(write_commands(stdin, received));
        let status = self.supervise(&mut child, &mut requests, &mut writer).await;
        writer.abort();
        drain(lines, errors).await;
        self.report_exit(status).await;
    }

    /// Serves requests until the process exits.
    async fn supervise(
        &mut self,
        child: &mut Child,
        requests: &mut mpsc::UnboundedReceiver<WorkerRequest>,
        writer: &mut JoinHandle<Option<String>>,
    ) -> io::Result<ExitStatus> {
        let (mut is_dispatcher_there, mut is_written) = (true, true);
        loop {
            tokio::select! {
                status = child.wait() => return status,
                request = requests.recv(), if is_dispatcher_there => {
                    is_dispatcher_there = request.is_some();
                    self.serve(child, request.unwrap_or(WorkerRequest::CloseInput));
                }
                end = &mut *writer, if is_written => {
                    is_written = false;
                    self.input_ended(end.unwrap_or_default());
                }
                () = wait_until(self.kill_deadline) => {
                    tracing::debug!("worker killed: its input is closed, and it did not exit");
                    self.kill_deadline = None;
                    self.was_killed = true;
                    self.kill(child);
                }
            }
        }
    }

    fn serve(&mut self, child: &mut Child, request: WorkerRequest) {
        match request {
            WorkerRequest::BeginAttempt(folder, attempt) => {
                self.log.begin_attempt(folder, attempt);
                if let ProcessKind::Local(oom_kills) = &mut self.kind {
                    oom_kills.refresh(self.pid);
                }
            }
            WorkerRequest::Send(command) => {
                if let Some(commands) = &self.commands {
                    let _ = commands.send(command);
                }
            }
            WorkerRequest::Kill => self.kill(child),
            WorkerRequest::CloseInput => {
                if self.commands.take().is_some() {
                    self.kill_deadline = Some(Instant::now() + self.grace_period);
                }
            }
        }
    }

    /// No more commands are written, because of an error or because the worker is to exit. A worker
    /// that is dying says more by its exit than by its pipe.
    fn input_ended(&mut self, error: Option<String>) {
        if error.is_some() {
            let time = match &self.kind {
                ProcessKind::Local(_) => EXIT_TIMEOUT,
                ProcessKind::Step { .. } => STEP_EXIT_TIMEOUT,
            };
            self.kill_deadline = Some(Instant::now() + time);
        }
        self.broken_input = error;
    }

    /// Kills the worker. The program that runs a step is asked to kill it there, and killed itself
    /// only if it does not.
    fn kill(&mut self, child: &mut Child) {
        let is_step = matches!(self.kind, ProcessKind::Step { .. });
        if is_step && !self.was_told_to_end {
            self.was_told_to_end = true;
            self.kill_deadline = Some(Instant::now() + STEP_KILL_TIMEOUT);
            signal_group(child, Signal::TERM);
            return;
        }
        signal_group(child, Signal::KILL);
        let _ = child.start_kill();
    }

    async fn report_exit(self, status: io::Result<ExitStatus>) {
        let mut exit = ProcessExit::default();
        if let Ok(status) = status {
            exit.signal = status.signal();
            exit.code = status.code();
        }
        let stderr = self.log.tail();
        let mut report = match &self.kind {
            ProcessKind::Local(oom_kills) => {
                exit.oom_killed = exit.signal == Some(SIGKILL) && oom_kills.have_increased();
                exit.report(&stderr)
            }
            ProcessKind::Step { node } => step_exit(exit, node, &stderr),
        };
        if let Some(error) = self.broken_input.filter(|_| self.was_killed) {
            report.description = format!("no longer reads its orders ({error}), and was killed");
            self.log.note(&format!("the worker {}", report.description));
        }
        tracing::debug!("worker {}", report.description);
        self.reports.send(WorkerMessage::Exited(report)).await;
    }
}

/// Sends a signal to the process with everything that it started; it has a process group of its own.
fn signal_group(child: &Child, signal: Signal) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
    }
}

/// Lets the readers of the pipes finish.
async fn drain(mut lines: JoinHandle<()>, mut errors: JoinHandle<()>) {
    let both = async { tokio::join!(&mut lines, &mut errors) };
    if timeout(DRAIN_TIMEOUT, both).await.is_err() {
        lines.abort();
        errors.abort();
    }
}

/// Writes each command as one line of JSON until the channel is closed, something cannot be
/// written, or the worker closes its end: then why.
async fn write_commands(
    stdin: ChildStdin,
    mut commands: mpsc::UnboundedReceiver<Box<command::Command>>,
) -> Option<String> {
    let mut pipe = match stdin.into_owned_fd().and_then(Sender::from_owned_fd) {
        Ok(pipe) => pipe,
        Err(error) => return Some(error.to_string()),
    };
    loop {
        let command = tokio::select! {
            command = commands.recv() => command?,
            error = closed(&pipe) => return Some(error.to_string()),
        };
        if let Err(error) = write_command(&mut pipe, &command).await {
            return Some(error.to_string());
        }
    }
}

/// Waits until nobody can read what is written, even if the worker never asked for it.
#[cfg(target_os = "linux")]
async fn closed(pipe: &Sender) -> io::Error {
    match pipe.ready(Interest::ERROR).await {
        Ok(_) => io::ErrorKind::BrokenPipe.into(),
        Err(error) => error,
    }
}

#[cfg(not(target_os = "linux"))]
async fn closed(_: &Sender) -> io::Error {
    std::future::pending().await
}

async fn write_command(pipe: &mut Sender, command: &command::Command) -> io::Result<()> {
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    pipe.write_all(&line).await
}
