//! The folders that are damaged, and what an undisturbed sweep gives.

use super::observed::{Figures, figures};
use crate::support::{SMALL, Workdir};
use std::process::Command;

/// How far the sweep of a folder has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// All jobs are finished.
    Finished,
    /// The workers died after the second checkpoint of each job.
    Interrupted,
}

impl Stage {
    pub const ALL: [Stage; 2] = [Stage::Finished, Stage::Interrupted];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Finished => "after the sweep",
            Stage::Interrupted => "after a crash",
        }
    }
}

/// A folder to copy.
pub struct Template {
    pub stage: Stage,
    /// What an undisturbed sweep gives.
    pub expected: Figures,
    workdir: Workdir,
    experiment: String,
}

impl Template {
    pub fn of(stage: Stage) -> Template {
        let experiment = SMALL
            .replace(
                "train = 240, test = 60, size = 16",
                "train = 48, test = 16, size = 12",
            )
            .replace("epochs = 3", "epochs = 4")
            .replace("batch_size = 32", "batch_size = 16");
        let text = format!("{experiment}\n[run]\nretry = {{ crashed = 0 }}\n");
        let undisturbed = Workdir::with(&text);
        undisturbed.run(&["run", "small.toml"]).exits(0);
        let expected = figures(&undisturbed).expect("an undisturbed sweep has figures");
        let workdir = match stage {
            Stage::Finished => undisturbed,
            Stage::Interrupted => {
                let workdir = Workdir::with(&text);
                let mut command = workdir.command(&["run", "small.toml"]);
                command.env("CONVSWEEP_FAILPOINT", "checkpoint-renamed:2");
                let status = command.output().expect("starts").status;
                assert!(!status.success(), "the workers die");
                workdir
            }
        };
        // The experiment belongs to its file: that of a copy may be another only if this one is
        // gone.
        std::fs::remove_file(workdir.path("small.toml")).expect("removes");
        Template {
            stage,
            expected,
            workdir,
            experiment: text,
        }
    }

    /// A copy of the folder, hard links included.
    pub fn copy(&self) -> Workdir {
        let copy = Workdir::new();
        let from = self.workdir.path(".");
        let status = Command::new("cp")
            .arg("-a")
            .arg(from)
            .arg(copy.path(""))
            .status();
        assert!(status.expect("cp starts").success());
        copy.write("small.toml", &self.experiment);
        copy
    }
}
