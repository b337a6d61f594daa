//! The `run.log` of the experiment that is running: what a bug report needs.

use super::bounded_file::BoundedFile;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

/// The largest `run.log`, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// The open log. The subscriber is global, so its file has to be too.
static RUN_LOG: Mutex<Option<BoundedFile>> = Mutex::new(None);

/// Keeps the run log open; it is closed when this is dropped.
#[derive(Debug)]
pub struct OpenRunLog(());

/// Lets everything that is logged from now on go to the file as well. A file that cannot be written
/// is reported and otherwise ignored: a run must not fail because of it.
pub fn open_run_log(path: &Path) -> OpenRunLog {
    match BoundedFile::open(path, MAX_BYTES) {
        Ok(file) => *run_log() = Some(file),
        Err(error) => tracing::warn!("{} cannot be written: {error}", path.display()),
    }
    OpenRunLog(())
}

impl Drop for OpenRunLog {
    fn drop(&mut self) {
        *run_log() = None;
    }
}

/// Writes a message about an error in the program itself to the open log, unless the error happened
/// while the log was written.
pub fn note_internal_error(message: &str) {
    if let Ok(mut log) = RUN_LOG.try_lock()
        && let Some(file) = &mut *log
    {
        _ = file.append(format!("{message}\n").as_bytes());
    }
}

/// Writes lines of the subscriber to the open log, or nowhere.
#[derive(Clone, Copy, Debug)]
pub struct RunLogWriter;

impl<'a> MakeWriter<'a> for RunLogWriter {
    type Writer = RunLogWriter;

    fn make_writer(&'a self) -> RunLogWriter {
        RunLogWriter
    }
}

impl Write for RunLogWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if let Some(file) = &mut *run_log() {
            // A full disk is reported by everything else that cannot be written.
            _ = file.append(lines);
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn run_log() -> MutexGuard<'static, Option<BoundedFile>> {
    RUN_LOG.lock().unwrap_or_else(PoisonError::into_inner)
}
