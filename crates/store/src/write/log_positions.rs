//! How far the logs are known without reading them: what the writer was told while a sweep ran need
//! not be read again by the next one.
//!
//! A position moves only if nothing else can be in the log: when an attempt's events were received
//! from the first to the last and the last one is the log's last line, or when an entry follows
//! what has been read. Otherwise the next sync reads the end of the log again, which changes
//! nothing.

use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::layout::{EVENTS, EXPERIMENT_LOG, ResultsFolder};
use convsweep_spec::log::{LogEntry, Record};
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::HashMap;
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
        let Some(size) = size_if_last(&results.job(job).join(EVENTS), envelope) else {
            return Ok(());
        };
        let log = format!("jobs/{job}/{EVENTS}");
        if position(connection, &log)?.is_none() {
            connection
                .prepare_cached("insert into logs (path, offset, lines) values (?1, ?2, ?3)")?
                .execute(params![log, size as i64, lines as i64])?;
        }
        Ok(())
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
        let bytes = serde_json::to_vec(entry).map_or(0, |line| line.len() + 1);
        let revision = match &entry.record {
            Record::Revision(revision) => Some(revision.revision),
            Record::Member(_)
            | Record::AttemptEnded { .. }
            | Record::Judgement(_)
            | Record::Decision(_) => None,
        };
        connection
            .prepare_cached(
                "insert into logs (path, offset, lines, revision) values (?1, ?2, 1, ?3)
                on conflict do update set offset = offset + excluded.offset, lines = lines + 1,
                  revision = coalesce(excluded.revision, revision)",
            )?
            .execute(params![log, bytes as i64, revision])
            .map(drop)
    }
}

fn position(connection: &Connection, log: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached("select offset from logs where path = ?1")?
        .query_row([log], |row| row.get(0))
        .optional()
}

/// The log's size in bytes if its last line is this event.
fn size_if_last(path: &Path, envelope: &Envelope) -> Option<u64> {
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LONGEST_LINE)))
        .ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let line = tail.strip_suffix(b"\n")?.rsplit(|&b| b == b'\n').next()?;
    let last: Envelope = serde_json::from_slice(line).ok()?;
    (last == *envelope).then_some(size)
}
