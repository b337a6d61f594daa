//! The folders that every command works with.

use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_data::Location;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::Database;
use std::path::{Path, PathBuf};

/// The results folder and the folder of image sets.
pub struct Context {
    /// The results folder.
    pub results: ResultsFolder,
    /// The folder of image sets.
    pub data: PathBuf,
    /// Whether progress is not shown.
    pub quiet: bool,
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
        })
    }

    /// Opens the results database.
    ///
    /// # Errors
    /// If there is none or it cannot be used.
    pub fn database(&self) -> Result<Database> {
        Database::open(&self.results).code(Exit::Results)
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
