//! Events of an attempt: one JSON line each, into the job's log first, then to standard output.

use anyhow::{Context, Result, bail};
use convsweep_spec::FORMAT;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use convsweep_spec::layout;
use convsweep_spec::metric::Number;
use convsweep_train::failpoint::{self, Failpoints};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers and writes the events of one attempt.
pub struct EventLog<'a> {
    job: JobId,
    attempt: u32,
    next_number: u64,
    file: Option<File>,
    logged_metrics: BTreeMap<u32, BTreeMap<String, Number>>,
    failpoints: &'a Failpoints,
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
    /// that line is cut off.
    ///
    /// # Errors
    /// If the log cannot be read or written, or already has events of this attempt.
    pub fn open(
        job: JobId,
        attempt: u32,
        folder: &Path,
        failpoints: &'a Failpoints,
    ) -> Result<Self> {
        let path = folder.join(layout::EVENTS);
        let (file, lines) =
            open_whole_lines(&path).with_context(|| format!("cannot open {}", path.display()))?;
        let mut logged_metrics = BTreeMap::new();
        for line in lines.split(|&b| b == b'\n') {
            let Ok(envelope) = serde_json::from_slice::<Envelope>(line) else {
                continue;
            };
            if envelope.attempt >= attempt {
                let (path, last) = (path.display(), envelope.attempt);
                bail!("attempt {attempt} was requested, but {path} already has attempt {last}");
            }
            if let Event::Metrics { epoch, values, .. } = envelope.event {
                logged_metrics.insert(epoch, values);
            }
        }
        Ok(EventLog {
            file: Some(file),
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
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if self.failpoints.is_due("event-torn") {
            file.write_all(&line[..line.len() / 2])?;
            failpoint::die();
        }
        file.write_all(line)
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

/// Opens a log to append to it, and reads its lines. An incomplete last line is cut off.
fn open_whole_lines(path: &Path) -> io::Result<(File, Vec<u8>)> {
    let mut options = OpenOptions::new();
    let mut file = options.read(true).append(true).create(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let last_newline = bytes.iter().rposition(|&b| b == b'\n');
    let whole = last_newline.map_or(0, |i| i + 1);
    let torn = bytes.len() - whole;
    if torn > 0 {
        tracing::warn!(
            "cut off an incomplete last line ({torn} bytes) of {}",
            path.display()
        );
        file.set_len(whole as u64)?;
        bytes.truncate(whole);
    }
    Ok((file, bytes))
}

/// Seconds since 1970-01-01 UTC.
fn unix_time() -> f64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.map_or(0.0, |duration| duration.as_secs_f64())
}
