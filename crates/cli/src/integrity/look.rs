//! A cheap look at files: whether they are there and have the size that the log says.

use super::fault::{FileFault, FileProblem};
use crate::exit::{Code, Exit};
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{self, ResultsFolder};
use convsweep_spec::words::counted;
use convsweep_store::{Database, KeptFile};
use std::collections::BTreeSet;
use std::io::ErrorKind;

/// Jobs whose files are looked at together, so that the list of files stays short.
const CHUNK: usize = 1000;
/// Faults that are named in a note.
const NAMED: usize = 3;

/// Looks at the files of these jobs without opening them. States that were pruned, so that the
/// folder of states is gone as a whole, are no fault.
///
/// # Errors
/// If the database cannot be read.
pub fn look_at(
    results: &ResultsFolder,
    database: &Database,
    jobs: &[JobId],
) -> Result<Vec<FileFault>> {
    let mut faults = Vec::new();
    for jobs in jobs.chunks(CHUNK) {
        for file in database.kept_files(jobs).code(Exit::Results)? {
            if let Some(problem) = problem_of(results, &file) {
                faults.push(FileFault {
                    job: file.job,
                    path: file.path,
                    problem,
                });
            }
        }
    }
    Ok(faults)
}

/// What a look at a file finds wrong with it.
pub(super) fn problem_of(results: &ResultsFolder, file: &KeptFile) -> Option<FileProblem> {
    let folder = results.job(&file.job);
    match folder.join(&file.path).metadata() {
        Ok(metadata) if !metadata.is_file() => Some("is not a file".to_string().into()),
        Ok(metadata) if metadata.len() != file.bytes => {
            let (found, expected) = (metadata.len(), file.bytes);
            Some(format!("has {found} bytes instead of {expected}").into())
        }
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let has_states = folder.join(layout::STATES).try_exists();
            let is_pruned = file.is_state && matches!(has_states, Ok(false));
            (!is_pruned).then(|| error.into())
        }
        Err(error) => Some(error.into()),
    }
}

/// A line about the damaged files of an experiment's finished jobs and one about those that could
/// not be looked at, each with the remedy.
pub fn notes_of(faults: &[FileFault], experiment: &str) -> Vec<String> {
    let (damaged, unread): (Vec<_>, Vec<_>) = faults.iter().partition(|fault| fault.is_damage());
    let mut notes = Vec::new();
    if !damaged.is_empty() {
        let jobs = count_jobs(&damaged);
        let object = if jobs == 1 { "it" } else { "them" };
        notes.push(format!(
            "files of {} are gone or damaged: {}; \
            `convsweep retry {experiment} --damaged` trains {object} again",
            counted(jobs, "finished job"),
            first_of(&damaged)
        ));
    }
    if !unread.is_empty() {
        notes.push(format!(
            "files of {} could not be looked at: {}; {}",
            counted(count_jobs(&unread), "finished job"),
            first_of(&unread),
            unread[0].unread_remedy().unwrap_or_default()
        ));
    }
    notes
}

fn count_jobs(faults: &[&FileFault]) -> u64 {
    let jobs: BTreeSet<&JobId> = faults.iter().map(|fault| &fault.job).collect();
    jobs.len() as u64
}

/// The first faults, and how many more there are.
fn first_of(faults: &[&FileFault]) -> String {
    let named = faults.iter().take(NAMED).map(|fault| fault.to_string());
    let mut named: Vec<String> = named.collect();
    if faults.len() > NAMED {
        named.push(format!("{} more", faults.len() - NAMED));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    fn file(path: &str, bytes: u64) -> KeptFile {
        KeptFile {
            job: JobId("a1".into()),
            path: PathBuf::from(path),
            bytes,
            blake3: None,
            is_state: path.starts_with(layout::STATES),
        }
    }

    #[test]
    fn gone_and_resized_files_are_faults_and_pruned_states_are_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let results = ResultsFolder(folder.path().to_path_buf());
        let job = results.job(&JobId("a1".into()));
        fs::create_dir_all(&job).expect("creates");
        fs::write(job.join("model"), "12345").expect("writes");
        let state = file("states/epoch-2/state.safetensors", 3);
        let problem = |file: &KeptFile| problem_of(&results, file);
        let problem = |file: &KeptFile| problem(file).map(|problem| problem.to_string());
        assert_eq!(problem(&file("model", 5)), None);
        assert_eq!(
            problem(&file("model", 6)).as_deref(),
            Some("has 5 bytes instead of 6")
        );
        assert_eq!(problem(&file("other", 6)).as_deref(), Some("is gone"));
        assert_eq!(problem(&state), None, "pruned");
        fs::create_dir_all(job.join("states/epoch-2")).expect("creates");
        assert_eq!(problem(&state).as_deref(), Some("is gone"));
    }

    #[test]
    fn a_note_names_the_first_faults_and_counts_the_rest() {
        assert_eq!(notes_of(&[], "e"), Vec::<String>::new());
        let fault = |job: &str| FileFault {
            job: JobId(job.into()),
            path: "model.safetensors".into(),
            problem: "is gone".to_string().into(),
        };
        let faults = ["a", "b", "c", "d", "d"].map(fault);
        assert_eq!(
            notes_of(&faults, "e"),
            [
                "files of 4 finished jobs are gone or damaged: jobs/a/model.safetensors is gone, \
            jobs/b/model.safetensors is gone, jobs/c/model.safetensors is gone, 2 more; \
            `convsweep retry e --damaged` trains them again"
            ]
        );
    }
}
