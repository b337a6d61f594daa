//! The task that owns one worker process: passes requests on, forwards output, kills the process
//! when it must, and reports its exit.

use super::exit::ProcessExit;
use super::oom_kills::OomKills;
use super::stderr_log::StderrLog;
use super::stdout::report_lines;
use crate::deadline::wait_until;
use crate::launcher::{WorkerMessage, WorkerReports, WorkerRequest};
use convsweep_spec::command;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// Time to read what an exited worker left in its pipes. Only a process that it started and left
/// behind holds them open longer.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// A worker process and its pipes.
pub(super) struct WorkerProcess {
    pub(super) child: Child,
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

/// The owner of one worker process.
pub(super) struct Supervisor {
    reports: WorkerReports,
    log: StderrLog,
    pid: u32,
    grace_period: Duration,
    oom_kills: OomKills,
    /// Commands on their way to the worker; `None` once its standard input is to be closed.
    commands: Option<mpsc::UnboundedSender<Box<command::Command>>>,
    /// When the worker is killed because it did not exit after its standard input was closed.
    kill_deadline: Option<Instant>,
}

impl Supervisor {
    pub(super) fn new(
        reports: WorkerReports,
        log: StderrLog,
        pid: u32,
        grace_period: Duration,
    ) -> Self {
        Supervisor {
            reports,
            log,
            pid,
            grace_period,
            oom_kills: OomKills::read(pid),
            commands: None,
            kill_deadline: None,
        }
    }

    /// Supervises the process until it has exited, beginning with a note for the user.
    pub(super) async fn run(
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
        let writer = tokio::spawn(write_commands(stdin, received));
        let status = self.supervise(&mut child, &mut requests).await;
        writer.abort();
        drain(lines, errors).await;
        self.report_exit(status).await;
    }

    /// Serves requests until the process exits.
    async fn supervise(
        &mut self,
        child: &mut Child,
        requests: &mut mpsc::UnboundedReceiver<WorkerRequest>,
    ) -> io::Result<ExitStatus> {
        let mut is_dispatcher_there = true;
        loop {
            tokio::select! {
                status = child.wait() => return status,
                request = requests.recv(), if is_dispatcher_there => {
                    is_dispatcher_there = request.is_some();
                    self.serve(child, request.unwrap_or(WorkerRequest::CloseInput));
                }
                () = wait_until(self.kill_deadline) => {
                    tracing::debug!("worker killed: it did not exit after its input was closed");
                    self.kill_deadline = None;
                    kill(child);
                }
            }
        }
    }

    fn serve(&mut self, child: &mut Child, request: WorkerRequest) {
        match request {
            WorkerRequest::BeginAttempt(folder, attempt) => {
                self.log.begin_attempt(folder, attempt);
                self.oom_kills.refresh(self.pid);
            }
            WorkerRequest::Send(command) => {
                if let Some(commands) = &self.commands {
                    let _ = commands.send(command);
                }
            }
            WorkerRequest::Kill => kill(child),
            WorkerRequest::CloseInput => {
                if self.commands.take().is_some() {
                    self.kill_deadline = Some(Instant::now() + self.grace_period);
                }
            }
        }
    }

    async fn report_exit(self, status: io::Result<ExitStatus>) {
        let mut exit = ProcessExit::default();
        if let Ok(status) = status {
            exit.signal = status.signal();
            exit.code = status.code();
        }
        exit.oom_killed = exit.signal == Some(9) && self.oom_kills.have_increased();
        let report = exit.report(&self.log.tail());
        tracing::debug!("worker {}", report.description);
        self.reports.send(WorkerMessage::Exited(report)).await;
    }
}

/// Kills the worker with everything that it started; it has a process group of its own.
fn kill(child: &mut Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _ = child.start_kill();
}

/// Lets the readers of the pipes finish.
async fn drain(mut lines: JoinHandle<()>, mut errors: JoinHandle<()>) {
    let both = async { tokio::join!(&mut lines, &mut errors) };
    if timeout(DRAIN_TIMEOUT, both).await.is_err() {
        lines.abort();
        errors.abort();
    }
}

/// Writes each command as one line of JSON until the channel or the pipe is closed.
async fn write_commands(
    mut stdin: ChildStdin,
    mut commands: mpsc::UnboundedReceiver<Box<command::Command>>,
) {
    while let Some(command) = commands.recv().await {
        let Ok(mut line) = serde_json::to_vec(&command) else {
            continue;
        };
        line.push(b'\n');
        if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}
