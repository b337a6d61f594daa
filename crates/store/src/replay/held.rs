//! What an experiment's log holds, compared with what the database has of it: a log that was cut,
//! or written anew, holds less.

use convsweep_spec::log::{LogEntry, Record};
use convsweep_spec::words::counted;
use rusqlite::{Connection, Result};
use std::collections::BTreeSet;

/// Job, verdict, epoch, and time in its bits.
type DecisionKey = (String, String, u32, u64);

/// Revisions and decisions of a log.
#[derive(Debug, Default)]
pub(super) struct HeldEntries {
    revisions: BTreeSet<u32>,
    decisions: BTreeSet<DecisionKey>,
}

impl HeldEntries {
    /// Notes an entry of the log.
    pub(super) fn note(&mut self, entry: &LogEntry) {
        match &entry.record {
            Record::Revision(revision) => _ = self.revisions.insert(revision.revision),
            Record::Decision(decision) => {
                let verdict = decision.verdict.name().to_string();
                let (job, time) = (decision.job.0.clone(), entry.time.to_bits());
                self.decisions.insert((job, verdict, decision.epoch, time));
            }
            Record::Member(_) | Record::AttemptEnded { .. } | Record::Judgement(_) => {}
        }
    }

    /// What the database has of the experiment and the log does not hold.
    pub(super) fn surplus(&self, connection: &Connection, experiment: &str) -> Result<Surplus> {
        let sql = "select revision from revisions where experiment = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map([experiment], |row| row.get::<_, u32>(0))?;
        let mut revisions: Vec<u32> = found.collect::<Result<_>>()?;
        revisions.retain(|found| !self.revisions.contains(found));
        let sql = "select job, verdict, epoch, time from decisions where experiment = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map([experiment], |row| {
            let time = row.get::<_, f64>(3)?.to_bits();
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, time))
        })?;
        let found: Vec<DecisionKey> = found.collect::<Result<_>>()?;
        let decisions = found.iter().filter(|found| !self.decisions.contains(found));
        let decisions = decisions.count() as u64;
        let newest = self.revisions.last().copied();
        let is_newer = newest.filter(|newest| revisions.iter().all(|lost| lost < newest));
        Ok(Surplus {
            revisions: revisions.len() as u64,
            decisions,
            written_again: is_newer.filter(|_| decisions == 0),
        })
    }
}

/// What the database has of an experiment and its log does not hold.
#[derive(Debug)]
pub(super) struct Surplus {
    revisions: u64,
    decisions: u64,
    /// The newest revision of the log, if it is newer than all that is lost and no decision is.
    pub(super) written_again: Option<u32>,
}

impl Surplus {
    /// In words; `None` if it is nothing.
    pub(super) fn words(&self) -> Option<String> {
        let mut words = Vec::new();
        for (count, word) in [(self.revisions, "revision"), (self.decisions, "decision")] {
            if count > 0 {
                words.push(counted(count, word));
            }
        }
        (!words.is_empty()).then(|| words.join(" and "))
    }
}
