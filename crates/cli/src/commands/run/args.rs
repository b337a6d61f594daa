//! The arguments of `run`.

use crate::planning::file_args::FileArgs;
use clap::Args;
use convsweep_spec::id::JobId;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Arguments of `run`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// Experiment files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Changes to the files that the command line asks for.
    #[command(flatten)]
    pub changes: FileArgs,
    /// Devices to use, such as cpu or cuda:0,cuda:1,cpu [default: the file's, else every CUDA
    /// device, else the CPU]. The worker by LibTorch serves CUDA devices where it was built with
    /// CUDA, else that by CubeCL; cuda:0@libtorch and cuda:0@cubecl name one.
    #[arg(long, value_name = "LIST")]
    pub devices: Option<String>,
    /// Number of jobs that run at the same time on a device, such as cpu=2,cuda=1 [default: the
    /// file's, else one for each core].
    #[arg(long, value_name = "LIST")]
    pub slots: Option<String>,
    /// Run this shell command at the end and after failures; the environment variables
    /// CONVSWEEP_EVENT, CONVSWEEP_EXPERIMENT, CONVSWEEP_JOB and CONVSWEEP_MESSAGE say what
    /// happened.
    #[arg(long, value_name = "COMMAND")]
    pub notify: Option<String>,
    /// Show the run in the browser: the link is printed first, and the page stays while the run
    /// lasts. It is on this machine alone; --serve=PORT chooses its port.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub serve: Option<u16>,
    /// Also tell by the terminal: title (its title shows the progress), notification (at the end,
    /// where the terminal is known to show one) and bell (at the end), with commas between them.
    #[arg(
        long,
        value_name = "LIST",
        env = "CONVSWEEP_TELL",
        hide_env_values = true
    )]
    pub tell: Option<String>,
    /// Hand the run to the cluster of this machine (Slurm), as `[run.slurm]` of the file says, and
    /// leave: it trains there what is missing.
    #[arg(long, conflicts_with_all = ["serve", "tell"])]
    pub slurm: bool,
    /// With --slurm: stay until the cluster has trained everything, and say how far it is.
    #[arg(long, requires = "slurm")]
    pub wait: bool,
    /// The folder of the submission that an allocation belongs to; batch scripts name it.
    #[arg(long, value_name = "FOLDER", hide = true, conflicts_with = "slurm")]
    pub allocation: Option<PathBuf>,
    /// Train only this job of the file, given by its id or the beginning of its id; may be
    /// repeated.
    #[arg(long, value_name = "JOB")]
    pub only: Vec<String>,
    /// Damaged jobs that are trained again, each with the epochs that it had if it had not
    /// finished: with `[search]` it is trained no further. `None` for any other run.
    #[arg(skip)]
    pub repaired: Option<BTreeMap<JobId, u32>>,
    /// Let rules and stages make those decisions again that stood on damaged lines of the
    /// experiment's log; without this such a run is refused.
    #[arg(long)]
    pub redecide_lost: bool,
    /// Show the plan and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// Print what happens as JSON, an object in each line; the last one says how the run ended.
    #[arg(long)]
    pub json: bool,
}

impl RunArgs {
    /// The devices and slots that the command line names.
    pub fn device_options(&self) -> (Option<&str>, Option<&str>) {
        (self.devices.as_deref(), self.slots.as_deref())
    }
}
