//! Reading files of jobs whole and comparing them with their hashes.

use super::fault::FileFault;
use super::look::problem_of;
use convsweep_files::read_regular;
use convsweep_spec::canonical::hash_of;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use convsweep_spec::layout::{self, ResultsFolder};
use convsweep_spec::{seal, weights};
use convsweep_store::KeptFile;
use std::path::{Path, PathBuf};

/// Largest resolved question in bytes that is read.
const LARGEST_QUESTION: u64 = 64 << 20;

/// Verifies files, and collects what is wrong with them and what nothing vouches for.
#[derive(Debug)]
pub struct Verifier<'a> {
    results: &'a ResultsFolder,
    /// Files that are damaged, gone, or belong elsewhere.
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
        if !path.exists() {
            // A state that was pruned.
            return;
        }
        let found = read(&path, file.bytes).and_then(|bytes| match file.is_state {
            true => check_state(&bytes, file.blake3.as_deref()),
            false => check_artifact(&bytes, file),
        });
        self.found(&file.job, &file.path, found);
    }

    /// Reads the question in a job's folder: it has to hash to the job's id.
    pub fn question(&mut self, job: &JobId) {
        let path = Path::new(layout::JOB);
        let read = read(&self.results.job(job).join(path), LARGEST_QUESTION);
        let problem = match read.map(|bytes| serde_json::from_slice::<Question>(&bytes)) {
            Ok(Ok(question)) if question.job_id() == *job => return,
            Ok(Ok(question)) => format!("is the question of job {}", question.job_id()),
            Ok(Err(error)) => format!("is damaged: {error}"),
            Err(problem) => problem,
        };
        self.fault(job, path, problem);
    }

    /// Reads the checkpoints that are left in a job's folder.
    pub fn checkpoints(&mut self, job: &JobId) {
        for name in [layout::STATE_FILE, layout::PREVIOUS_STATE_FILE] {
            let path = Path::new(layout::CHECKPOINT).join(name);
            let full = self.results.job(job).join(&path);
            let Ok(metadata) = full.metadata() else {
                continue;
            };
            let found = read(&full, metadata.len()).and_then(|bytes| check_state(&bytes, None));
            self.found(job, &path, found);
        }
    }

    fn found(&mut self, job: &JobId, path: &Path, found: Result<Vouched, String>) {
        match found {
            Ok(Vouched::Yes) => {}
            Ok(Vouched::No) => self.unchecked.push((job.clone(), path.to_path_buf())),
            Err(problem) => self.fault(job, path, problem),
        }
    }

    fn fault(&mut self, job: &JobId, path: &Path, problem: String) {
        self.faults.push(FileFault {
            job: job.clone(),
            path: path.to_path_buf(),
            problem,
        });
    }
}

/// Whether a hash vouches for a file.
enum Vouched {
    Yes,
    No,
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    read_regular(path, most).map_err(|error| match error.source.kind() {
        std::io::ErrorKind::NotFound => "is gone".into(),
        _ => format!("cannot be read ({})", error.source),
    })
}

fn check_state(bytes: &[u8], logged: Option<&str>) -> Result<Vouched, String> {
    match (seal::verify(bytes).map_err(|e| e.to_string())?, logged) {
        (Some(found), Some(logged)) if found != logged => {
            Err("is another state than the one in the job's log".into())
        }
        (Some(_), _) => Ok(Vouched::Yes),
        (None, Some(_)) => Err("is damaged: its hash is missing".into()),
        (None, None) => check_values(bytes),
    }
}

fn check_artifact(bytes: &[u8], file: &KeptFile) -> Result<Vouched, String> {
    match &file.blake3 {
        Some(logged) if hash_of(bytes) != *logged => {
            Err("is damaged: its bytes do not have the hash in the job's log".into())
        }
        Some(_) => Ok(Vouched::Yes),
        None if file.path == Path::new(layout::MODEL) => check_values(bytes),
        None => Ok(Vouched::No),
    }
}

/// Without a hash, weights can at least be read, and are finite.
fn check_values(bytes: &[u8]) -> Result<Vouched, String> {
    for tensor in weights::read(bytes)? {
        let values = tensor.values(bytes)?;
        if let Some(i) = values.iter().position(|value| !value.is_finite()) {
            let (name, value) = (&tensor.name, values[i]);
            return Err(format!("is damaged: value {i} of tensor {name} is {value}"));
        }
    }
    Ok(Vouched::No)
}
