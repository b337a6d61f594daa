//! How far the logs are known without reading them: what the writer was told while a sweep ran need
//! not be read again by the next one.
//!
//! A position moves only if nothing else can be in the log: when an attempt's events were received
//! from the first to the last and the last one is the log's last line, or when an entry follows
//! what has been read. Otherwise the next sync reads the end of the log again, which changes
//! nothing.

use crate::replay::{FileStamp, LogPosition};
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{EVENTS, EXPERIMENT_LOG, ResultsFolder, job_log};
use convsweep_spec::log::{LogEntry, Record};
use convsweep_spec::log_line::{LineCheck, LineChecker, seal};
use rusqlite::{Connection, Result};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The longest last line of a log that is looked at, in bytes.
const LONGEST_LINE: u64 = 1 << 16;

/// Which events were received since the logs were read.
#[derive(Debug, Default)]
pub(crate) struct LogPositions {
    /// Attempt and number of the next event by job; `None` if an event was missed.
    next_events: HashMap<String, Option<(u32, u64)>>,
    /// Logs of experiments that entries were appended to in this transaction.
    appended: BTreeSet<String>,
    /// A transaction was lost, so positions must not move any more.
    lost: bool,
}

impl LogPositions {
    /// A transaction was lost; only reading the logs helps.
    pub(crate) fn forget(&mut self) {
        self.lost = true;
    }

    /// An event was applied. If it is an attempt's last one and all of its events were received,
    /// the log need not be read.
    pub(crate) fn event(
        &mut self,
        connection: &Connection,
        results: &ResultsFolder,
        envelope: &Envelope,
    ) -> Result<()> {
        if envelope.event.is_passing() || self.lost {
            return Ok(());
        }
        let job = &envelope.job;
        let Some(lines) = self.complete_attempt(envelope) else {
            return Ok(());
        };
        let path = results.job(job).join(EVENTS);
        let Some(position) = position_if_last(&path, lines, envelope) else {
            return Ok(());
        };
        let log = job_log(job);
        if LogPosition::of(connection, &log)?.is_none() {
            position.save(connection, &log)?;
        }
        Ok(())
    }

    /// The events of a job are to come from the first one on again.
    pub(crate) fn forget_job(&mut self, job: &JobId) {
        self.next_events.remove(&job.0);
    }

    /// The number of events of an attempt that has ended, if none was missed.
    fn complete_attempt(&mut self, envelope: &Envelope) -> Option<u64> {
        let (job, attempt, n) = (&envelope.job.0, envelope.attempt, envelope.n);
        let next = match self.next_events.get(job) {
            None if n == 0 => Some((attempt, 1)),
            Some(Some(expected)) if *expected == (attempt, n) => Some((attempt, n + 1)),
            None | Some(_) => None,
        };
        self.next_events.insert(job.clone(), next);
        let ended = matches!(envelope.event, Event::Ended { .. });
        next.filter(|_| ended).map(|(_, lines)| lines)
    }

    /// An entry was applied that was appended to a log which had been read to its end.
    pub(crate) fn entry(
        &mut self,
        connection: &Connection,
        experiment: &str,
        entry: &LogEntry,
    ) -> Result<()> {
        if self.lost {
            return Ok(());
        }
        let log = format!("{experiment}/{EXPERIMENT_LOG}");
        let mut position = LogPosition::of(connection, &log)?.unwrap_or_default();
        let number = position.checker.next();
        let json = serde_json::to_vec(entry).unwrap_or_default();
        position.offset += seal(number, &json).len() as u64;
        position.lines += 1;
        position.checker.last = number;
        position.checker.damaged = 0;
        position.checker.checked += 1;
        if let Record::Revision(revision) = &entry.record {
            position.revision = Some(revision.revision);
        }
        position.stamp = None;
        position.save(connection, &log)?;
        self.appended.insert(log);
        Ok(())
    }

    /// Notes which files the logs are that entries were appended to, so that a later change of them
    /// is known. Called once for many entries.
    pub(crate) fn note_files(
        &mut self,
        connection: &Connection,
        results: &ResultsFolder,
    ) -> Result<()> {
        for log in std::mem::take(&mut self.appended) {
            let Some(mut position) = LogPosition::of(connection, &log)? else {
                continue;
            };
            let metadata = results.0.join(&log).metadata().ok();
            if metadata
                .as_ref()
                .is_some_and(|file| file.len() < position.offset)
            {
                // The log that was read is gone, and this is a new one.
                connection.execute("delete from logs where path = ?1", [&log])?;
                continue;
            }
            let metadata = metadata.filter(|metadata| metadata.len() == position.offset);
            position.stamp = metadata.as_ref().map(FileStamp::of);
            position.save(connection, &log)?;
        }
        Ok(())
    }
}

/// The position at the end of a log with this many lines if its last line is this event.
fn position_if_last(path: &Path, lines: u64, envelope: &Envelope) -> Option<LogPosition> {
    let mut file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    let size = metadata.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LONGEST_LINE)))
        .ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let line = tail.strip_suffix(b"\n")?.rsplit(|&b| b == b'\n').next()?;
    let mut checker = LineChecker {
        last: lines - 1,
        damaged: 0,
        checked: lines - 1,
    };
    if checker.check(line) != LineCheck::Sound {
        return None;
    }
    let mut last: Envelope = serde_json::from_slice(line).ok()?;
    last.format = envelope.format;
    (last == *envelope).then_some(LogPosition {
        offset: size,
        lines,
        revision: None,
        checker,
        stamp: Some(FileStamp::of(&metadata)),
    })
}
