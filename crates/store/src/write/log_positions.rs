//! How far the logs are known without reading them: what was heard while a sweep ran need not be
//! read again by the next one.
//!
//! A mark moves only where nothing else can stand in the log: an attempt that was heard from its
//! first event to its last, whose last line is the log's; entries that follow what was read.
//! Otherwise the next sync reads the log's tail again, and changes nothing by that.

use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::layout::{EVENTS, EXPERIMENT_LOG, ResultsFolder};
use convsweep_spec::log::{LogEntry, Record};
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The longest last line that is looked at.
const TAIL: u64 = 1 << 16;

/// What was heard since the logs were read.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Attempt and number of the next event, by job; `None` where something was missed.
    jobs: HashMap<String, Option<(u32, u64)>>,
    /// A batch was lost: nothing is known any more.
    lost: bool,
}

impl Heard {
    /// A batch was lost; only reading the logs helps.
    pub(crate) fn forget(&mut self) {
        self.lost = true;
    }

    /// An event was applied. After an attempt's last one the log needs no reading if all of it was
    /// heard.
    pub(crate) fn event(
        &mut self,
        connection: &Connection,
        results: &ResultsFolder,
        envelope: &Envelope,
    ) -> Result<()> {
        let Envelope {
            job,
            attempt,
            n,
            event,
            ..
        } = envelope;
        if event.is_passing() || self.lost {
            return Ok(());
        }
        let next = match self.jobs.get(&job.0) {
            None if *n == 0 => Some((*attempt, 1)),
            Some(Some((known, next))) if known == attempt && next == n => Some((*attempt, n + 1)),
            _ => None,
        };
        let complete = next.filter(|_| matches!(event, Event::Ended { .. }));
        self.jobs.insert(job.0.clone(), next);
        let Some((_, lines)) = complete else {
            return Ok(());
        };
        let Some(size) = size_if_last(&results.job(job).join(EVENTS), envelope) else {
            return Ok(());
        };
        let name = format!("jobs/{job}/{EVENTS}");
        if mark(connection, &name)?.is_none() {
            connection
                .prepare_cached("insert into logs (path, offset, lines) values (?1, ?2, ?3)")?
                .execute(params![name, size as i64, lines as i64])?;
        }
        Ok(())
    }

    /// An entry was applied that was appended to a log which was read to its end before.
    pub(crate) fn entry(
        &mut self,
        connection: &Connection,
        experiment: &str,
        entry: &LogEntry,
    ) -> Result<()> {
        if self.lost {
            return Ok(());
        }
        let name = format!("{experiment}/{EXPERIMENT_LOG}");
        let bytes = serde_json::to_vec(entry).map_or(0, |line| line.len() + 1);
        let revision = match &entry.record {
            Record::Revision(revision) => Some(revision.revision),
            _ => None,
        };
        connection
            .prepare_cached(
                "insert into logs (path, offset, lines, revision) values (?1, ?2, 1, ?3)
                 on conflict do update set offset = offset + excluded.offset, lines = lines + 1,
                 revision = coalesce(excluded.revision, revision)",
            )?
            .execute(params![name, bytes as i64, revision])
            .map(drop)
    }
}

fn mark(connection: &Connection, name: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached("select offset from logs where path = ?1")?
        .query_row([name], |r| r.get(0))
        .optional()
}

/// The log's size if its last line is this event.
fn size_if_last(path: &Path, envelope: &Envelope) -> Option<u64> {
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL))).ok()?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).ok()?;
    let line = tail.strip_suffix(b"\n")?.rsplit(|&b| b == b'\n').next()?;
    let last: Envelope = serde_json::from_slice(line).ok()?;
    (last == *envelope).then_some(size)
}
