//! `data`: fetch, inspect, preview and prune image sets.

mod fetch;
mod inspect;
mod preview;
mod prune;
mod sets;

use crate::args::DataCommand;
use crate::context::Context;
use crate::exit::Exit;
use anyhow::Result;

/// Carries out one of the commands.
pub fn data(context: &Context, command: DataCommand) -> Result<Exit> {
    match command {
        DataCommand::Fetch { source } => fetch::fetch(context, &source),
        DataCommand::Inspect { target, json } => inspect::inspect(context, &target, json),
        DataCommand::Preview { file, output } => preview::preview(context, &file, &output),
        DataCommand::Prune {
            unused_days,
            dry_run,
        } => prune::prune(context, unused_days, dry_run),
    }
}
