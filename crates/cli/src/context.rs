//! The folders that every command works with.

use crate::exit::{Code, Exit, failure};
use crate::phases::{LongPhase, Phases};
use crate::signals::Signals;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::{Location, LookProgress};
use convsweep_runner::lock_holder;
use convsweep_spec::data::ImageLimits;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::{Database, Integrity, StoreError};
use std::cell::Cell;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The results folder and the folder of image sets.
pub struct Context {
    /// The results folder.
    pub results: ResultsFolder,
    /// The folder of image sets, or why none is known.
    data: Result<PathBuf, &'static str>,
    /// Whether progress is not shown.
    pub quiet: bool,
    /// Whether doubts about the database have been told.
    is_integrity_told: Cell<bool>,
    /// The doubt that was told.
    doubt: Cell<Option<&'static str>>,
    /// The signals that ask a run to stop.
    pub signals: Signals,
    /// Tells what long work is doing.
    phases: Phases,
    /// Shows how far a look at an image set has come.
    look: Box<dyn Fn(LookProgress) + Sync>,
}

impl Context {
    /// The folders that the command line or the environment names, as absolute paths.
    ///
    /// # Errors
    /// If the current folder does not exist.
    pub fn new(results: &Path, data: Option<&Path>, quiet: bool) -> Result<Self> {
        let data = match data {
            Some(folder) => Ok(folder.to_path_buf()),
            None => default_data_folder(),
        };
        let data = match data {
            Ok(folder) => Ok(absolute(&folder, Exit::Data)?),
            Err(problem) => Err(problem),
        };
        let signals = Signals::default();
        let phases = Phases::new(quiet);
        let display = phases.clone();
        let told = signals.clone();
        let look = move |progress: LookProgress| {
            if progress.is_kept || progress.done == progress.files {
                told.look_is_kept();
            }
            display.look(progress);
        };
        Ok(Context {
            results: ResultsFolder(absolute(results, Exit::Results)?),
            data,
            quiet,
            is_integrity_told: Cell::new(false),
            doubt: Cell::new(None),
            signals,
            phases,
            look: Box::new(look),
        })
    }

    /// Work begins that may take long, such as "reading the logs"; it is told until it is dropped.
    pub fn phase(&self, what: impl Into<String>) -> LongPhase {
        self.phases.begin(what)
    }

    /// The folder of image sets.
    ///
    /// # Errors
    /// If none is named and the user has no cache folder. Commands that need no images never ask.
    pub fn data(&self) -> Result<&Path> {
        self.data
            .as_deref()
            .map_err(|problem| failure(Exit::Data, *problem))
    }

    /// Refuses a results folder that does not exist, or is no folder, for commands that make none.
    ///
    /// # Errors
    /// What was found in its place.
    pub fn require_results(&self) -> Result<()> {
        let folder = self.results.0.display();
        let message = match std::fs::metadata(&self.results.0) {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => format!(
                "{folder} is not a folder: name the results folder with --results, \
                or move the file out of the way"
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => format!(
                "there is no results folder {folder}: name it with --results or \
                CONVSWEEP_RESULTS; `convsweep run FILE` makes one"
            ),
            Err(error) => format!(
                "the results folder {folder} cannot be read: {error}; \
                check its permissions and whether its file system is there"
            ),
        };
        Err(failure(Exit::Results, message))
    }

    /// Opens the results database.
    ///
    /// # Errors
    /// If there is none or it cannot be used.
    pub fn database(&self) -> Result<Database> {
        self.telling_doubts(|| Database::open(&self.results))
            .code(Exit::Results)
    }

    /// As [`Context::database`], for a command that holds the results folder's lock: needs no space
    /// on the disk.
    ///
    /// # Errors
    /// As [`Context::database`].
    pub fn database_alone(&self) -> Result<Database> {
        self.telling_doubts(|| Database::open_alone(&self.results))
            .code(Exit::Results)
    }

    /// Opens the results database; `None` if nothing was run in the results folder yet.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn database_if_any(&self) -> Result<Option<Database>> {
        match self.telling_doubts(|| Database::open(&self.results)) {
            Err(StoreError::NoFolder { .. } | StoreError::Missing { .. }) => Ok(None),
            opened => Ok(Some(opened.code(Exit::Results)?)),
        }
    }

    /// Opens the database, and tells doubts about its figures if no earlier call has.
    fn telling_doubts(
        &self,
        open: impl FnOnce() -> Result<Database, StoreError>,
    ) -> Result<Database, StoreError> {
        let is_told = self.is_integrity_told.get();
        let integrity = (!is_told).then(|| Integrity::of_results(&self.results));
        let database = open()?;
        self.is_integrity_told.set(true);
        if let Some(doubt) = integrity.and_then(|integrity| self.doubt(integrity)) {
            self.doubt.set(Some(doubt));
            let path = self.results.database();
            say_error(&format!("note: {}: {doubt}", path.display()));
        }
        Ok(database)
    }

    /// Why the figures of the database that was opened cannot be vouched for, and the remedy.
    pub fn database_doubt(&self) -> Option<&'static str> {
        self.doubt.get()
    }

    /// The doubt about a database in this state.
    fn doubt(&self, integrity: Integrity) -> Option<&'static str> {
        match integrity {
            Integrity::Intact => None,
            Integrity::Changed => Some(
                "was damaged, or changed by another program, since Convsweep wrote it, or is a \
                backup that was put back; \
                `convsweep rebuild` builds it again from the logs",
            ),
            Integrity::Unknown if lock_holder(&self.results).is_some() => None,
            Integrity::Unknown => Some(
                "the last run did not close it, or found it in doubt; `convsweep check` compares \
                it with the logs, `convsweep rebuild` builds it again from them (so does the next \
                run if it is small)",
            ),
        }
    }

    /// Where an image set is for which the file names `path`, and what is read of it at most.
    ///
    /// # Errors
    /// As [`Context::data`].
    pub fn location<'a>(
        &'a self,
        path: Option<&'a Path>,
        limits: ImageLimits,
    ) -> Result<Location<'a>> {
        let location = Location::new(self.data()?, path).within(limits);
        Ok(location.watched(&self.look))
    }
}

/// The path from the root; fails only where the current folder no longer exists.
fn absolute(path: &Path, exit: Exit) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| {
        let path = path.display();
        let message = format!(
            "the folder {path} cannot be found from here: {error}; \
            go to a folder that exists, or name it from the root"
        );
        failure(exit, message)
    })
}

/// `convsweep` in the user's cache folder.
fn default_data_folder() -> Result<PathBuf, &'static str> {
    let cache = match (environment("XDG_CACHE_HOME"), home()) {
        (Some(cache), _) => cache,
        (None, Some(home)) => home.join(".cache"),
        (None, None) => {
            return Err(
                "there is no folder for image sets, since neither HOME nor XDG_CACHE_HOME \
                is set: name one with --data or CONVSWEEP_DATA",
            );
        }
    };
    Ok(cache.join("convsweep"))
}

/// The user's home folder, from the environment, else from the system's list of users.
fn home() -> Option<PathBuf> {
    let listed = || std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    environment("HOME").or_else(listed)
}

fn environment(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name)?;
    (!value.is_empty()).then(|| PathBuf::from(value))
}
