//! Workers as processes of this machine: pipes, cores, stderr, death.
//!
//! A worker has a process group of its own, so that Ctrl-C on the terminal reaches the runner
//! alone, which then tells the workers. It lives as long as its standard input is open: when the
//! runner dies, it ends by itself.

mod oom_kills;

use crate::devices::slots::Slot;
use crate::dispatch::worker_line::ProcessExit;
use crate::launcher::{Launcher, StderrTail, Worker, WorkerId, WorkerMessage, WorkerRequest};
use crate::local::oom_kills::OomKills;
use convsweep_spec::layout::STDERR;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

/// Bytes of stderr that are kept of an attempt; a worker that floods its log fills no disk.
pub const STDERR_LIMIT: usize = 8 << 20;
/// Bytes of a line on standard output; what is longer is no event.
pub const LINE_LIMIT: usize = 64 << 20;
/// Time for the pipes of a dead worker to run dry; only a process that it left behind holds them
/// open longer.
const DRY: Duration = Duration::from_secs(1);

/// Starts workers as processes of this machine.
#[derive(Clone, Debug)]
pub struct LocalLauncher {
    /// Time that a worker has to end after its standard input was closed.
    pub grace: Duration,
}

impl Launcher for LocalLauncher {
    fn launch(
        &self,
        slot: &Slot,
        id: WorkerId,
        says: mpsc::Sender<(WorkerId, WorkerMessage)>,
    ) -> Result<Worker, String> {
        let threads = slot.threads.to_string();
        let mut command = Command::new(&slot.worker);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for name in [
            "RAYON_NUM_THREADS",
            "OMP_NUM_THREADS",
            "MKL_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
        ] {
            command.env(name, &threads);
        }
        // Numbers of CUDA devices then mean what [`crate::devices`] means by them.
        command.env("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
        // A step takes the memory that the last one gave back: the system need not clear it anew
        // each time. What a minute has not used goes back to the system.
        command.env("MIMALLOC_PURGE_DELAY", "60000");
        if slot.memory_bytes.is_some() {
            // The allocator then takes memory as it needs it, not a gigabyte ahead.
            command.env("MIMALLOC_ARENA_EAGER_COMMIT", "0");
        }
        let (spawned, unpinned) = on_cores(&slot.cores, || command.spawn());
        let mut child = spawned.map_err(|error| start_error(slot, &error))?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err("the worker has no pipes".to_string());
        };
        let (orders, received) = mpsc::unbounded_channel();
        let tail = StderrTail::default();
        let log = Arc::new(Mutex::new(Log {
            tail: tail.clone(),
            file: Target::None,
            written: 0,
        }));
        let pid = child.id().unwrap_or_default();
        let unlimited = slot.memory_bytes.and_then(|bytes| limit_memory(pid, bytes));
        let unpinned = unpinned.or(unlimited);
        let hand = Supervisor {
            id,
            says,
            log: Arc::clone(&log),
            grace: self.grace,
            pid,
            kills: Kills::now(pid),
        };
        tokio::spawn(hand.supervise(
            child,
            stdin,
            BufReader::new(stdout),
            stderr,
            received,
            unpinned,
        ));
        Ok(Worker {
            orders,
            stderr: tail,
        })
    }
}

fn start_error(slot: &Slot, error: &io::Error) -> String {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "build it, or put it beside convsweep",
        io::ErrorKind::PermissionDenied => "make it executable",
        io::ErrorKind::OutOfMemory => "run fewer slots (--slots)",
        _ => "look whether it runs by hand with --version",
    };
    format!(
        "the worker {} does not start: {error}; {remedy}",
        slot.worker.display()
    )
}

/// Runs `spawn` with this thread on `cores`, which a child inherits, then puts the thread back.
/// WorkerMessage why not, if not.
#[cfg(target_os = "linux")]
fn on_cores<T>(cores: &[usize], spawn: impl FnOnce() -> T) -> (T, Option<String>) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    if cores.is_empty() {
        return (spawn(), None);
    }
    let mut wanted = CpuSet::new();
    cores
        .iter()
        .filter(|&&core| core < CpuSet::MAX_CPU)
        .for_each(|&core| wanted.set(core));
    let before = sched_getaffinity(None);
    let pinned = sched_setaffinity(None, &wanted);
    let spawned = spawn();
    if let (Ok(before), Ok(())) = (before, pinned) {
        let _ = sched_setaffinity(None, &before);
    }
    (
        spawned,
        pinned
            .err()
            .map(|error| format!("the worker could not be kept on cores {cores:?}: {error}")),
    )
}

