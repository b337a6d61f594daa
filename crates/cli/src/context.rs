//! Where results and image sets lie, and an experiment file read in that light.

use crate::args::Cli;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_data::Location;
use convsweep_spec::layout::ResultsFolder;
use std::path::{Path, PathBuf};

/// The two folders that everything else is relative to.
pub struct Context {
    /// The results folder.
    pub results: ResultsFolder,
    /// The image sets' folder.
    pub data: PathBuf,
    /// Whether progress is left out.
    pub quiet: bool,
}

impl Context {
    /// From the command line and the environment; paths made absolute.
    pub fn new(cli: &Cli) -> Result<Self> {
        let data = match &cli.data {
            Some(folder) => folder.clone(),
            None => user_cache()?,
        };
        Ok(Context {
            results: ResultsFolder(std::path::absolute(&cli.results).code(Exit::Results)?),
            data: std::path::absolute(data).code(Exit::Data)?,
            quiet: cli.quiet,
        })
    }

    /// Where an image set lies whose file names `path`.
    pub fn location<'a>(&'a self, path: Option<&'a Path>) -> Location<'a> {
        Location {
            cache: &self.data,
            path,
        }
    }
}

fn user_cache() -> Result<PathBuf> {
    let named = |name: &str| {
        std::env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let cache = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
    let unknown =
        "neither HOME nor XDG_CACHE_HOME is set: name the folder of image sets with CONVSWEEP_DATA";
    Ok(cache.ok_or(unknown).code(Exit::Data)?.join("convsweep"))
}
