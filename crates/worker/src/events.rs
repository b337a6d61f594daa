//! What leaves the worker: one line an event, into the job's log first, then to standard output.

use anyhow::{Context, Result, bail};
use convsweep_spec::FORMAT;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use convsweep_spec::layout;
use convsweep_train::failpoint::{self, Failpoints};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers and writes the events of one attempt.
pub struct Events<'a> {
    job: JobId,
    attempt: u32,
    next: u64,
    log: Option<File>,
    logged: BTreeSet<u32>,
    failpoints: &'a Failpoints,
}

impl<'a> Events<'a> {
    /// Events that are only said, not logged: of a job whose folder could not be entered.
    pub fn unlogged(job: JobId, attempt: u32, failpoints: &'a Failpoints) -> Self {
        Events {
            job,
            attempt,
            next: 0,
            log: None,
            logged: BTreeSet::new(),
            failpoints,
        }
    }

    /// Opens the log in the job's folder. A last line that an attempt left torn is cut off.
    ///
    /// # Errors
    /// If the log cannot be read or written, or has events of this attempt already.
    pub fn open(
        job: JobId,
        attempt: u32,
        folder: &Path,
        failpoints: &'a Failpoints,
    ) -> Result<Self> {
        let path = folder.join(layout::EVENTS);
        let wrong = || format!("cannot open {}", path.display());
        let mut log = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .with_context(wrong)?;
        let mut bytes = Vec::new();
        log.read_to_end(&mut bytes).with_context(wrong)?;
        let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        if whole < bytes.len() {
            eprintln!(
                "convsweep-worker: cut off a torn last line of {} ({} bytes)",
                path.display(),
                bytes.len() - whole
            );
            log.set_len(whole as u64).with_context(wrong)?;
        }
        let lines = bytes[..whole].split(|&b| b == b'\n');
        let mut logged = BTreeSet::new();
        for line in lines.filter_map(|line| serde_json::from_slice::<Envelope>(line).ok()) {
            if line.attempt >= attempt {
                let (path, last) = (path.display(), line.attempt);
                bail!("attempt {attempt} was asked for, but {path} has attempt {last} already");
            }
            if let Event::Metrics { epoch, .. } = line.event {
                logged.insert(epoch);
            }
        }
        Ok(Events {
            job,
            attempt,
            next: 0,
            log: Some(log),
            logged,
            failpoints,
        })
    }

    /// Epochs whose metrics earlier attempts have logged.
    pub fn logged(&self) -> &BTreeSet<u32> {
        &self.logged
    }

    /// From now on events are only said.
    pub fn stop_logging(&mut self) {
        self.log = None;
    }

    /// Writes an event. Progress is said only; it repeats the next number.
    ///
    /// # Errors
    /// If the log cannot be written. That nobody reads standard output is no error: `Ok(false)`.
    pub fn write(&mut self, event: Event) -> io::Result<bool> {
        let logged = !event.is_passing();
        let time = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |d| d.as_secs_f64());
        let (job, attempt, n) = (self.job.clone(), self.attempt, self.next);
        let mut line = serde_json::to_vec(&Envelope {
            format: FORMAT,
            job,
            attempt,
            n,
            time,
            event,
        })?;
        line.push(b'\n');
        if logged {
            self.next += 1;
            self.log(&line)?;
        }
        let mut stdout = io::stdout().lock();
        Ok(stdout
            .write_all(&line)
            .and_then(|()| stdout.flush())
            .is_ok())
    }

    /// The system has the line when this returns. The disk need not: after a power cut a job goes
    /// on from its checkpoint, which is synced and holds the epochs before it.
    fn log(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(log) = &mut self.log else {
            return Ok(());
        };
        if self.failpoints.is_due("event-torn") {
            log.write_all(&line[..line.len() / 2])?;
            failpoint::die();
        }
        log.write_all(line)
    }
}
