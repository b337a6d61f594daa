//! `data`: fetch, inspect, list, preview and prune image sets.

mod cache;
mod fetch;
mod inspect;
mod list;
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
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Describe an image set: which folder became what, image counts, classes, sizes, what was left
    /// out and why, mean and standard deviation, duplicates.
    Inspect(InspectArgs),
    /// List every image of a set as CSV: number, path, class, and whether it trains, validates or
    /// tests. Training and validation images are numbered from 0, as in `split.file` and in
    /// predictions, and so are test images.
    List {
        /// An experiment file, or the name of a built-in set.
        target: String,
        /// The fold whose images validate, from 0.
        #[arg(long, value_name = "FOLD")]
        fold: Option<u32>,
        /// Print JSON, an object in each line.
        #[arg(long)]
        json: bool,
    },
    /// Draw sixteen training images as augmented by an experiment file.
    Preview {
        /// An experiment file.
        file: PathBuf,
        /// The PNG to write.
        #[arg(long, short, default_value = "preview.png")]
        output: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List decoded image sets with the experiments that use them, and what frozen layers made of
    /// images (features); or remove what no experiment of the results folder uses.
    Cache(CacheArgs),
    /// Remove decoded image sets, and features of frozen layers, that have not been used for a
    /// while. They are made again when they are needed; fetched and original files stay.
    Prune {
        /// Days since the last use; 0 removes every one that no process has open.
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        unused_days: u64,
        /// Show what would be removed, and remove nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Carries out one of the commands.
///
/// # Errors
/// If a set is unknown, missing or damaged.
pub fn data(context: &Context, command: DataCommand) -> Result<Exit> {
    let looks_at_images = matches!(
        command,
        DataCommand::Inspect(_) | DataCommand::List { .. } | DataCommand::Preview { .. }
    );
    if looks_at_images {
        context.signals.listen();
    }
    match command {
        DataCommand::Fetch { source, json } => fetch::fetch(context, &source, json)?,
        DataCommand::Inspect(args) => inspect::inspect(context, &args)?,
        DataCommand::List { target, fold, json } => list::list(context, &target, fold, json)?,
        DataCommand::Preview { file, output, json } => {
            preview::preview(context, &file, &output, json)?;
        }
        DataCommand::Cache(args) => cache::cache(context, &args)?,
        DataCommand::Prune {
            unused_days,
            dry_run,
            json,
        } => prune::prune(context, unused_days, dry_run, json)?,
    }
    Ok(Exit::Complete)
}
