//! The real program with a worker that trains nothing but does what a script says
//! (`crates/runner/examples/fake-worker.rs`).

use crate::support::{ProgramRun, Workdir};
use std::path::{Path, PathBuf};

/// The real program in a folder next to the fake worker, with an experiment to run.
pub struct FakeSweep {
    pub workdir: Workdir,
    program: PathBuf,
}

impl FakeSweep {
    pub fn new(experiment: &str) -> FakeSweep {
        let workdir = Workdir::with(experiment);
        let real = Path::new(env!("CARGO_BIN_EXE_convsweep"));
        let worker = real.with_file_name("examples").join("fake-worker");
        assert!(
            worker.exists(),
            "build it: cargo build --release -p convsweep-runner --example fake-worker"
        );
        let bin = workdir.path("bin");
        std::fs::create_dir(&bin).expect("created");
        link_or_copy(&worker, &bin.join("convsweep-worker"));
        let program = bin.join("convsweep");
        link_or_copy(real, &program);
        FakeSweep { workdir, program }
    }

    /// Runs the experiment; every job does what the script says.
    pub fn run(&self, script: &str) -> ProgramRun {
        self.run_as(&["run", "small.toml"], script)
    }

    /// Runs the program with these arguments; every job does what the script says.
    pub fn run_as(&self, arguments: &[&str], script: &str) -> ProgramRun {
        let mut command = self.workdir.command_of(&self.program, arguments);
        ProgramRun::of(command.env("CONVSWEEP_FAKE_SCRIPT", script))
    }

    /// Width and seed of every attempt, as `width.seed`, in the order in which they started.
    pub fn starts(&self) -> String {
        let starts = self.workdir.texts(
            "select v.label || '.' || j.seed \
             from attempts a join jobs j on j.job = a.job \
             join (select distinct configuration, label from axis_values where name = 'width') v \
             using (configuration) order by a.started",
        );
        starts.join(" ")
    }
}

fn link_or_copy(from: &Path, to: &Path) {
    std::fs::hard_link(from, to)
        .or_else(|_| std::fs::copy(from, to).map(drop))
        .expect("linked or copied");
}
