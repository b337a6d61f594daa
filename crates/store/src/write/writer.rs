//! The one writer: the handle of the thread that owns the only connection that writes.

use super::pending_byte::keep_pending_byte_locked;
use super::writer_thread::{Message, WriterThread};
use crate::error::StoreError;
use crate::replay::SyncReport;
use crate::schema;
use convsweep_spec::event::Envelope;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::LogEntry;
use std::fs;
use std::sync::mpsc::{SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

/// Messages that may wait for the thread before a sender has to wait.
const QUEUE: usize = 8192;

/// The database's writer. The program that opens it must hold the results folder's lock.
///
/// What is sent while the database cannot be written is not lost: the logs contain it, and
/// [`DatabaseWriter::flush`] reads them again. Dropping the writer writes everything that is
/// pending.
#[derive(Debug)]
pub struct DatabaseWriter {
    messages: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl DatabaseWriter {
    /// Opens the database, creates folder and database if they are missing, and migrates it.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::NotWritable`], [`StoreError::Damaged`],
    /// [`StoreError::DiskFull`], or what SQLite reports.
    pub fn open(results: &ResultsFolder) -> Result<DatabaseWriter, StoreError> {
        fs::create_dir_all(&results.0).map_err(|e| StoreError::io(&results.0, e))?;
        let connection = schema::open_writable(&results.database())?;
        keep_pending_byte_locked(&results.database());
        let (sender, receiver) = sync_channel(QUEUE);
        let writer = WriterThread::new(connection, results.clone());
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.serve(&receiver))
            .map_err(|e| StoreError::io(&results.0, e))?;
        Ok(DatabaseWriter {
            messages: Some(sender),
            thread: Some(thread),
        })
    }

    /// Records an event of a worker. Waits only while thousands of others are pending.
    pub fn event(&self, envelope: Envelope) {
        self.send(Message::Event(Box::new(envelope)));
    }

    /// Records an entry that was appended to `experiment`'s log, in the log's order.
    pub fn entry(&self, experiment: &str, entry: LogEntry) {
        self.send(Message::Entry(experiment.into(), Box::new(entry)));
    }

    /// Waits until everything sent so far is in the database.
    ///
    /// # Errors
    /// What prevents the database from being written. The logs contain what it lacks: a later call,
    /// or a later run, catches up.
    pub fn flush(&self) -> Result<(), StoreError> {
        let (sender, receiver) = channel();
        self.send(Message::Flush(sender));
        receiver.recv().unwrap_or(Err(StoreError::Ended))
    }

    /// Reads what the logs of all jobs and experiments contain beyond what the database has read.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if a newer program wrote a log, or what prevents logs from being read
    /// or the database from being written. Broken lines are not errors but problems in the report.
    pub fn sync(&self, results: &ResultsFolder) -> Result<SyncReport, StoreError> {
        let (sender, receiver) = channel();
        self.send(Message::Sync(results.clone(), sender));
        receiver.recv().unwrap_or(Err(StoreError::Ended))
    }

    /// The thread ends only with its writer, or by a panic, which `flush` and `sync` report.
    fn send(&self, message: Message) {
        if let Some(messages) = &self.messages {
            let _ = messages.send(message);
        }
    }
}

impl Drop for DatabaseWriter {
    fn drop(&mut self) {
        drop(self.messages.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
