//! A results folder that vanishes while jobs are trained: a mount that goes away, or a person who
//! deletes it. What the jobs write is lost then, so the run ends.

use crate::exit::{Exit, failure};
use crate::signals::Training;
use convsweep_spec::layout::ResultsFolder;
use std::cell::Cell;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// How often the folder is looked for.
const INTERVAL: Duration = Duration::from_secs(1);
/// In how many looks in a row it must be missing.
const LOOKS: u32 = 3;

/// Whether the results folder is still there.
pub struct Presence<'a> {
    results: &'a ResultsFolder,
    has_vanished: Cell<bool>,
}

impl<'a> Presence<'a> {
    /// Of a folder that is there.
    pub fn new(results: &'a ResultsFolder) -> Self {
        Presence {
            results,
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
            "the results folder {} vanished while jobs were trained: its database and its lock \
            are gone; bring it back (is it mounted?) or name another one with --results, \
            and give the same command again",
            self.results.0.display()
        );
        Err(failure(Exit::Results, message))
    }

    /// Workers make folders of jobs again, so only the program's own files tell.
    fn is_missing(&self) -> bool {
        is_missing(&self.results.lock()) && is_missing(&self.results.database())
    }
}

fn is_missing(path: &Path) -> bool {
    match path.symlink_metadata() {
        Ok(_) => false,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle
        ),
    }
}
