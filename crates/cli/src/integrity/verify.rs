//! Reading files of jobs whole and comparing them with their hashes.

use super::fault::{FileFault, FileProblem};
use super::look::problem_of;
use super::state_file::check_state;
use super::vouched::{Vouched, check_values};
use convsweep_files::{hash_regular, read_regular};
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use convsweep_spec::layout::{self, ResultsFolder};
use convsweep_spec::seal::OTHER_HASH;
use convsweep_store::KeptFile;
use std::path::{Path, PathBuf};

/// Largest resolved question in bytes that is read.
const LARGEST_QUESTION: u64 = 64 << 20;

/// Verifies files, and collects what is wrong with them and what nothing vouches for.
#[derive(Debug)]
pub struct Verifier<'a> {
    results: &'a ResultsFolder,
    /// Files that are damaged, gone, belong elsewhere, or could not be read.
    pub faults: Vec<FileFault>,
    /// Files without a hash, by job and path relative to the job's folder.
    pub unchecked: Vec<(JobId, PathBuf)>,
}

impl<'a> Verifier<'a> {
    /// A verifier of this results folder.
    pub fn new(results: &'a ResultsFolder) -> Self {
        Verifier {
            results,
            faults: Vec::new(),
            unchecked: Vec::new(),
        }
    }

    /// Looks at a file, without reading it.
    pub fn look(&mut self, file: &KeptFile) {
        if let Some(problem) = problem_of(self.results, file) {
            self.fault(&file.job, &file.path, problem);
        }
    }

    /// Reads a file that a job's log describes.
    pub fn file(&mut self, file: &KeptFile) {
        let path = self.results.job(&file.job).join(&file.path);
        if let Some(problem) = problem_of(self.results, file) {
            return self.fault(&file.job, &file.path, problem);
        }
        if matches!(path.try_exists(), Ok(false)) {
            // A state that was pruned.
            return;
        }
        let found = match file.is_state {
            true => check_state(&path, &file.job, file.blake3.as_deref()),
            false => check_artifact(&path, file),
        };
        self.found(&file.job, &file.path, found);
    }

    /// Reads the question in a job's folder: it has to hash to the job's id. A job that has not
    /// finished may have died before it wrote anything; the log tells that it has.
    pub fn question(&mut self, job: &JobId, is_finished: bool) {
        let folder = self.results.job(job);
        if !is_finished && matches!(folder.join(layout::EVENTS).try_exists(), Ok(false)) {
            return;
        }
        let path = Path::new(layout::JOB);
        let read = read_regular(&folder.join(path), LARGEST_QUESTION);
        let problem = match read.map(|bytes| serde_json::from_slice::<Question>(&bytes)) {
            Ok(Ok(question)) if question.job_id() == *job => return,
            Ok(Ok(question)) => format!("is the question of job {}", question.job_id()).into(),
            Ok(Err(error)) => format!("is damaged: {error}").into(),
            Err(error) => FileProblem::from(error),
        };
        self.fault(job, path, problem);
    }

    /// Reads the checkpoints that are left in a job's folder.
    pub fn checkpoints(&mut self, job: &JobId) {
        for name in [layout::STATE_FILE, layout::PREVIOUS_STATE_FILE] {
            let path = Path::new(layout::CHECKPOINT).join(name);
            let full = self.results.job(job).join(&path);
            if full.symlink_metadata().is_ok() {
                self.found(job, &path, check_state(&full, job, None));
            }
        }
    }

    fn found(&mut self, job: &JobId, path: &Path, found: Result<Vouched, FileProblem>) {
        match found {
            Ok(Vouched::Yes) => {}
            Ok(Vouched::No) => self.unchecked.push((job.clone(), path.to_path_buf())),
            Err(problem) => self.fault(job, path, problem),
        }
    }

    fn fault(&mut self, job: &JobId, path: &Path, problem: FileProblem) {
        self.faults.push(FileFault {
            job: job.clone(),
            path: path.to_path_buf(),
            problem,
        });
    }
}

fn check_artifact(path: &Path, file: &KeptFile) -> Result<Vouched, FileProblem> {
    match &file.blake3 {
        Some(logged) if hash_regular(path)? != *logged => Err(OTHER_HASH.to_string().into()),
        Some(_) => Ok(Vouched::Yes),
        None if file.path == Path::new(layout::MODEL) => check_values(path),
        None => Ok(Vouched::No),
    }
}