#[cfg(not(target_os = "linux"))]
fn on_cores<T>(_: &[usize], spawn: impl FnOnce() -> T) -> (T, Option<String>) {
    (spawn(), None)
}

/// Lets a process have no more than `bytes` of memory of its own. WorkerMessage why not, if not.
#[cfg(target_os = "linux")]
fn limit_memory(pid: u32, bytes: u64) -> Option<String> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    let pid = Pid::from_raw(pid as i32)?;
    prlimit(Some(pid), Resource::Data, limit)
        .err()
        .map(|e| format!("the worker's memory could not be limited: {e}"))
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_: u32, _: u64) -> Option<String> {
    None
}

/// Holds one process.
struct Supervisor {
    id: WorkerId,
    says: mpsc::Sender<(WorkerId, WorkerMessage)>,
    log: Arc<Mutex<Log>>,
    grace: Duration,
    pid: u32,
    kills: Kills,
}

/// The kernel's kills for want of memory as they were lately.
struct Kills {
    counts: OomKills,
    at: Instant,
}

impl Kills {
    fn now(pid: u32) -> Self {
        Kills {
            counts: OomKills::now(Path::new("/"), pid),
            at: Instant::now(),
        }
    }
}

impl Supervisor {
    async fn supervise(
        mut self,
        mut child: Child,
        stdin: ChildStdin,
        stdout: impl AsyncBufRead + Unpin + Send + 'static,
        stderr: impl AsyncRead + Unpin + Send + 'static,
        mut orders: mpsc::UnboundedReceiver<WorkerRequest>,
        note: Option<String>,
    ) {
        if let Some(note) = note {
            let _ = self.says.send((self.id, WorkerMessage::Note(note))).await;
        }
        let mut lines = tokio::spawn(read_lines(stdout, self.id, self.says.clone()));
        let mut words = tokio::spawn(keep_stderr(
            stderr,
            Arc::clone(&self.log),
            self.id,
            self.says.clone(),
        ));
        let (send, sent) = mpsc::unbounded_channel();
        // A task of its own, so that a worker that does not read can still be killed.
        let writer = tokio::spawn(write_commands(stdin, sent));
        let mut send = Some(send);
        let mut listening = true;
        let mut deadline = None;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status,
                order = orders.recv(), if listening => match order {
                    Some(WorkerRequest::Log(folder, attempt)) => {
                        self.log().begin(folder, attempt);
                        if self.kills.at.elapsed() > Duration::from_secs(1) {
                            self.kills = Kills::now(self.pid);
                        }
                    }
                    Some(WorkerRequest::Send(command)) => {
                        let _ = send.as_ref().map(|send| send.send(command));
                    }
                    Some(WorkerRequest::Kill) => kill(&mut child),
                    close_or_none => {
                        listening = close_or_none.is_some();
                        if send.take().is_some() {
                            deadline = Some(Instant::now() + self.grace);
                        }
                    }
                },
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    deadline = None;
                    kill(&mut child);
                }
            }
        };
        writer.abort();
        if timeout(DRY, async { (&mut lines).await.and((&mut words).await) })
            .await
            .is_err()
        {
            lines.abort();
            words.abort();
        }
        let (signal, code) = status
            .as_ref()
            .map_or((None, None), |s: &ExitStatus| (s.signal(), s.code()));
        // The process is gone and its entry in /proc with it, so the files of before are asked
        // again.
        let out_of_memory =
            signal == Some(9) && self.kills.counts.again().grew_since(&self.kills.counts);
        let _ = self
            .says
            .send((
                self.id,
                WorkerMessage::Exited(ProcessExit {
                    signal,
                    code,
                    out_of_memory,
                }),
            ))
            .await;
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Kills the worker with all that it started; it has a process group of its own.
fn kill(child: &mut Child) {
    let pid = child
        .id()
        .and_then(|id| rustix::process::Pid::from_raw(id as i32));
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _ = child.start_kill();
}

