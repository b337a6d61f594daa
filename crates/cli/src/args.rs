//! The command line, as clap reads it. What each command does is in `commands/`.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes: 0 all asked for is there · 1 some jobs did not finish well · 2 the file or the command line is wrong ·
3 data missing or damaged · 4 no usable device or worker · 5 results folder unusable · 130 interrupted, resumable

Environment: CONVSWEEP_DATA image sets (default: the user's cache folder) · CONVSWEEP_RESULTS results folder (default: results/)";

/// The experiment runner for image-classifying CNNs.
#[derive(Debug, Parser)]
#[command(name = "convsweep", version, after_help = EXIT_CODES, max_term_width = 120)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    /// Say less: warnings and errors only.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what a file asks for: jobs new, reused, resumed; layer tables; nothing is trained.
    Plan(PlanArgs),
    /// Make the plan true: train what is missing, store, report.
    Run(RunArgs),
    /// How far every experiment is.
    Status {
        /// Only this experiment.
        name: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Render an experiment's charts, page and tables anew.
    Report {
        /// Names of experiments.
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Ask the results database (read-only SQL).
    Query(QueryArgs),
    /// Show one job whole: what was asked, its curve, how it ended.
    Show {
        /// A job's id or the beginning of one.
        job: String,
        /// Where each of its values came from: line of a file, axis, override or default.
        #[arg(long)]
        origin: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the published architectures inside the program, or print one as a file.
    Preset {
        /// Its name.
        name: Option<String>,
    },
    /// Why a job waits, was stopped or failed, and what to do.
    Explain {
        /// A job's id or the beginning of one.
        job: String,
    },
    /// The running sweep, live in the terminal: slots, curves, best so far, failures, time left.
    Watch {
        /// Only this experiment [default: the one that was run last].
        name: Option<String>,
        /// Print one picture and end.
        #[arg(long)]
        once: bool,
    },
    /// Let running jobs of the sweep in this results folder write a checkpoint and end; waiting
    /// ones do not start.
    Cancel {
        /// Ids of jobs, or beginnings of ids.
        #[arg(required = true, value_name = "JOB")]
        jobs: Vec<String>,
    },
    /// Let all running jobs write a checkpoint; nothing starts until `resume`.
    Pause,
    /// Let a paused sweep go on.
    Resume,
    /// Train jobs again that failed, crashed, diverged or were spared.
    Retry {
        /// Ids of jobs (or beginnings of ids), or the name of an experiment for all of its jobs
        /// that did not finish.
        #[arg(required = true, value_name = "JOB|NAME")]
        jobs: Vec<String>,
    },
    /// Give disk space back: checkpoints of finished jobs. Never results.
    Prune {
        /// Also the kept training states: more epochs then begin anew.
        #[arg(long)]
        states: bool,
        /// Only say what would be removed.
        #[arg(long)]
        dry_run: bool,
    },
    /// Fetch, inspect and preview image sets, prune decoded ones.
    #[command(subcommand)]
    Data(DataCommand),
    /// What this machine offers and what each device can run.
    Devices {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// A commented experiment file to start from: convsweep new > first.toml.
    New {
        /// A published architecture it shall be about; `convsweep preset` lists them.
        preset: Option<String>,
    },
    /// Every key of the experiment file, as Markdown.
    Reference,
    /// JSON Schema of the experiment file, for editors.
    Schema,
    /// Completions for a shell: convsweep completions bash > /etc/bash_completion.d/convsweep.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Check the database: integrity, and agreement with the logs.
    CheckDb,
    /// Make the database anew from the logs.
    Rebuild,
    /// Copy the database to a file as it is now, also while a run goes on.
    Backup {
        /// The file; it must not exist.
        file: PathBuf,
    },
}

/// An experiment file and what the command line changes in it.
#[derive(Debug, Clone, Default, Args)]
pub struct FileArgs {
    /// Override a value: --set train.epochs=2.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Seeds instead of the file's: a count, or a list such as 0,1,5.
    #[arg(long, value_name = "N|LIST")]
    pub seeds: Option<String>,
    /// Let stages choose anew, whatever they chose before.
    #[arg(long)]
    pub redecide: bool,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the command line changes in the file.
    #[command(flatten)]
    pub changes: FileArgs,
    /// Every configuration, architecture and learning rate, however many.
    #[arg(long)]
    pub all: bool,
    /// What a rule would have spared, and lost, on recorded curves: successive-halving, asha,
    /// median or race, with options such as successive-halving:eta=3,first=2.
    #[arg(long, value_name = "RULE")]
    pub simulate: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `run`.
#[derive(Debug, Default, Args)]
pub struct RunArgs {
    /// Experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What the command line changes in the file.
    #[command(flatten)]
    pub changes: FileArgs,
    /// Devices to use, such as cpu or cuda:0,cuda:1,cpu [default: the file's, else every CUDA
    /// device, else the CPU].
    #[arg(long, value_name = "LIST")]
    pub devices: Option<String>,
    /// Jobs at once on a device, such as cpu=2,cuda=1 [default: the file's, else a core each].
    #[arg(long, value_name = "LIST")]
    pub slots: Option<String>,
    /// Run this command by the shell at the end and at failures; CONVSWEEP_EVENT,
    /// CONVSWEEP_EXPERIMENT, CONVSWEEP_JOB and CONVSWEEP_MESSAGE tell it what happened.
    #[arg(long, value_name = "COMMAND")]
    pub notify: Option<String>,
    /// Only these jobs of the file: ids or beginnings of ids; may be given several times.
    #[arg(long, value_name = "JOB")]
    pub only: Vec<String>,
    /// Show the plan and stop.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// A SELECT statement.
    #[arg(required_unless_present = "schema")]
    pub sql: Option<String>,
    /// Show tables and views instead.
    #[arg(long)]
    pub schema: bool,
    /// As CSV.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// As JSON, a list of objects.
    #[arg(long)]
    pub json: bool,
}

/// Commands about image sets.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download and verify a built-in set: cifar10, cifar100, mnist, fashion-mnist.
    Fetch {
        /// Its name.
        source: String,
    },
    /// Counts, balance, mean and standard deviation, duplicates of the set that a file names.
    Inspect {
        /// An experiment file, or the name of a built-in set.
        target: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// A picture of what a file's augmentation makes of sixteen training images.
    Preview {
        /// An experiment file.
        file: PathBuf,
        /// Where the PNG goes.
        #[arg(long, short, default_value = "preview.png")]
        output: PathBuf,
    },
    /// Remove decoded image sets that have not been used for a while. They are decoded again when
    /// they are needed; fetched and original files stay.
    Prune {
        /// Days since the last use; 0 removes every decoded set that no process has open.
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        unused_days: u64,
        /// Only say what would be removed.
        #[arg(long)]
        dry_run: bool,
    },
}
