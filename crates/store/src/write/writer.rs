//! The one writer: a thread that owns the only connection that writes, behind a bounded channel.
//!
//! What comes within a short while shares a transaction, so that derived rows (a job's standing,
//! the summary of its configuration) are made once for all of it. Readers see the state of before
//! until then; the logs hold what a kill takes.

use super::apply;
use super::derived::Changes;
use super::log_positions::Heard;
use super::pending_byte;
use crate::error::StoreError;
use crate::replay::{SyncReport, replay};
use crate::schema;
use convsweep_spec::event::Envelope;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::LogEntry;
use rusqlite::Connection;
use std::fs;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Messages that wait for the thread before a sender must wait.
const WAITING: usize = 8192;
/// Messages in a transaction, at most.
const BATCH: usize = 1 << 16;
/// How long a transaction takes messages, at least: what it holds is seen that much later.
const LEAST: Duration = Duration::from_millis(50);
/// The same, at most.
const MOST: Duration = Duration::from_secs(1);

/// The database's writer. The program that opens it must hold the results folder's lock.
///
/// What is sent while the database cannot be written is not lost: the logs hold it, and
/// [`Writer::flush`] reads them again. Dropping the writer writes what waits.
#[derive(Debug)]
pub struct Writer {
    messages: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
}

enum Message {
    Event(Box<Envelope>),
    Entry(String, Box<LogEntry>),
    Flush(Sender<Result<(), StoreError>>),
    Sync(ResultsFolder, Sender<Result<SyncReport, StoreError>>),
}

impl Writer {
    /// Opens the database, makes folder and database where they are missing, and migrates it.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::NotWritable`], [`StoreError::Damaged`],
    /// [`StoreError::DiskFull`], or what SQLite says.
    pub fn open(results: &ResultsFolder) -> Result<Writer, StoreError> {
        fs::create_dir_all(&results.0).map_err(|e| StoreError::io(&results.0, e))?;
        let connection = schema::open_writable(&results.database())?;
        pending_byte::hold(&results.database());
        let (sender, receiver) = sync_channel(WAITING);
        let keeper = Keeper {
            connection,
            results: results.clone(),
            changes: Changes::default(),
            heard: Heard::default(),
            behind: false,
            settling: Duration::ZERO,
        };
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || keeper.serve(&receiver))
            .map_err(|e| StoreError::io(&results.0, e))?;
        Ok(Writer {
            messages: Some(sender),
            thread: Some(thread),
        })
    }

    /// Takes an event of a worker. Waits only while very many others wait.
    pub fn event(&self, envelope: Envelope) {
        self.send(Message::Event(Box::new(envelope)));
    }

    /// Takes an entry that was appended to `experiment`'s log, in the log's order.
    pub fn entry(&self, experiment: &str, entry: LogEntry) {
        self.send(Message::Entry(experiment.into(), Box::new(entry)));
    }

    /// Waits until all that was sent is in the database.
    ///
    /// # Errors
    /// What keeps the database from being written. The logs hold what it lacks: a later call, or a
    /// later run, catches up.
    pub fn flush(&self) -> Result<(), StoreError> {
        let (sender, receiver) = channel();
        self.send(Message::Flush(sender));
        receiver.recv().unwrap_or(Err(StoreError::Ended))
    }

    /// Reads what the logs of all jobs and experiments hold beyond what the database has read.
    ///
    /// # Errors
    /// [`StoreError::Newer`] where a newer program wrote a log, or what keeps logs from being read
    /// or the database from being written. Broken lines are no error but a problem in the report.
    pub fn sync(&self, results: &ResultsFolder) -> Result<SyncReport, StoreError> {
        let (sender, receiver) = channel();
        self.send(Message::Sync(results.clone(), sender));
        receiver.recv().unwrap_or(Err(StoreError::Ended))
    }

    /// The thread ends only with its writer, or by a panic, which `flush` and `sync` tell.
    fn send(&self, message: Message) {
        if let Some(messages) = &self.messages {
            let _ = messages.send(message);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.messages.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread's side.
struct Keeper {
    connection: Connection,
    results: ResultsFolder,
    changes: Changes,
    heard: Heard,
    /// Whether a batch could not be written, so that the logs hold more than the database.
    behind: bool,
    /// What the last transaction took to make its derived rows.
    settling: Duration,
}

impl Keeper {
    fn serve(mut self, messages: &Receiver<Message>) {
        let mut next = messages.recv().ok();
        while let Some(message) = next.take() {
            match message {
                Message::Flush(reply) => drop(reply.send(self.catch_up())),
                Message::Sync(results, reply) => {
                    let synced = replay(&self.connection, &results);
                    self.behind &= synced.is_err();
                    let _ = reply.send(synced);
                }
                message => {
                    let written = self.batch(message, messages, &mut next);
                    if written.is_err() {
                        self.behind = true;
                        self.changes = Changes::default();
                        self.heard.forget();
                        let _ = self.connection.execute_batch("rollback");
                    }
                }
            }
            next = next.or_else(|| messages.recv().ok());
        }
        self.close();
    }

    /// Writes `first` and what comes soon after it in one transaction, up to the next message that
    /// wants an answer (`left`).
    ///
    /// It takes messages for four times as long as derived rows took last, so that these, which may
    /// be many, take a fifth of the thread's time at most.
    fn batch(
        &mut self,
        first: Message,
        messages: &Receiver<Message>,
        left: &mut Option<Message>,
    ) -> rusqlite::Result<()> {
        let mut result = self.connection.execute_batch("begin immediate");
        let mut message = first;
        let until = Instant::now() + (self.settling * 4).clamp(LEAST, MOST);
        for taken in 1.. {
            // After an error the rest of the batch is still taken out: the logs have it.
            result = result.and_then(|()| self.apply(&message));
            if taken >= BATCH {
                break;
            }
            match messages.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(other @ (Message::Event(_) | Message::Entry(..))) => message = other,
                Ok(other) => {
                    *left = Some(other);
                    break;
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        result?;
        let since = Instant::now();
        self.changes.settle(&self.connection)?;
        self.settling = since.elapsed();
        self.connection.execute_batch("commit")
    }

    /// What the log would have to say of a line that is left out, [`crate::check`] and the next
    /// sync say.
    fn apply(&mut self, message: &Message) -> rusqlite::Result<()> {
        match message {
            Message::Event(envelope) => {
                apply::event(&self.connection, envelope, &mut self.changes)?;
                self.heard.event(&self.connection, &self.results, envelope)
            }
            Message::Entry(experiment, entry) => {
                let revision = apply::current_revision(&self.connection, experiment)?;
                apply::entry(
                    &self.connection,
                    experiment,
                    revision,
                    entry,
                    &mut self.changes,
                )?;
                self.heard.entry(&self.connection, experiment, entry)
            }
            Message::Flush(_) | Message::Sync(..) => Ok(()),
        }
    }

    fn catch_up(&mut self) -> Result<(), StoreError> {
        if self.behind {
            replay(&self.connection, &self.results)?;
            self.behind = false;
        }
        Ok(())
    }

    /// Leaves one whole file, as far as readers allow, and never makes one of them wait.
    fn close(mut self) {
        let _ = self.catch_up();
        let _ = self.connection.busy_timeout(Duration::from_millis(200));
        let _ = self
            .connection
            .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()));
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
