//! `weights`: files of trained weights.

mod inspect;
mod suggestion;

use crate::exit::Exit;
use anyhow::Result;
use clap::Subcommand;
use inspect::InspectWeightsArgs;

/// Commands about files of trained weights.
#[derive(Debug, Subcommand)]
pub enum WeightsCommand {
    /// List the tensors of a file of weights (safetensors, or .pt and .pth of PyTorch), say which
    /// network it looks like, and how an experiment starts from it. Nothing in the file is run.
    Inspect(InspectWeightsArgs),
}

/// Carries out one of the commands.
///
/// # Errors
/// If the file is not one of weights.
pub fn weights(command: &WeightsCommand) -> Result<Exit> {
    match command {
        WeightsCommand::Inspect(args) => inspect::inspect(args),
    }
}
