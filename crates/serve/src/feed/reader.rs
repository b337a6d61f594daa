//! The database of a results folder, opened when it is there and again when it is another one.

use super::FeedError;
use super::points::PointCache;
use super::sweep::{Sweep, WatchedSweep};
use convsweep_progress::{Budget, RunningProgram};
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::Database;
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Experiments that are kept in memory at most.
const MOST_SWEEPS: usize = 20;

/// Time after which an experiment that nobody has asked for is read anew.
const FORGOTTEN: Duration = Duration::from_secs(120);

/// What has been read.
pub struct Reader {
    results: ResultsFolder,
    database: Option<(Database, DatabaseIdentity)>,
    sweeps: HashMap<String, WatchedSweep>,
    points: PointCache,
    /// The state of the folder at the last look.
    seen: Option<(i64, RunningProgram)>,
    looking: Budget,
}

/// Device and inode of the database's file: `rebuild` puts another one in its place.
type DatabaseIdentity = (u64, u64);

impl Reader {
    /// Reads nothing yet.
    pub fn new(results: &ResultsFolder) -> Reader {
        Reader {
            results: results.clone(),
            database: None,
            sweeps: HashMap::new(),
            points: PointCache::default(),
            seen: None,
            looking: Budget::new(),
        }
    }

    /// Reads with the database.
    pub fn with<T>(
        &mut self,
        read: impl FnOnce(&Database, &mut PointCache) -> Result<T, FeedError>,
    ) -> Result<T, FeedError> {
        self.open()?;
        match &self.database {
            Some((database, _)) => read(database, &mut self.points),
            None => Err(FeedError::Nothing {
                folder: self.results.0.display().to_string(),
            }),
        }
    }

    /// Opens the database if it is not open, or is another file now.
    fn open(&mut self) -> Result<(), FeedError> {
        let path = self.results.database();
        let found = std::fs::metadata(path)
            .ok()
            .map(|file| (file.dev(), file.ino()));
        let known = self.database.as_ref().map(|(_, identity)| *identity);
        if found.is_some() && found == known {
            return Ok(());
        }
        self.database = None;
        self.sweeps.clear();
        self.points = PointCache::default();
        let database = Database::open(&self.results)?;
        self.database = found.map(|identity| (database, identity));
        Ok(())
    }

    /// The state of the folder.
    fn stamp(&mut self) -> Result<(i64, RunningProgram), FeedError> {
        let version = self.with(|database, _| Ok(database.data_version()?))?;
        Ok((version, RunningProgram::of(&self.results)))
    }

    /// An experiment as it is now, or was when it last could be read cheaply.
    pub fn sweep(&mut self, name: &str) -> Result<Arc<Sweep>, FeedError> {
        let stamp = self.stamp()?;
        let Some((database, _)) = &self.database else {
            return Err(FeedError::NoExperiment);
        };
        if let Some(watched) = self.sweeps.get_mut(name) {
            watched.asked = Instant::now();
            if watched.refresh(database, &self.results, stamp)? {
                return Ok(Arc::clone(&watched.seen));
            }
            self.sweeps.remove(name);
            return Err(FeedError::NoExperiment);
        }
        let watched = WatchedSweep::read(database, name, &self.results, stamp)?;
        let seen = Arc::clone(&watched.seen);
        if self.sweeps.len() >= MOST_SWEEPS {
            self.sweeps.clear();
        }
        self.sweeps.insert(name.to_string(), watched);
        Ok(seen)
    }

    /// Whether anything has changed since the last look.
    pub fn look(&mut self) -> bool {
        let mut looking = std::mem::replace(&mut self.looking, Budget::new());
        let is_changed = looking.spend(|| self.look_now());
        self.looking = looking;
        is_changed
    }

    fn look_now(&mut self) -> bool {
        let Ok(stamp) = self.stamp() else {
            // What was there is gone, or cannot be read.
            return self.seen.take().is_some();
        };
        let mut is_changed = self.seen.as_ref() != Some(&stamp);
        self.sweeps
            .retain(|_, watched| watched.asked.elapsed() < FORGOTTEN);
        for watched in self.sweeps.values_mut() {
            is_changed |= watched.is_due() | watched.has_new_report(&self.results);
        }
        self.seen = Some(stamp);
        is_changed
    }

    /// Time until the next look.
    pub fn pause(&self) -> Duration {
        self.looking.pause()
    }
}
