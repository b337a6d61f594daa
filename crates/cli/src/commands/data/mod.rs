//! `data`: fetch, inspect, preview and prune image sets.

mod cache;
mod fetch;
mod inspect;
mod preview;
mod prune;
mod sets;

use crate::context::Context;
use crate::exit::Exit;
use anyhow::Result;
use cache::CacheArgs;
use clap::Subcommand;
use inspect::InspectArgs;
use std::path::PathBuf;

/// Commands about image sets.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download and verify a built-in set: cifar10, cifar100, mnist, fashion-mnist.
    Fetch {
        /// Its name.
        source: String,
    },
    /// Describe an image set: which folder became what, image counts, classes, sizes, what was left
    /// out and why, mean and standard deviation, duplicates.
    Inspect(InspectArgs),
    /// Draw sixteen training images as augmented by an experiment file.
    Preview {
        /// An experiment file.
        file: PathBuf,
        /// The PNG to write.
        #[arg(long, short, default_value = "preview.png")]
        output: PathBuf,
    },
    /// List decoded image sets with the experiments that use them, or remove those that none of the
    /// results folder uses.
    Cache(CacheArgs),
    /// Remove decoded image sets that have not been used for a while. They are decoded again when
    /// they are needed; fetched and original files stay.
    Prune {
        /// Days since the last use; 0 removes every decoded set that no process has open.
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        unused_days: u64,
        /// Show what would be removed, and remove nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Carries out one of the commands.
///
/// # Errors
/// If a set is unknown, missing or damaged.
pub fn data(context: &Context, command: DataCommand) -> Result<Exit> {
    match command {
        DataCommand::Fetch { source } => fetch::fetch(context, &source)?,
        DataCommand::Inspect(args) => inspect::inspect(context, &args)?,
        DataCommand::Preview { file, output } => preview::preview(context, &file, &output)?,
        DataCommand::Cache(args) => cache::cache(context, &args)?,
        DataCommand::Prune {
            unused_days,
            dry_run,
        } => prune::prune(context, unused_days, dry_run)?,
    }
    Ok(Exit::Complete)
}
