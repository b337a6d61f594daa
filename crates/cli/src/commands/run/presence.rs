//! A results folder that vanishes while jobs are trained: a mount that goes away, or a person who
//! deletes it. What the jobs write is lost then, so the run ends. Another folder that appears in its
//! place, such as the empty mount point, is not written.

use crate::exit::{Exit, failure};
use crate::signals::Training;
use convsweep_spec::job::FolderIdentity;
use convsweep_spec::layout::ResultsFolder;
use std::cell::Cell;
use std::convert::Infallible;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the folder is looked for.
const INTERVAL: Duration = Duration::from_secs(1);
/// In how many looks in a row it must be missing.
const LOOKS: u32 = 3;

/// Whether the results folder is still there.
pub struct Presence<'a> {
    results: &'a ResultsFolder,
    lock: Found,
    database: Found,
    jobs: Found,
    /// Keeps the folder of the jobs from being forgotten by the system, which might give it another
    /// number then. The lock and the database are open elsewhere.
    _jobs: Option<File>,
    has_vanished: Cell<bool>,
}

/// A file or folder as it was found at the beginning.
struct Found {
    path: PathBuf,
    identity: Option<FolderIdentity>,
}

impl<'a> Presence<'a> {
    /// Of a folder that is there, and is locked.
    pub fn new(results: &'a ResultsFolder) -> Self {
        let jobs = File::open(results.jobs()).ok();
        Presence {
            results,
            lock: Found::at(results.lock()),
            database: Found::at(results.database()),
            jobs: Found::at(results.jobs()),
            _jobs: jobs,
            has_vanished: Cell::new(false),
        }
    }

    /// Looks for the folder, and drains the run once it has vanished.
    pub async fn watch(&self, training: &Training<'_>) -> Infallible {
        let mut missing = 0;
        loop {
            missing = if self.is_missing() { missing + 1 } else { 0 };
            if missing == LOOKS {
                tracing::info!("the results folder has vanished");
                self.has_vanished.set(true);
                training.drain();
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// The error of a run whose folder has vanished.
    ///
    /// # Errors
    /// If it has.
    pub fn check(&self) -> anyhow::Result<()> {
        if !self.has_vanished.get() && !self.is_missing() {
            return Ok(());
        }
        let message = format!(
            "the results folder {} vanished while jobs were trained: it is gone, or another one is \
            in its place; bring it back (is it mounted?) or name another one with --results, \
            and give the same command again",
            self.results.0.display()
        );
        Err(failure(Exit::Results, message))
    }

    /// Workers may make folders of jobs again, so the program's own files tell. The database alone
    /// may be deleted, and the lock's file: a run gets by without them.
    fn is_missing(&self) -> bool {
        self.jobs.is_gone() || (self.lock.is_gone() && self.database.is_gone())
    }
}

impl Found {
    fn at(path: PathBuf) -> Self {
        let identity = identity_at(&path).ok();
        Found { path, identity }
    }

    /// Whether it is gone, or another one is in its place.
    fn is_gone(&self) -> bool {
        match identity_at(&self.path) {
            Ok(found) => self.identity.is_some_and(|identity| identity != found),
            Err(error) => matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle
            ),
        }
    }
}

fn identity_at(path: &Path) -> std::io::Result<FolderIdentity> {
    path.metadata().map(|found| FolderIdentity::of(&found))
}
