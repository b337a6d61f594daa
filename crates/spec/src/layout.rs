//! Paths within a results folder. Nothing here accesses a disk.

use crate::canonical::{hash, short};
use crate::id::JobId;
use std::path::{Path, PathBuf};

/// A results folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsFolder(pub PathBuf);

impl ResultsFolder {
    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    /// The lock file of the program that is training here.
    pub fn lock(&self) -> PathBuf {
        self.0.join(".lock")
    }

    /// The link to the live page, for its owner alone, while nothing else may hold it.
    pub fn page_link(&self) -> PathBuf {
        self.0.join(".page-link")
    }

    /// Folder of all jobs.
    pub fn jobs(&self) -> PathBuf {
        self.0.join(JOBS)
    }

    /// Folder of one job.
    pub fn job(&self, id: &JobId) -> PathBuf {
        self.jobs().join(&id.0)
    }

    /// Folder of the jobs' folders that were damaged and set aside.
    pub fn damaged(&self) -> PathBuf {
        self.0.join(DAMAGED)
    }

    /// Folder of one experiment.
    pub fn experiment(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Folder of what an experiment has handed to a cluster: a folder for each submission.
    pub fn submissions(&self, name: &str) -> PathBuf {
        self.experiment(name).join("slurm")
    }

    /// Folder of the report over several experiments: their names with a `+` between them, which no
    /// experiment's name may hold. If that is too long for a file system, as many as fit, and what
    /// tells all of them from others.
    pub fn experiments_together(&self, names: &[impl AsRef<str>]) -> PathBuf {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let all = names.join(BETWEEN);
        if all.len() <= LONGEST_FOLDER {
            return self.0.join(all);
        }
        let digest = short(&hash(&all));
        let room = LONGEST_FOLDER - 2 * BETWEEN.len() - digest.len();
        let fits = |count: &usize| names[..*count].join(BETWEEN).len() <= room;
        let count = (1..names.len()).rev().find(fits).unwrap_or(0);
        let shown = names[..count].join(BETWEEN);
        self.0.join(format!("{shown}{BETWEEN}{BETWEEN}{digest}"))
    }

    /// Log of one experiment.
    pub fn experiment_log(&self, name: &str) -> PathBuf {
        self.experiment(name).join(EXPERIMENT_LOG)
    }
}

/// Name of the database's file.
const DATABASE: &str = "convsweep.sqlite";
/// Name of the folder of all jobs.
const JOBS: &str = "jobs";
/// Name of the folder of what was damaged and set aside.
const DAMAGED: &str = "damaged";
/// Names of files and folders directly in a results folder, with what they are for.
const RESERVED: [(&str, &str); 3] = [
    (JOBS, "the folder with the jobs of all experiments"),
    (DAMAGED, "files that were found to be damaged"),
    ("lost+found", "what a check of the file system has saved"),
];
/// Names that Windows gives to devices, with or without an extension.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// What stands between the names of experiments that are reported together.
const BETWEEN: &str = "+";
/// Longest name of a folder in bytes, which every file system allows, encrypted ones as well.
const LONGEST_FOLDER: usize = 140;

/// Whether a folder directly in a results folder is the program's or the file system's own, and no
/// experiment's.
pub fn is_own_folder(name: &str) -> bool {
    RESERVED.iter().any(|(reserved, _)| *reserved == name)
}

/// Whether a folder directly in a results folder is that of a report over several experiments.
pub fn is_report_folder(name: &str) -> bool {
    name.contains(BETWEEN)
}

/// What a name in a results folder is reserved for, also on file systems that do not distinguish
/// upper and lower case; `None` for a name that an experiment may have.
pub fn reserved_name(name: &str) -> Option<&'static str> {
    // First to upper case: `ſ` and `K` (Kelvin) are other forms of S and K.
    let name = name.to_uppercase().to_lowercase();
    let mut reserved = RESERVED.iter();
    if let Some((_, owner)) = reserved.find(|(reserved, _)| name == *reserved) {
        return Some(owner);
    }
    if name.starts_with(DATABASE) {
        return Some("the files of the results database");
    }
    let stem = name.split('.').next().unwrap_or_default();
    let is_port = |prefix| {
        let digits = stem.strip_prefix(prefix).unwrap_or_default().chars();
        digits.clone().count() == 1 && digits.into_iter().all(|c| "0123456789¹²³".contains(c))
    };
    let is_device = DEVICES.contains(&stem) || is_port("com") || is_port("lpt");
    is_device.then_some("a device on Windows")
}

