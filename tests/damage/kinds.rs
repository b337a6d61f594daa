//! Which files are damaged, and how.

use crate::faults::Random;
use crate::support::{Workdir, entries};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A kind of file of a results folder or the image cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    Events,
    ExperimentLog,
    Database,
    Digest,
    Checkpoint,
    PreviousCheckpoint,
    State,
    Model,
    Predictions,
    Question,
    Kernels,
    RunLog,
    Output,
    ImageSet,
}

impl FileKind {
    pub const ALL: [FileKind; 14] = [
        FileKind::Events,
        FileKind::ExperimentLog,
        FileKind::Database,
        FileKind::Digest,
        FileKind::Checkpoint,
        FileKind::PreviousCheckpoint,
        FileKind::State,
        FileKind::Model,
        FileKind::Predictions,
        FileKind::Question,
        FileKind::Kernels,
        FileKind::RunLog,
        FileKind::Output,
        FileKind::ImageSet,
    ];

    pub fn name(self) -> &'static str {
        match self {
            FileKind::Events => "events.jsonl",
            FileKind::ExperimentLog => "log.jsonl",
            FileKind::Database => "convsweep.sqlite",
            FileKind::Digest => "database's digest",
            FileKind::Checkpoint => "checkpoint",
            FileKind::PreviousCheckpoint => "previous checkpoint",
            FileKind::State => "saved state",
            FileKind::Model => "model",
            FileKind::Predictions => "predictions",
            FileKind::Question => "job.json",
            FileKind::Kernels => "kernels.json",
            FileKind::RunLog => "run.log",
            FileKind::Output => "page, tables, charts",
            FileKind::ImageSet => "decoded images",
        }
    }

    /// All files of this kind.
    fn files(self, workdir: &Workdir) -> Vec<PathBuf> {
        let of_jobs = |name: &str| -> Vec<PathBuf> {
            let folders = workdir.job_folders().into_iter();
            folders.map(|folder| folder.join(name)).collect()
        };
        let experiment = workdir.path("results/small");
        let mut files = match self {
            FileKind::Events => of_jobs("events.jsonl"),
            FileKind::ExperimentLog => vec![experiment.join("log.jsonl")],
            FileKind::Database => vec![workdir.path("results/convsweep.sqlite")],
            FileKind::Digest => vec![workdir.path("results/convsweep.sqlite.blake3")],
            FileKind::Checkpoint => of_jobs("checkpoint/state.safetensors"),
            FileKind::PreviousCheckpoint => of_jobs("checkpoint/previous.safetensors"),
            FileKind::State => of_jobs("states")
                .iter()
                .flat_map(|states| entries(states))
                .map(|state| state.join("state.safetensors"))
                .collect(),
            FileKind::Model => of_jobs("model.safetensors"),
            FileKind::Predictions => of_jobs("predictions.safetensors"),
            FileKind::Question => of_jobs("job.json"),
            FileKind::Kernels => of_jobs("kernels.json"),
            FileKind::RunLog => vec![experiment.join("run.log")],
            FileKind::Output => {
                [entries(&experiment), entries(&experiment.join("charts"))].concat()
            }
            FileKind::ImageSet => below(&workdir.path("data")),
        };
        let is_log = |path: &PathBuf| path.ends_with("log.jsonl") || path.ends_with("run.log");
        if self == FileKind::Output {
            files.retain(|path| !is_log(path));
        }
        files.retain(|path| path.metadata().is_ok_and(|m| m.is_file() && m.len() > 0));
        files
    }
}

/// All files below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in entries(folder) {
        match path.is_dir() {
            true => files.extend(below(&path)),
            false => files.push(path),
        }
    }
    files
}

/// What was done to which file.
pub struct Damage {
    pub kind: FileKind,
    /// The damaged file, relative to the working folder.
    pub file: PathBuf,
    what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.what)
    }
}

impl Damage {
    /// What a message may call the damaged file: its name, or the beginning of its job's id.
    pub fn names(&self) -> Vec<String> {
        let part = |part: &std::path::Component| part.as_os_str().to_string_lossy().into_owned();
        let parts: Vec<String> = self.file.components().map(|c| part(&c)).collect();
        let mut names = vec![parts[parts.len() - 1].clone()];
        if self.kind == FileKind::Digest {
            names.push("convsweep.sqlite".into());
        }
        if parts.len() > 2 && parts[1] == "jobs" {
            names.push(parts[2][..8].to_string());
        }
        names
    }

    /// Damages a random file of this kind; `None` if there is none.
    pub fn inject(workdir: &Workdir, kind: FileKind, random: &mut Random) -> Option<Damage> {
        let files = kind.files(workdir);
        let file = files.get(random.below(files.len()))?;
        // A name that is linked twice must not damage both.
        let bytes = fs::read(file).expect("reads");
        fs::remove_file(file).expect("removes");
        let what = match random.below(8) {
            7 => "deleted".to_string(),
            6 if files.len() > 1 => {
                let other = &files[random.below(files.len())];
                exchange(file, &bytes, other)
            }
            number => {
                let mut bytes = bytes;
                let what = change(&mut bytes, number, random);
                fs::write(file, bytes).expect("writes");
                what
            }
        };
        let root = workdir.path("");
        Some(Damage {
            kind,
            file: file.strip_prefix(root).expect("is inside").to_path_buf(),
            what,
        })
    }
}

/// Exchanges `file`, which had these bytes, with another one, unless both are the same.
fn exchange(file: &Path, bytes: &[u8], other: &Path) -> String {
    if other == file {
        return "deleted".to_string();
    }
    let others = fs::read(other).expect("reads");
    fs::remove_file(other).expect("removes");
    fs::write(file, others).expect("writes");
    fs::write(other, bytes).expect("writes");
    format!("exchanged with {}", other.display())
}

/// Changes the bytes of a file; the answer says how.
fn change(bytes: &mut Vec<u8>, number: usize, random: &mut Random) -> String {
    let start = random.below(bytes.len());
    let length = 1 + random.below((bytes.len() - start).min(64));
    let end = start + length;
    match number {
        0 | 1 => {
            let bit = random.below(8);
            bytes[start] ^= 1 << bit;
            format!("bit {bit} of byte {start} flipped")
        }
        2 => {
            bytes.truncate(start);
            format!("cut after {start} bytes")
        }
        3 => {
            bytes.drain(start..end);
            format!("bytes {start} to {end} removed")
        }
        4 => {
            bytes[start..end].fill(0);
            format!("bytes {start} to {end} zeroed")
        }
        _ => {
            let part = bytes[start..end].to_vec();
            bytes.splice(end..end, part);
            format!("bytes {start} to {end} doubled")
        }
    }
}
