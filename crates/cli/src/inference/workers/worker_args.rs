//! Arguments about the workers, of the commands that ask them.

use clap::Args;

/// Arguments about the workers, of the commands that ask them.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Where the networks are computed, such as cpu or cuda:0 [default: cpu].
    #[arg(long, value_name = "LIST")]
    pub devices: Option<String>,
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// Arguments about workers that do not answer.
#[derive(Debug, Args)]
pub struct PatienceArgs {
    /// Silence after which a worker is considered lost, in seconds.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = PatienceArgs::default().lost_after,
        value_parser = clap::value_parser!(u32).range(3..)
    )]
    pub lost_after: u32,
}

impl Default for PatienceArgs {
    fn default() -> Self {
        PatienceArgs { lost_after: 60 }
    }
}
