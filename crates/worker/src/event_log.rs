//! Events of an attempt: one JSON line each, into the job's log first, then to standard output.
//! The lines of the log have a number and a checksum besides (`spec::log_line`).

use crate::earlier_attempts::{EarlierAttempts, read_log};
use anyhow::{Context, Result, bail};
use convsweep_spec::FORMAT;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use convsweep_spec::layout;
use convsweep_spec::log_line::seal;
use convsweep_spec::metric::Number;
use convsweep_train::failpoint::{self, Failpoints};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers and writes the events of one attempt.
pub struct EventLog<'a> {
    job: JobId,
    attempt: u32,
    next_number: u64,
    file: Option<LogFile>,
    logged_metrics: BTreeMap<u32, BTreeMap<String, Number>>,
    failpoints: &'a Failpoints,
}

/// The log, open for appending.
struct LogFile {
    file: File,
    /// Number of bytes in complete lines.
    length: u64,
    /// Number of the next line, from 1.
    next_line: u64,
}

impl<'a> EventLog<'a> {
    /// Events that are not logged: those of a job whose folder could not be entered.
    pub fn without_file(job: JobId, attempt: u32, failpoints: &'a Failpoints) -> Self {
        EventLog {
            job,
            attempt,
            next_number: 0,
            file: None,
            logged_metrics: BTreeMap::new(),
            failpoints,
        }
    }

    /// Opens the log in the job's folder. If an earlier attempt died while it wrote the last line,
    /// that line is cut off. Damaged lines are ignored here; whoever reads the log knows them.
    ///
    /// # Errors
    /// If the log cannot be read or written, belongs to another job, or already has events of this
    /// attempt.
    pub fn open(
        job: JobId,
        attempt: u32,
        folder: &Path,
        failpoints: &'a Failpoints,
    ) -> Result<Self> {
        let path = folder.join(layout::EVENTS);
        let (file, earlier) =
            read_log(&path, &job).with_context(|| format!("cannot open {}", path.display()))?;
        let EarlierAttempts {
            last_attempt,
            logged_metrics,
            length,
            next_line,
        } = earlier;
        if let Some(last) = last_attempt.filter(|last| *last >= attempt) {
            let path = path.display();
            bail!("attempt {attempt} was requested, but {path} already has attempt {last}");
        }
        Ok(EventLog {
            file: Some(LogFile {
                file,
                length,
                next_line,
            }),
            logged_metrics,
            ..EventLog::without_file(job, attempt, failpoints)
        })
    }

    /// The metrics that earlier attempts have logged, by epoch; of several the newest.
    pub fn logged_metrics(&self) -> &BTreeMap<u32, BTreeMap<String, Number>> {
        &self.logged_metrics
    }

    /// From now on, events go to standard output only.
    pub fn stop_logging(&mut self) {
        self.file = None;
    }

    /// Writes an event. Progress is not logged and does not use up a number. Returns whether
    /// standard output still takes events.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn write(&mut self, event: Event) -> io::Result<bool> {
        let is_logged = !event.is_passing();
        let line = line_of(&self.job, self.attempt, self.next_number, event)?;
        if is_logged {
            self.next_number += 1;
            self.append(&line)?;
        }
        Ok(print(&line).is_ok())
    }

    /// Hands the line to the operating system without waiting for the disk. After a power cut, a
    /// job continues from its checkpoint, which is synced and holds the epochs before it.
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(log) = &mut self.file else {
            return Ok(());
        };
        let line = seal(log.next_line, line);
        if self.failpoints.is_due("event-torn") {
            log.file.write_all(&line[..line.len() / 2])?;
            failpoint::die();
        }
        if let Err(error) = log.file.write_all(&line) {
            // Whatever is appended later must begin on a line of its own.
            let _ = log.file.set_len(log.length);
            return Err(error);
        }
        log.length += line.len() as u64;
        log.next_line += 1;
        Ok(())
    }
}

/// The line of an event that happens now, with its newline.
pub fn line_of(job: &JobId, attempt: u32, n: u64, event: Event) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Envelope {
        format: FORMAT,
        job: job.clone(),
        attempt,
        n,
        time: unix_time(),
        event,
    })?;
    line.push(b'\n');
    Ok(line)
}

/// Writes a line to standard output at once and whole, whichever thread does so.
pub fn print(line: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line)?;
    stdout.flush()
}

/// Seconds since 1970-01-01 UTC.
fn unix_time() -> f64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0.0, |duration| duration.as_secs_f64())
}