async fn write_commands(
    mut stdin: ChildStdin,
    mut commands: mpsc::UnboundedReceiver<Box<convsweep_spec::command::Command>>,
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

async fn read_lines(
    mut stdout: impl AsyncBufRead + Unpin,
    id: WorkerId,
    says: mpsc::Sender<(WorkerId, WorkerMessage)>,
) {
    let mut line = Vec::new();
    let mut surplus = 0;
    loop {
        let chunk = match stdout.fill_buf().await {
            Ok(chunk) if !chunk.is_empty() => chunk,
            _ => break,
        };
        let end = chunk.iter().position(|&b| b == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        let room = LINE_LIMIT - line.len();
        line.extend_from_slice(&part[..part.len().min(room)]);
        surplus += part.len().saturating_sub(room);
        let used = part.len() + usize::from(end.is_some());
        stdout.consume(used);
        if end.is_some() && !say_line(&mut line, &mut surplus, id, &says).await {
            return;
        }
    }
    if !line.is_empty() {
        say_line(&mut line, &mut surplus, id, &says).await;
    }
}

/// Passes a line on; whether anyone still listens.
async fn say_line(
    line: &mut Vec<u8>,
    surplus: &mut usize,
    id: WorkerId,
    says: &mpsc::Sender<(WorkerId, WorkerMessage)>,
) -> bool {
    let bytes = std::mem::take(line);
    let word = match std::mem::take(surplus) {
        0 => WorkerMessage::Line(String::from_utf8_lossy(&bytes).into_owned()),
        more => WorkerMessage::Note(format!(
            "the worker wrote a line of {} bytes; it was dropped",
            bytes.len() + more
        )),
    };
    says.send((id, word)).await.is_ok()
}

async fn keep_stderr(
    mut stderr: impl AsyncRead + Unpin,
    log: Arc<Mutex<Log>>,
    id: WorkerId,
    says: mpsc::Sender<(WorkerId, WorkerMessage)>,
) {
    let mut buffer = vec![0; 8192];
    while let Ok(count) = stderr.read(&mut buffer).await
        && count > 0
    {
        let full = log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(&buffer[..count]);
        if full {
            let limit = STDERR_LIMIT >> 20;
            let text = format!(
                "the worker floods its log; beyond {limit} MiB of an attempt {STDERR} keeps nothing"
            );
            let _ = says.send((id, WorkerMessage::Note(text))).await;
        }
    }
}

/// Where a worker's stderr goes.
struct Log {
    tail: StderrTail,
    file: Target,
    written: usize,
}

enum Target {
    None,
    /// Made only when there is something to write: the job's folder and the attempt.
    Waiting(PathBuf, u32),
    Open(File),
}

impl Log {
    fn begin(&mut self, folder: PathBuf, attempt: u32) {
        self.file = Target::Waiting(folder, attempt);
        self.written = 0;
    }

    /// Whether the file is full now and was not before. A log that cannot be written is no reason
    /// to end a job: the tail is kept in memory all the same.
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.tail.push(bytes);
        if let Target::Waiting(folder, attempt) = &self.file {
            self.file = match open(folder, *attempt) {
                Ok(file) => Target::Open(file),
                Err(_) => Target::None,
            };
        }
        let Target::Open(file) = &mut self.file else {
            return false;
        };
        let room = STDERR_LIMIT.saturating_sub(self.written);
        let failed = file.write_all(&bytes[..bytes.len().min(room)]).is_err();
        self.written += bytes.len();
        let full = self.written > STDERR_LIMIT;
        if full {
            let _ = file.write_all(b"\n[the worker said more; it is not kept]\n");
        }
        if failed || full {
            self.file = Target::None;
        }
        full
    }
}

fn open(folder: &std::path::Path, attempt: u32) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(STDERR))?;
    writeln!(file, "── attempt {attempt}")?;
    Ok(file)
}
