//! Options that change what an experiment file asks for.

use super::frozen_files::FrozenFiles;
use clap::Args;
use convsweep_plan::{Overrides, Seeds};

/// Changes to an experiment file.
#[derive(Debug, Clone, Default, Args)]
pub struct FileArgs {
    /// Override a value: --set train.epochs=2.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Use these seeds instead of the file's: a count, or a list such as 0,1,5 (of one seed: 5,).
    #[arg(long, value_name = "N|LIST")]
    pub seeds: Option<String>,
    /// Let stages choose again, whatever they chose before.
    #[arg(long)]
    pub redecide: bool,
    /// Train jobs although they take more memory than this machine has, by estimate.
    #[arg(long)]
    pub ignore_memory: bool,
    /// The files as they were when they were submitted to a cluster.
    #[arg(skip)]
    pub frozen: Option<FrozenFiles>,
}

impl FileArgs {
    /// The changes that a revision has recorded.
    pub fn recorded(words: &[String]) -> FileArgs {
        let recorded = Overrides::recorded(words);
        FileArgs {
            seeds: recorded.seeds.as_ref().map(Seeds::argument),
            set: recorded.set,
            redecide: false,
            ignore_memory: false,
            frozen: None,
        }
    }
}
