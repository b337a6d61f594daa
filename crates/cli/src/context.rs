//! Where results and image sets lie, and an experiment file read in that light.

use crate::args::{Cli, FileArgs};
use crate::commands::stages;
use crate::exit::{Code, Exit, Failure};
use anyhow::Result;
use convsweep_data::Location;
use convsweep_plan::{Overrides, Plan, Problems, Seeds};
use convsweep_spec::data::{DataFacts, DataSpec};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::Choice;
use std::io::IsTerminal;
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

    /// Reads, checks and expands an experiment file; stages stand where its log says, or begin anew.
    pub fn plan(&self, file: &Path, changes: &FileArgs) -> Result<Plan> {
        let plan = self.plan_decided(file, changes, &[])?;
        match stages::recorded(self, &plan.name) {
            decisions if plan.stages.is_empty() || decisions.is_empty() || changes.redecide => Ok(plan),
            decisions => self.plan_decided(file, changes, &decisions),
        }
    }

    /// The plan after the file's stages have made these choices.
    pub fn plan_decided(&self, file: &Path, changes: &FileArgs, decisions: &[Choice]) -> Result<Plan> {
        let seeds = changes.seeds.as_deref().map(str::parse::<Seeds>).transpose().code(Exit::Wrong)?;
        let overrides = Overrides { set: changes.set.clone(), seeds };
        let facts = |spec: &_, path: Option<&Path>| self.facts(spec, path);
        convsweep_plan::plan_with(file, &convsweep_plan::from_disk, &overrides, decisions, &facts).map_err(failure)
    }

    /// Where an image set lies whose file names `path`.
    pub fn location<'a>(&'a self, path: Option<&'a Path>) -> Location<'a> {
        Location { cache: &self.data, path }
    }

    /// What is known of an image set, or why nothing is.
    pub fn facts(&self, spec: &DataSpec, path: Option<&Path>) -> Result<DataFacts, String> {
        convsweep_data::facts(self.location(path), spec).map_err(|error| error.to_string())
    }
}

/// Problems of a file as an error with its exit code.
pub fn failure(problems: Problems) -> anyhow::Error {
    let exit = if problems.only_data() { Exit::Data } else { Exit::Wrong };
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    Failure { exit, message: problems.render(colours) }.into()
}

fn user_cache() -> Result<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
    let unknown = "neither HOME nor XDG_CACHE_HOME is set: name the folder of image sets with CONVSWEEP_DATA";
    Ok(cache.ok_or(unknown).code(Exit::Data)?.join("convsweep"))
}
