//! `prune`: frees disk space, never results.

use crate::context::Context;
use crate::exit::{Code, Exit, failure, runner_failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use anyhow::Result;
use clap::Args;
use convsweep_runner::ResultsLock;
use convsweep_spec::layout;
use convsweep_spec::words::{bytes, counted};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Arguments of `prune`.
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Also remove the saved training states: training more epochs then starts from scratch.
    #[arg(long)]
    pub states: bool,
    /// Show how much would be freed, and remove nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Removes what finished jobs no longer need, and says how much space that frees.
///
/// # Errors
/// If another program uses the results folder, or a folder cannot be removed.
pub fn prune(context: &Context, args: &PruneArgs) -> Result<Exit> {
    context.require_results()?;
    // Looking needs no lock, which a folder that can only be read would refuse.
    let lock = (!args.dry_run).then(|| ResultsLock::acquire(&context.results));
    let _lock = lock.transpose().map_err(runner_failure)?;
    let database = match args.dry_run {
        true => context.database()?,
        false => context.database_alone()?,
    };
    let jobs = database.finished_jobs().code(Exit::Results)?;
    let mut with_checkpoints = Freed::default();
    let mut with_states = Freed::default();
    for job in jobs {
        let folder = context.results.job(&job);
        let checkpoint = folder.join(layout::CHECKPOINT);
        let states = folder.join(layout::STATES);
        if !args.states {
            with_checkpoints
                .add_job(&[&checkpoint])
                .map_err(|error| unreadable(&folder, &error))?;
        }
        if args.states || args.dry_run {
            with_states
                .add_job(&[&checkpoint, &states])
                .map_err(|error| unreadable(&folder, &error))?;
        }
    }
    let removed = if args.states {
        &with_states
    } else {
        &with_checkpoints
    };
    if !args.dry_run {
        remove(&removed.folders)?;
    }
    let is_more = args.dry_run && !args.states && with_states.files > with_checkpoints.files;
    if args.json {
        let key = if args.dry_run { "would_free" } else { "freed" };
        let mut object = json!({ key: removed.object() });
        if is_more {
            object["with_states"] = with_states.object();
        }
        say_json(&object)?;
        return Ok(Exit::Complete);
    }
    let verb = if args.dry_run { "would free" } else { "freed" };
    say(&format!("{verb} {}", removed.summary()))?;
    if is_more {
        say(&format!("with --states {verb} {}", with_states.summary()))?;
    }
    Ok(Exit::Complete)
}

fn unreadable(folder: &Path, error: &std::io::Error) -> anyhow::Error {
    let folder = folder.display();
    let message = format!("a folder in {folder} cannot be listed: {error}; check its permissions");
    failure(Exit::Results, message)
}

/// Removes all folders that can be removed.
fn remove(folders: &[PathBuf]) -> Result<()> {
    let mut problems = Vec::new();
    for folder in folders {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                problems.push(format!("{}: {error}", folder.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    let Some(first) = problems.first() else {
        return Ok(());
    };
    let message = format!(
        "{} of {} could not be removed, the first is {first}; \
        make them writable, and give the command again",
        problems.len(),
        counted(folders.len() as u64, "folder")
    );
    Err(failure(Exit::Results, message))
}

/// Folders to remove, and the space that removing them frees.
#[derive(Debug, Default)]
struct Freed {
    folders: Vec<PathBuf>,
    jobs: u64,
    files: u64,
    bytes: u64,
}

/// A file and how many of its hard links are in folders to be removed.
#[derive(Debug)]
struct LinkedFile {
    bytes: u64,
    links: u64,
    removed_links: u64,
}

impl Freed {
    /// Adds the folders of a job that exist. A file counts once however many hard links it has,
    /// and only if all of them are removed.
    fn add_job(&mut self, folders: &[&Path]) -> std::io::Result<()> {
        let mut files: HashMap<(u64, u64), LinkedFile> = HashMap::new();
        let folders: Vec<&&Path> = folders.iter().filter(|folder| folder.is_dir()).collect();
        for folder in &folders {
            collect(folder, &mut files)?;
        }
        if folders.is_empty() {
            return Ok(());
        }
        self.jobs += 1;
        self.folders.extend(folders.iter().map(|f| f.to_path_buf()));
        for file in files.values() {
            if file.removed_links == file.links {
                self.files += 1;
                self.bytes += file.bytes;
            }
        }
        Ok(())
    }

    fn object(&self) -> Value {
        json!({ "bytes": self.bytes, "files": self.files, "jobs": self.jobs })
    }

    fn summary(&self) -> String {
        format!(
            "{}: {} of {}",
            bytes(self.bytes as f64),
            counted(self.files, "file"),
            counted(self.jobs, "job")
        )
    }
}

/// Adds the files of a folder and its subfolders, by device and inode.
fn collect(folder: &Path, files: &mut HashMap<(u64, u64), LinkedFile>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            collect(&entry.path(), files)?;
            continue;
        }
        let id = (metadata.dev(), metadata.ino());
        let file = files.entry(id).or_insert(LinkedFile {
            bytes: metadata.len(),
            links: metadata.nlink(),
            removed_links: 0,
        });
        file.removed_links += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job whose checkpoint and saved state are hard links to the same file.
    fn job() -> tempfile::TempDir {
        let job = tempfile::tempdir().expect("creates");
        let state = job.path().join("states").join("epoch-2");
        let checkpoint = job.path().join("checkpoint");
        fs::create_dir_all(&state).expect("creates");
        fs::create_dir_all(&checkpoint).expect("creates");
        fs::write(state.join("state"), [0; 1000]).expect("writes");
        fs::hard_link(state.join("state"), checkpoint.join("state")).expect("links");
        fs::write(checkpoint.join("state.json"), [0; 10]).expect("writes");
        job
    }

    #[test]
    fn a_file_with_a_remaining_link_frees_nothing() {
        let job = job();
        let mut freed = Freed::default();
        let checkpoint = job.path().join("checkpoint");
        freed.add_job(&[&checkpoint]).expect("reads");
        assert_eq!(freed.summary(), "10 B: 1 file of 1 job");
    }

    #[test]
    fn a_file_with_two_removed_links_counts_once() {
        let job = job();
        let mut freed = Freed::default();
        let folders = ["checkpoint", "states"].map(|name| job.path().join(name));
        freed.add_job(&[&folders[0], &folders[1]]).expect("reads");
        assert_eq!(freed.summary(), "1 kB: 2 files of 1 job");
    }

    #[test]
    fn a_job_without_folders_does_not_count() {
        let mut freed = Freed::default();
        let missing = Path::new("/nonexistent/checkpoint");
        freed.add_job(&[missing]).expect("reads");
        assert_eq!(freed.summary(), "0 B: 0 files of 0 jobs");
    }
}
