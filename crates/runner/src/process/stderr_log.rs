//! Keeps a worker's standard error: the end of it in memory, and all of an attempt, up to a limit,
//! in the job's folder.

use crate::launcher::{StderrTail, WorkerMessage, WorkerReports};
use convsweep_spec::layout::STDERR;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of standard error that are kept of an attempt, so that a worker that floods its log does
/// not fill the disk.
pub const STDERR_LIMIT: usize = 8 << 20;

/// Where a worker's standard error goes. Clones write to the same place.
#[derive(Clone)]
pub(super) struct StderrLog(Arc<Mutex<AttemptLog>>);

struct AttemptLog {
    tail: StderrTail,
    file: LogFile,
    /// Bytes of the current attempt.
    written: usize,
}

enum LogFile {
    /// Nothing is kept: no attempt has begun, the file is full, or it cannot be written.
    None,
    /// The job's folder and the attempt. The file is made only when there is something to write.
    NotYetOpen(PathBuf, u32),
    Open(File),
}

impl StderrLog {
    /// A log that also feeds `tail`.
    pub(super) fn new(tail: StderrTail) -> Self {
        StderrLog(Arc::new(Mutex::new(AttemptLog {
            tail,
            file: LogFile::None,
            written: 0,
        })))
    }

    /// What is written from now on belongs to this attempt of the job in `folder`.
    pub(super) fn begin_attempt(&self, folder: PathBuf, attempt: u32) {
        self.with_log(|log| {
            log.file = LogFile::NotYetOpen(folder, attempt);
            log.written = 0;
        });
    }

    /// The end of what the current attempt wrote.
    pub(super) fn tail(&self) -> String {
        self.with_log(|log| log.tail.text())
    }

    /// Keeps everything that arrives until the worker closes its standard error.
    pub(super) async fn keep(self, mut stderr: impl AsyncRead + Unpin, reports: WorkerReports) {
        let mut buffer = vec![0; 8192];
        while let Ok(count) = stderr.read(&mut buffer).await
            && count > 0
        {
            let is_full = self.with_log(|log| log.write(&buffer[..count]));
            if is_full {
                let note = format!(
                    "the worker floods its log; {STDERR} keeps the first {} MiB of an attempt",
                    STDERR_LIMIT >> 20
                );
                reports.send(WorkerMessage::Note(note)).await;
            }
        }
    }

    /// Adds a line of this program to what the current attempt wrote.
    pub(super) fn note(&self, text: &str) {
        self.with_log(|log| log.write(format!("{text}\n").as_bytes()));
    }

    fn with_log<T>(&self, action: impl FnOnce(&mut AttemptLog) -> T) -> T {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AttemptLog {
    /// Appends bytes; `true` if these filled the file. A log that cannot be written does not
    /// end the job: the tail is kept in memory all the same.
    fn write(&mut self, bytes: &[u8]) -> bool {
        self.tail.push(bytes);
        if let LogFile::NotYetOpen(folder, attempt) = &self.file {
            self.file = open(folder, *attempt).map_or(LogFile::None, LogFile::Open);
        }
        let LogFile::Open(file) = &mut self.file else {
            return false;
        };
        let room = STDERR_LIMIT.saturating_sub(self.written);
        let has_failed = file.write_all(&bytes[..bytes.len().min(room)]).is_err();
        self.written += bytes.len();
        let is_full = self.written > STDERR_LIMIT;
        if is_full {
            let _ = file.write_all(b"\n[the rest of the worker's output was not kept]\n");
        }
        if has_failed || is_full {
            self.file = LogFile::None;
        }
        is_full
    }
}

fn open(folder: &Path, attempt: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    let mut file = options.open(folder.join(STDERR))?;
    writeln!(file, "── attempt {attempt}")?;
    Ok(file)
}
