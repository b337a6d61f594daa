//! The seam between the run and its workers: local processes, later Slurm, fakes in tests.

use crate::devices::slots::Slot;
use crate::dispatch::worker_line::ProcessExit;
use crate::dispatch::worker_line::is_allocation_failure;
use convsweep_spec::command::Command;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Number of a worker, unique within a run; a slot has several one after another.
pub type WorkerId = u64;

/// Starts workers.
pub trait Launcher {
    /// Starts a worker for `slot` that reports as `id` through `says`, whose last word is
    /// [`WorkerMessage::Exited`].
    ///
    /// # Errors
    /// A text that says what was tried, what went wrong, and what to do.
    fn launch(
        &self,
        slot: &Slot,
        id: WorkerId,
        says: mpsc::Sender<(WorkerId, WorkerMessage)>,
    ) -> Result<Worker, String>;
}

/// What a running worker is held by. Dropping it closes the worker's standard input, as
/// [`WorkerRequest::Close`] does.
#[derive(Debug)]
pub struct Worker {
    /// What is sent down.
    pub orders: mpsc::UnboundedSender<WorkerRequest>,
    /// The end of its stderr.
    pub stderr: StderrTail,
}

/// What a worker is told.
#[derive(Debug)]
pub enum WorkerRequest {
    /// Stderr belongs to this attempt from now on: the job's folder and the attempt.
    Log(PathBuf, u32),
    /// One line on its standard input.
    Send(Box<Command>),
    /// Close its standard input, upon which it ends.
    Close,
    /// Kill it.
    Kill,
}

/// What is heard from a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerMessage {
    /// A line of its standard output, without the newline.
    Line(String),
    /// Something about the process that a person should know.
    Note(String),
    /// It is gone. All its lines came before.
    Exited(ProcessExit),
}

/// The end of a worker's stderr in its present attempt: at most the last [`StderrTail::BYTES`] bytes. The
/// runtime's word about an allocation that failed is kept whatever comes after it, since a long
/// backtrace may.
#[derive(Clone, Debug, Default)]
pub struct StderrTail(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    end: Vec<u8>,
    allocation: Option<String>,
}

impl StderrTail {
    /// Bytes that are kept.
    pub const BYTES: usize = 4096;

    /// Adds to the end.
    pub fn push(&self, bytes: &[u8]) {
        let kept = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.end.extend_from_slice(bytes);
        let surplus = kept.end.len().saturating_sub(Self::BYTES);
        if surplus > 0 && kept.allocation.is_none() {
            let text = String::from_utf8_lossy(&kept.end);
            kept.allocation = text
                .lines()
                .find(|line| is_allocation_failure(line))
                .map(str::to_string);
        }
        kept.end.drain(..surplus);
    }

    /// Forgets what was said.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }

    /// What is kept, from the beginning of a line where possible.
    pub fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = &kept.end;
        let whole = if end.len() < Self::BYTES {
            0
        } else {
            end.iter().position(|&b| b == b'\n').map_or(0, |i| i + 1)
        };
        let text = String::from_utf8_lossy(&end[whole..]);
        match kept
            .allocation
            .as_ref()
            .filter(|line| !text.contains(*line))
        {
            Some(line) => format!("{line}\n{text}"),
            None => text.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_keeps_the_last_whole_lines() {
        let tail = StderrTail::default();
        for i in 0..2000 {
            tail.push(format!("line {i}\n").as_bytes());
        }
        let text = tail.text();
        assert!(
            text.starts_with("line ") && text.ends_with("line 1999\n"),
            "{text}"
        );
        assert!(text.len() <= StderrTail::BYTES && text.len() > StderrTail::BYTES - 20);
        tail.clear();
        assert_eq!(tail.text(), "");
        tail.push(b"memory allocation of 77 bytes failed\n");
        for i in 0..2000 {
            tail.push(format!("frame {i}\n").as_bytes());
        }
        assert!(
            tail.text()
                .starts_with("memory allocation of 77 bytes failed\nframe "),
            "{}",
            tail.text()
        );
        tail.clear();
        assert_eq!(tail.text(), "");
    }
}
