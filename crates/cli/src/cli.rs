//! The command line.

use crate::commands::CliCommand;
use crate::help::topics;
use clap::{ArgMatches, Parser};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Exit codes: 0 everything asked for is there · 1 some jobs failed · \
2 the file or the command line is wrong · 3 data missing or damaged · \
4 no usable device or worker · 5 results folder unusable · \
70 an error in the program itself, or no memory left · 130 interrupted, the same command continues

Environment: CONVSWEEP_DATA folder of image sets (default: the user's cache folder) · \
CONVSWEEP_RESULTS results folder (default: results/) · \
CONVSWEEP_LOG what is logged on stderr, such as debug (every run also writes results/NAME/run.log)";

fn after_help() -> String {
    format!("{}\n{AFTER_HELP}", topics())
}

/// The experiment runner for image-classifying CNNs.
#[derive(Debug, Parser)]
#[command(
    name = "convsweep",
    version,
    after_help = after_help(),
    max_term_width = 120,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: CliCommand,
    /// Results folder.
    #[arg(
        long,
        global = true,
        env = "CONVSWEEP_RESULTS",
        default_value = "results",
        hide_env_values = true
    )]
    pub results: PathBuf,
    /// Folder of image sets [default: the user's cache folder].
    #[arg(long, global = true, env = "CONVSWEEP_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// Show warnings and errors only.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// Commands that tell errors in their own lines, or whose JSON has the form that the user asked
/// for.
const OWN_ERRORS: [&str; 3] = ["run", "retry", "query"];

/// Whether a command was given `--json` and tells errors as an object.
pub fn asks_for_json(matches: &ArgMatches) -> bool {
    match matches.subcommand() {
        Some((name, _)) if OWN_ERRORS.contains(&name) => false,
        Some((_, inner)) => {
            let json = inner.try_get_one::<bool>("json");
            json.is_ok_and(|json| json == Some(&true)) || asks_for_json(inner)
        }
        None => false,
    }
}
