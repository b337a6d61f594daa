//! The check of everything that jobs have left.

use super::fault::FileFault;
use super::verify::Verifier;
use crate::context::Context;
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{self, ResultsFolder};
use convsweep_spec::words::counted;
use convsweep_store::{Database, KeptFile};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Jobs whose files are listed together.
const CHUNK: usize = 1000;
/// With `--quick`, one job of this many is read whole.
const SAMPLE: usize = 20;
/// Files without a hash that are named.
const NAMED: usize = 3;
/// A folder of a results folder for what others have measured; it belongs to no experiment.
const REFERENCE: &str = "reference";

/// What a check found, in words for the user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FilesFound {
    /// Damage, each with its place and the remedy.
    pub problems: Vec<String>,
    /// What cannot be vouched for although nothing is known to be wrong with it.
    pub notes: Vec<String>,
    /// Files of which nothing is known, because the system refused to read them, each with the
    /// remedy.
    pub unread: Vec<String>,
}

/// Verifies the question, the checkpoints, states and artifacts of every job that the database
/// knows, and names folders that belong to none. `is_quick` looks at the sizes of all files, and
/// reads those of one job in twenty. While a run is in progress (`is_running`), only jobs that have
/// finished are checked: files of the others come and go.
///
/// # Errors
/// If the database cannot be read.
pub fn check_files(context: &Context, is_quick: bool, is_running: bool) -> Result<FilesFound> {
    let phase = context.phase("checking the files of jobs");
    let database = context.database()?;
    let finished = database.finished_jobs().code(Exit::Results)?;
    let mut jobs = database.attempted_jobs().code(Exit::Results)?;
    jobs.retain(|job| !is_running || finished.binary_search(job).is_ok());
    let all = jobs.len() as u64;
    let mut verifier = Verifier::new(&context.results);
    for (chunk, jobs) in jobs.chunks(CHUNK).enumerate() {
        let mut files: BTreeMap<JobId, Vec<KeptFile>> = BTreeMap::new();
        for file in database.kept_files(jobs).code(Exit::Results)? {
            files.entry(file.job.clone()).or_default().push(file);
        }
        for (i, job) in jobs.iter().enumerate() {
            phase.step((chunk * CHUNK + i) as u64, all);
            let files = files.remove(job).unwrap_or_default();
            if is_quick && !(chunk * CHUNK + i).is_multiple_of(SAMPLE) {
                files.iter().for_each(|file| verifier.look(file));
                continue;
            }
            verifier.question(job, finished.binary_search(job).is_ok());
            verifier.checkpoints(job);
            files.iter().for_each(|file| verifier.file(file));
        }
    }
    let mut report = FilesFound::default();
    let (damaged, unread): (Vec<_>, Vec<_>) =
        verifier.faults.iter().partition(|fault| fault.is_damage());
    for fault in damaged {
        let is_finished = finished.binary_search(&fault.job).is_ok();
        let remedy = remedy(fault, is_finished);
        report.problems.push(format!("{fault}; {remedy}"));
    }
    for fault in unread {
        let remedy = fault.unread_remedy().unwrap_or_default();
        report.unread.push(format!("{fault}; {remedy}"));
    }
    report.notes.extend(unchecked_note(&verifier));
    if is_quick && jobs.len() > 1 {
        report.notes.push(format!(
            "the sizes of all files were looked at; the files of {} of {} were read",
            jobs.len().div_ceil(SAMPLE),
            counted(jobs.len() as u64, "job")
        ));
    }
    if !is_running {
        let unknown = unknown_folders(&context.results, &database)?;
        report.notes.extend(unknown);
    }
    Ok(report)
}

/// What to do about a fault.
fn remedy(fault: &FileFault, is_finished: bool) -> String {
    let job = &fault.job;
    if is_finished && fault.path.starts_with(layout::CHECKPOINT) {
        return "the job has finished and does not need it: `convsweep prune` removes it".into();
    }
    if fault.path == Path::new(layout::JOB) {
        return format!("`convsweep retry {job} --damaged` writes it again");
    }
    if is_finished {
        return format!("`convsweep retry {job} --damaged` trains the job again");
    }
    "the next run of the job begins at an older state".into()
}

/// How many files no hash vouches for, and the first few of them.
fn unchecked_note(verifier: &Verifier) -> Option<String> {
    let unchecked = &verifier.unchecked;
    let named: Vec<String> = unchecked
        .iter()
        .take(NAMED)
        .map(|(job, path)| format!("jobs/{job}/{}", path.display()))
        .collect();
    let count = counted(unchecked.len() as u64, "file");
    (!unchecked.is_empty()).then(|| {
        format!(
            "{count} of older programs have no hash, so nothing vouches for their bytes, such as {}",
            named.join(", ")
        )
    })
}

/// Folders that belong to no job and to no experiment.
fn unknown_folders(results: &ResultsFolder, database: &Database) -> Result<Vec<String>> {
    let jobs = database.all_jobs().code(Exit::Results)?;
    let known: BTreeSet<&str> = jobs.iter().map(|job| job.0.as_str()).collect();
    let mut notes = Vec::new();
    for name in folders(&results.jobs()) {
        if !known.contains(name.as_str()) {
            notes.push(format!("jobs/{name} belongs to no job of any experiment"));
        }
    }
    let experiments = database.experiments().code(Exit::Results)?;
    for name in folders(&results.0) {
        let is_known = name.starts_with('.')
            || layout::is_own_folder(&name)
            || layout::is_report_folder(&name)
            || name == REFERENCE
            || experiments.iter().any(|experiment| experiment.name == name);
        if !is_known {
            notes.push(format!("the folder {name} belongs to no experiment"));
        }
    }
    Ok(notes)
}

/// Names of the folders in a folder, sorted.
fn folders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
