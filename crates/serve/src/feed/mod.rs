//! What is known of the results folder now: read when somebody looks, and no more often than a
//! small share of one core allows.

mod error;
mod points;
mod reader;
mod sweep;

pub use error::FeedError;
pub use points::PointCache;
pub use sweep::Sweep;

use convsweep_progress::Budget;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::Database;
use reader::Reader;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The results folder as everybody who looks sees it.
pub struct Feed {
    reader: Mutex<Reader>,
    changes: watch::Sender<u64>,
}

impl Feed {
    /// A feed of this results folder, which need not exist yet.
    pub fn new(results: &ResultsFolder) -> Feed {
        Feed {
            reader: Mutex::new(Reader::new(results)),
            changes: watch::Sender::new(0),
        }
    }

    /// Reads with the database; takes turns with others.
    ///
    /// # Errors
    /// If there is no database, or `read` fails.
    pub fn with<T>(
        &self,
        read: impl FnOnce(&Database, &mut PointCache) -> Result<T, FeedError>,
    ) -> Result<T, FeedError> {
        self.locked(|reader| reader.with(read))
    }

    /// An experiment as it is now.
    ///
    /// # Errors
    /// If there is no such experiment, or the database cannot be read.
    pub fn sweep(&self, name: &str) -> Result<Arc<Sweep>, FeedError> {
        self.locked(|reader| reader.sweep(name))
    }

    /// The job whose id begins so.
    ///
    /// # Errors
    /// If there is none, or the database cannot be read.
    pub fn job(&self, id: &str) -> Result<JobId, FeedError> {
        self.with(|database, _| database.find_job(id).map_err(FeedError::from))
    }

    /// Is told of every change that anybody can see.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Looks for changes while anybody wants to know of them. Never returns.
    pub async fn watch(self: Arc<Feed>) {
        loop {
            if self.changes.receiver_count() == 0 {
                tokio::time::sleep(Budget::SHORTEST_PAUSE).await;
                continue;
            }
            let feed = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || {
                feed.locked(|reader| (reader.look(), reader.pause()))
            });
            let Ok((is_changed, pause)) = looked.await else {
                return;
            };
            if is_changed {
                self.changes.send_modify(|number| *number += 1);
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn locked<T>(&self, read: impl FnOnce(&mut Reader) -> T) -> T {
        // A panic in a reader leaves nothing half done that the next one could not read again.
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        read(&mut reader)
    }
}
