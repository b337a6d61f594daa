//! The one writer: the handle of the thread that owns the only connection that writes.

use super::in_doubt::rebuild_if_in_doubt;
use super::pending_byte::keep_pending_byte_locked;
use super::writer_thread::{Message, Synced, WriterThread};
use crate::apply::derive_missing;
use crate::digest;
use crate::error::StoreError;
use crate::replay::{Forgotten, LogProgress, SyncReport};
use crate::schema;
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::LogEntry;
use std::fs;
use std::mem::take;
use std::sync::Mutex;
use std::sync::mpsc::{SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

/// Messages that may wait for the thread before a sender has to wait.
const QUEUE: usize = 8192;

/// Size in bytes up to which a database is built again after a run that was killed: at 9 MB a
/// second it takes at most some 8 seconds. A larger one stays in doubt until the user asks for it.
const LARGEST_REBUILT_UNASKED: u64 = 64 << 20;

/// The database's writer. The program that opens it must hold the results folder's lock.
///
/// What is sent while the database cannot be written is not lost: the logs contain it, and
/// [`DatabaseWriter::flush`] reads them again. Dropping the writer writes everything that is
/// pending.
#[derive(Debug)]
pub struct DatabaseWriter {
    /// What opening it found; the first [`DatabaseWriter::sync`] reports it.
    found: Mutex<SyncReport>,
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
        DatabaseWriter::open_within(results, LARGEST_REBUILT_UNASKED)
    }

    /// As [`DatabaseWriter::open`]; a database in doubt of more than `largest_rebuilt` bytes is not
    /// built again.
    fn open_within(
        results: &ResultsFolder,
        largest_rebuilt: u64,
    ) -> Result<DatabaseWriter, StoreError> {
        fs::create_dir_all(&results.0).map_err(|e| StoreError::io(&results.0, e))?;
        let (found, is_vouched_for) = rebuild_if_in_doubt(results, largest_rebuilt)?;
        let connection = schema::open_writable(&results.database())?;
        derive_missing(&connection).map_err(|e| StoreError::sqlite(&results.database(), e))?;
        let digest = digest::path(&results.database());
        digest::remove(&results.database()).map_err(|e| StoreError::io(&digest, e))?;
        keep_pending_byte_locked(&results.database());
        let (sender, receiver) = sync_channel(QUEUE);
        let writer = WriterThread::new(connection, results.clone(), is_vouched_for);
        let thread = thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.serve(&receiver))
            .map_err(|source| StoreError::NoThread { source })?;
        Ok(DatabaseWriter {
            found: Mutex::new(found),
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

    /// Waits until everything sent so far is in the database, with what it says of each experiment.
    /// Closing the writer does the same.
    ///
    /// # Errors
    /// As [`DatabaseWriter::flush`].
    pub fn write_answers(&self) -> Result<(), StoreError> {
        let (sender, receiver) = channel();
        self.send(Message::Answers(sender));
        receiver.recv().unwrap_or(Err(StoreError::Ended))
    }

    /// Reads what the logs of all jobs and experiments contain beyond what the database has read.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if a newer program wrote a log, or what prevents logs from being read
    /// or the database from being written. Broken lines are not errors but problems in the report.
    pub fn sync(&self, results: &ResultsFolder) -> Result<SyncReport, StoreError> {
        self.sync_telling(results, &|_, _| ())
    }

    /// As [`DatabaseWriter::sync`]; tells how far it has come.
    ///
    /// # Errors
    /// As [`DatabaseWriter::sync`].
    pub fn sync_telling(
        &self,
        results: &ResultsFolder,
        progress: LogProgress,
    ) -> Result<SyncReport, StoreError> {
        let (sender, receiver) = channel();
        self.send(Message::Sync(results.clone(), sender));
        let synced = loop {
            match receiver.recv() {
                Ok(Synced::Read(read, all)) => progress(read, all),
                Ok(Synced::Done(synced)) => break synced?,
                Err(_) => return Err(StoreError::Ended),
            }
        };
        let found = self.found.lock().map(|mut found| take(&mut *found));
        Ok(found.unwrap_or_default().followed_by(synced))
    }

    /// Forgets what the logs of these jobs have given, because their folders were moved away.
    ///
    /// # Errors
    /// As [`DatabaseWriter::sync`].
    pub fn forget_jobs(&self, jobs: &[JobId]) -> Result<SyncReport, StoreError> {
        self.forget(Forgotten::Jobs(jobs.to_vec()))
    }

    /// Forgets what an experiment's log no longer holds, because its decisions are made again and its
    /// plan is written again.
    ///
    /// # Errors
    /// As [`DatabaseWriter::sync`].
    pub fn forget_lost_entries(&self, experiment: &str) -> Result<SyncReport, StoreError> {
        self.forget(Forgotten::Experiment(experiment.to_string()))
    }

    fn forget(&self, forgotten: Forgotten) -> Result<SyncReport, StoreError> {
        let (sender, receiver) = channel();
        self.send(Message::Forget(forgotten, sender));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Integrity;
    use crate::replay::rebuild;
    use rusqlite::Connection;

    /// A value that no log has stays in doubt, however many runs come after it.
    #[test]
    fn a_large_database_in_doubt_gets_no_digest_until_it_is_built_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let results = ResultsFolder(folder.path().into());
        let path = results.database();
        drop(DatabaseWriter::open(&results).expect("makes it"));
        assert_eq!(Integrity::of(&path), Integrity::Intact);
        digest::remove(&path).expect("as a run that is killed leaves it");
        let connection = Connection::open(&path).expect("opens");
        let sql = "insert into jobs (job) values ('x')";
        connection.execute(sql, []).expect("inserts");
        drop(connection);
        for _ in 0..2 {
            let writer = DatabaseWriter::open_within(&results, 0).expect("opens");
            writer.sync(&results).expect("syncs");
            drop(writer);
            assert_eq!(Integrity::of(&path), Integrity::Unknown);
        }
        rebuild(&results).expect("rebuilds");
        assert_eq!(Integrity::of(&path), Integrity::Intact);
        drop(DatabaseWriter::open_within(&results, 0).expect("opens"));
        assert_eq!(Integrity::of(&path), Integrity::Intact);
    }
}
