//! A file of a job with what is wrong with it.

use convsweep_files::{FileError, system_remedy_or};
use convsweep_spec::id::JobId;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// A file of a job with what is wrong with it; as text it begins with the path relative to the
/// results folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The job.
    pub job: JobId,
    /// Path relative to the job's folder.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: FileProblem,
}

/// What is wrong with a file, as the end of a sentence that begins with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileProblem {
    /// It is not what the job has left: damaged, gone, or another job's.
    Damaged(String),
    /// The system refuses to read it, which says nothing about its content.
    Unread {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
}

impl FileFault {
    /// Whether the file is not what the job has left.
    pub fn is_damage(&self) -> bool {
        self.unread_remedy().is_none()
    }

    /// What to do so that the file can be read; `None` if it was read, and is damaged.
    pub fn unread_remedy(&self) -> Option<&str> {
        match &self.problem {
            FileProblem::Damaged(_) => None,
            FileProblem::Unread { remedy, .. } => Some(remedy),
        }
    }
}

impl From<FileError> for FileProblem {
    fn from(error: FileError) -> Self {
        error.source.into()
    }
}

impl From<io::Error> for FileProblem {
    fn from(error: io::Error) -> Self {
        let damaged = |problem: String| FileProblem::Damaged(problem);
        match error.kind() {
            ErrorKind::NotFound => damaged("is gone".into()),
            ErrorKind::InvalidInput
            | ErrorKind::FileTooLarge
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::UnexpectedEof => damaged(format!("cannot be read ({error})")),
            _ => FileProblem::Unread {
                problem: format!("could not be read: {error}"),
                remedy: remedy_of(&error),
            },
        }
    }
}

fn remedy_of(error: &io::Error) -> String {
    system_remedy_or(error, |kind| match kind {
        ErrorKind::PermissionDenied => "check its permissions and give the command again",
        _ => "mend the reason and give the command again",
    })
}

impl From<String> for FileProblem {
    fn from(damage: String) -> Self {
        FileProblem::Damaged(damage)
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (FileProblem::Damaged(problem) | FileProblem::Unread { problem, .. }) = self;
        f.write_str(problem)
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let place = self.path.display();
        write!(f, "jobs/{}/{place} {}", self.job, self.problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_is_no_damage() {
        for (number, is_damage) in [(2, true), (5, false), (12, false), (13, false), (23, false)] {
            let error = io::Error::from_raw_os_error(number);
            let problem = FileProblem::from(error);
            let found = matches!(problem, FileProblem::Damaged(_));
            assert_eq!(found, is_damage, "error {number}: {problem}");
        }
        let folder = FileProblem::from(io::Error::from(ErrorKind::InvalidInput));
        assert!(matches!(folder, FileProblem::Damaged(_)));
    }
}
