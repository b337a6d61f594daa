//! The folders that every command works with.

use crate::exit::{Code, Exit};
use crate::signals::Signals;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::Location;
use convsweep_runner::lock_holder;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::{Database, Integrity};
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// The results folder and the folder of image sets.
pub struct Context {
    /// The results folder.
    pub results: ResultsFolder,
    /// The folder of image sets.
    pub data: PathBuf,
    /// Whether progress is not shown.
    pub quiet: bool,
    /// Whether doubts about the database have been told.
    is_integrity_told: Cell<bool>,
    /// The signals that ask a run to stop.
    pub signals: Signals,
}

impl Context {
    /// The folders that the command line or the environment names, as absolute paths.
    ///
    /// # Errors
    /// If no folder of image sets is known, or the current folder does not exist.
    pub fn new(results: &Path, data: Option<&Path>, quiet: bool) -> Result<Self> {
        let data = match data {
            Some(folder) => folder.to_path_buf(),
            None => default_data_folder()?,
        };
        Ok(Context {
            results: ResultsFolder(std::path::absolute(results).code(Exit::Results)?),
            data: std::path::absolute(data).code(Exit::Data)?,
            quiet,
            is_integrity_told: Cell::new(false),
            signals: Signals::default(),
        })
    }

    /// Opens the results database.
    ///
    /// # Errors
    /// If there is none or it cannot be used.
    pub fn database(&self) -> Result<Database> {
        let database = Database::open(&self.results).code(Exit::Results)?;
        if !self.is_integrity_told.replace(true)
            && let Some(doubt) = self.doubt(&database)
        {
            say_error(&format!(
                "note: {}: {doubt}",
                self.results.database().display()
            ));
        }
        Ok(database)
    }

    /// Why the database's figures cannot be vouched for, and the remedy.
    fn doubt(&self, database: &Database) -> Option<&'static str> {
        match database.integrity() {
            Integrity::Intact => None,
            Integrity::Changed => Some(
                "was damaged, or changed by another program, since Convsweep wrote it; \
                `convsweep rebuild` builds it again from the logs",
            ),
            Integrity::Unknown if lock_holder(&self.results).is_some() => None,
            Integrity::Unknown => Some(
                "the last run did not close it; `convsweep check-db` compares it with the logs, \
                the next run or `convsweep rebuild` builds it again from them",
            ),
        }
    }

    /// Opens the results database; `None` if nothing was run in the results folder yet.
    ///
    /// # Errors
    /// If it cannot be used.
    pub fn database_if_any(&self) -> Result<Option<Database>> {
        if !self.results.database().exists() {
            return Ok(None);
        }
        self.database().map(Some)
    }

    /// Where an image set is for which the file names `path`.
    pub fn location<'a>(&'a self, path: Option<&'a Path>) -> Location<'a> {
        Location {
            cache: &self.data,
            path,
        }
    }
}

/// `convsweep` in the user's cache folder.
fn default_data_folder() -> Result<PathBuf> {
    let cache = match (environment("XDG_CACHE_HOME"), environment("HOME")) {
        (Some(cache), _) => Ok(cache),
        (None, Some(home)) => Ok(home.join(".cache")),
        (None, None) => Err("neither HOME nor XDG_CACHE_HOME is set: \
            name the folder of image sets with CONVSWEEP_DATA"),
    };
    Ok(cache.code(Exit::Data)?.join("convsweep"))
}

fn environment(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name)?;
    (!value.is_empty()).then(|| PathBuf::from(value))
}
