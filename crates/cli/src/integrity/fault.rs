//! A file of a job with what is wrong with it.

use convsweep_spec::id::JobId;
use std::fmt;
use std::path::PathBuf;

/// A file of a job with what is wrong with it; as text it begins with the path relative to the
/// results folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The job.
    pub job: JobId,
    /// Path relative to the job's folder.
    pub path: PathBuf,
    /// What is wrong, as the end of a sentence that begins with the file.
    pub problem: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let place = self.path.display();
        write!(f, "jobs/{}/{place} {}", self.job, self.problem)
    }
}
