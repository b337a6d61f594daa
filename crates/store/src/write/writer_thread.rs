//! The thread that writes: messages that arrive close together share a transaction.
//!
//! So derived rows (a job's state, the summary of its configuration) are computed once for all of
//! them. Until the transaction ends readers see the earlier state; after a kill the logs contain
//! what was lost.

use super::log_positions::LogPositions;
use crate::apply::{Changes, LogPlace, apply_entry, apply_event, newest_revision};
use crate::digest;
use crate::error::StoreError;
use crate::replay::{Forgotten, SyncReport, forget, replay, replay_telling};
use crate::sweep::make_missing_answers;
use convsweep_spec::event::Envelope;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::LogEntry;
use rusqlite::Connection;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// Maximum number of messages in one transaction.
const MAX_MESSAGES: usize = 1 << 16;
/// How long a transaction collects messages at least; readers see them that much later.
const SHORTEST: Duration = Duration::from_millis(50);
/// How long a transaction collects messages at most.
const LONGEST: Duration = Duration::from_secs(1);

/// Messages to the writer thread.
pub(super) enum Message {
    Event(Box<Envelope>),
    /// The experiment, and an entry of its log.
    Entry(String, Box<LogEntry>),
    Flush(Sender<Result<(), StoreError>>),
    Answers(Sender<Result<(), StoreError>>),
    Sync(ResultsFolder, Sender<Synced>),
    Forget(Forgotten, Sender<Result<SyncReport, StoreError>>),
}

/// The answer to a message that asks for the logs to be read.
pub(super) enum Synced {
    /// So many logs of jobs have been read of so many.
    Read(u64, u64),
    /// All are read, or that was impossible.
    Done(Result<SyncReport, StoreError>),
}

/// The state of the thread.
pub(super) struct WriterThread {
    connection: Connection,
    results: ResultsFolder,
    changes: Changes,
    positions: LogPositions,
    /// Whether the rows that were there when the file was opened are those of the logs.
    is_vouched_for: bool,
    /// Whether a transaction failed, so that the logs contain more than the database.
    behind: bool,
    /// How long the last transaction took to compute its derived rows.
    deriving: Duration,
}

impl WriterThread {
    /// `is_vouched_for`: whether what is in the database agrees with the logs.
    pub(super) fn new(
        connection: Connection,
        results: ResultsFolder,
        is_vouched_for: bool,
    ) -> WriterThread {
        WriterThread {
            connection,
            results,
            is_vouched_for,
            changes: Changes::default(),
            positions: LogPositions::default(),
            behind: false,
            deriving: Duration::ZERO,
        }
    }

    /// Handles messages until the writer is dropped.
    pub(super) fn serve(mut self, messages: &Receiver<Message>) {
        let mut next = messages.recv().ok();
        while let Some(message) = next.take() {
            match message {
                Message::Flush(reply) => drop(reply.send(self.catch_up())),
                Message::Answers(reply) => drop(reply.send(self.write_answers())),
                Message::Sync(results, reply) => {
                    let progress = |read, all| drop(reply.send(Synced::Read(read, all)));
                    let synced = replay_telling(&self.connection, &results, &progress);
                    self.behind &= synced.is_err();
                    let _ = reply.send(Synced::Done(synced));
                }
                Message::Forget(forgotten, reply) => {
                    let synced = forget(&self.connection, &self.results, &forgotten);
                    self.behind &= synced.is_err();
                    let _ = reply.send(synced);
                }
                Message::Event(_) | Message::Entry(..) => {
                    if let Err(error) = self.transaction(message, messages, &mut next) {
                        self.give_up_transaction(&error);
                    }
                }
            }
            next = next.or_else(|| messages.recv().ok());
        }
        self.close();
    }