/// File name of an experiment's log.
pub const EXPERIMENT_LOG: &str = "log.jsonl";
/// File name of an experiment's log for people: versions, machine, command and events of each run.
pub const RUN_LOG: &str = "run.log";
/// File name of a job's event log, in its folder.
pub const EVENTS: &str = "events.jsonl";
/// File name of a job's resolved question (canonical JSON of [`crate::job::Question`]).
pub const JOB: &str = "job.json";
/// File name of the trained network's weights (safetensors).
pub const MODEL: &str = "model.safetensors";
/// File name of the kernels that computed each layer, and why: a JSON list of `layer`, `kernel`,
/// `reason`.
pub const KERNELS: &str = "kernels.json";
/// File name of the kernels that CubeCL has measured to be the fastest, as its own SQLite database.
pub const AUTOTUNE: &str = "autotune.sqlite";
/// File name of the result of a learning-rate range test: [`crate::range::RangeResult`] as JSON.
pub const RANGE: &str = "range.json";
/// File name of the predictions: safetensors with, for `P` in `validation`, `test`: `P.index` u32
/// (position in the source), `P.label` u16, `P.predicted` u16, `P.probability` f32
/// `[images, classes]`; and for `test`, or `validation` if there is no test part:
/// `P.thumbnail_rows` u32 (rows of `P`) and `P.thumbnails` u8 `[rows, channels, height, width]`.
pub const PREDICTIONS: &str = "predictions.safetensors";
/// File name of the worker's stderr, in a job's folder.
pub const STDERR: &str = "stderr.log";
/// File name of a training state, in [`CHECKPOINT`] and in the folders of [`STATES`].
pub const STATE_FILE: &str = "state.safetensors";
/// File name of the checkpoint before the newest one, in [`CHECKPOINT`]; a job that finishes
/// removes it.
pub const PREVIOUS_STATE_FILE: &str = "previous.safetensors";
/// Folder of the newest checkpoint, in a job's folder.
pub const CHECKPOINT: &str = "checkpoint";
/// Folder of the saved training states, in a job's folder.
pub const STATES: &str = "states";

/// Path of a job's event log, relative to the results folder.
pub fn job_log(job: &JobId) -> String {
    format!("{JOBS}/{job}/{EVENTS}")
}

/// Path of the training state saved after `epoch` epochs, relative to the job's folder.
pub fn state(epoch: u32) -> PathBuf {
    Path::new(STATES).join(format!("epoch-{epoch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_programs_own_files_are_reserved_in_any_case() {
        let reserved = [
            "jobs",
            "JOBS",
            "job\u{17f}",
            "damaged",
            "Damaged",
            "convsweep.sqlite",
            "convsweep.sqlite-wal",
            "CONVSWEEP.SQLITE-SHM",
            "Convsweep.sqlite.part",
            "convsweep.sqlite-journal",
            "con",
            "NUL.txt",
            "com1",
            "LPT9.log",
        ];
        for name in reserved {
            assert!(reserved_name(name).is_some(), "{name}");
        }
        for name in [
            "job",
            "jobs2",
            "width",
            "console",
            "com",
            "com10",
            "convsweep",
            "null",
        ] {
            assert_eq!(reserved_name(name), None, "{name}");
        }
    }

    #[test]
    fn experiments_together_have_a_folder_that_no_other_can_have() {
        let results = ResultsFolder("results".into());
        let folder = |names: &[String]| {
            let folder = results.experiments_together(names);
            let name = folder.file_name().expect("a name").to_string_lossy();
            name.into_owned()
        };
        let names = |count: usize| -> Vec<String> { (0..count).map(|i| format!("e{i}")).collect() };
        assert_eq!(folder(&names(3)), "e0+e1+e2");
        assert!(is_report_folder(&folder(&names(2))) && !is_report_folder("e0"));
        let (many, more) = (folder(&names(60)), folder(&names(61)));
        assert!(many.starts_with("e0+e1+") && many.contains("++"), "{many}");
        assert!(many != more && many.len() <= 140 && more.len() <= 140);
        let long = folder(&["a".repeat(100), "b".repeat(100)]);
        assert!(long.starts_with("aaa") && long.len() <= 140, "{long}");
    }
}
