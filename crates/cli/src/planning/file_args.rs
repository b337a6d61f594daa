//! Options that change what an experiment file asks for.

use clap::Args;

/// Changes to an experiment file.
#[derive(Debug, Clone, Default, Args)]
pub struct FileArgs {
    /// Override a value: --set train.epochs=2.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Use these seeds instead of the file's: a count, or a list such as 0,1,5.
    #[arg(long, value_name = "N|LIST")]
    pub seeds: Option<String>,
    /// Let stages choose again, whatever they chose before.
    #[arg(long)]
    pub redecide: bool,
}

impl FileArgs {
    /// The changes that a revision has recorded: `--set KEY=VALUE`, `--seeds LIST`.
    pub fn recorded(overrides: &[String]) -> FileArgs {
        let mut changes = FileArgs::default();
        for text in overrides {
            match text.split_once(' ') {
                Some(("--set", value)) => changes.set.push(value.to_string()),
                Some(("--seeds", value)) => changes.seeds = Some(value.to_string()),
                Some(_) | None => {}
            }
        }
        changes
    }
}