    /// Writes `first` and the messages that arrive soon after it in one transaction, up to the next
    /// message that expects an answer, which is left in `next`.
    ///
    /// It collects messages for four times as long as the derived rows took last time, so that
    /// these, which may be many, take at most a fifth of the thread's time.
    fn transaction(
        &mut self,
        first: Message,
        messages: &Receiver<Message>,
        next: &mut Option<Message>,
    ) -> rusqlite::Result<()> {
        let mut result = self.connection.execute_batch("begin immediate");
        let mut message = first;
        let mut messages_taken = 0;
        let deadline = Instant::now() + (self.deriving * 4).clamp(SHORTEST, LONGEST);
        loop {
            messages_taken += 1;
            // After an error the remaining messages are still taken: the logs contain them.
            result = result.and_then(|()| self.apply(&message));
            if messages_taken >= MAX_MESSAGES {
                break;
            }
            match messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(other @ (Message::Event(_) | Message::Entry(..))) => message = other,
                Ok(other) => {
                    *next = Some(other);
                    break;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        result?;
        self.positions.note_files(&self.connection, &self.results)?;
        let since = Instant::now();
        self.changes.update_derived_rows(&self.connection)?;
        self.deriving = since.elapsed();
        self.connection.execute_batch("commit")?;
        tracing::debug!(messages = messages_taken, "stored");
        Ok(())
    }

    /// Lines that cannot be applied are ignored here: the next sync and [`crate::check()`] report
    /// them.
    fn apply(&mut self, message: &Message) -> rusqlite::Result<()> {
        match message {
            Message::Event(envelope) if envelope.absurdity().is_some() => {
                self.positions.forget_job(&envelope.job);
                Ok(())
            }
            Message::Event(envelope) => {
                apply_event(&self.connection, envelope, &mut self.changes)?;
                self.positions
                    .event(&self.connection, &self.results, envelope)
            }
            Message::Entry(experiment, entry) => {
                let revision = newest_revision(&self.connection, experiment)?;
                let place = LogPlace {
                    experiment,
                    revision,
                };
                apply_entry(&self.connection, place, entry, &mut self.changes)?;
                self.positions.entry(&self.connection, experiment, entry)
            }
            Message::Flush(_) | Message::Answers(_) | Message::Sync(..) | Message::Forget(..) => {
                Ok(())
            }
        }
    }

    /// Forgets a transaction that could not be written; the logs contain what it lost.
    fn give_up_transaction(&mut self, error: &rusqlite::Error) {
        tracing::info!("the database lags behind the logs: {error}");
        self.behind = true;
        self.changes = Changes::default();
        self.positions.forget();
        let _ = self.connection.execute_batch("rollback");
    }

    fn catch_up(&mut self) -> Result<(), StoreError> {
        if self.behind {
            replay(&self.connection, &self.results)?;
            self.behind = false;
            tracing::debug!("the database has caught up with the logs");
        }
        Ok(())
    }

    /// Makes the answers of the experiments that have none.
    fn write_answers(&mut self) -> Result<(), StoreError> {
        self.catch_up()?;
        let made = make_missing_answers(&self.connection);
        made.map_err(|e| StoreError::sqlite(&self.results.database(), e))
    }

    /// Leaves one complete file if readers allow it, and never makes one of them wait.
    ///
    /// The digest is left only for a complete file, and for none whose earlier rows were in doubt:
    /// without it they stay in doubt until the database is built again from the logs.
    fn close(mut self) {
        let is_complete = self.catch_up().is_ok();
        if is_complete && let Err(error) = self.write_answers() {
            tracing::info!("the answers were not written to the database: {error}");
        }
        let _ = self.connection.busy_timeout(Duration::from_millis(200));
        let sql = "pragma wal_checkpoint(truncate)";
        let is_merged = self.connection.query_row(sql, [], |row| row.get(0));
        if self.is_vouched_for && is_complete && is_merged == Ok(0) {
            let database = self.results.database();
            if let Err(error) = digest::write(&database) {
                tracing::info!("no digest of the database: {error}");
            }
        }
    }
}

#[cfg(test)]
#[path = "writer_thread_tests.rs"]
mod tests;
