//! What can go wrong around a run, and the exit code that belongs to it.

use convsweep_spec::device::UnknownDevice;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// An error of the runner. A job that ends badly is no error: it is an outcome.
#[derive(Debug, Error)]
pub enum RunnerError {
    /// `--devices` or `run.devices` names something that is not a device's name.
    #[error(transparent)]
    UnknownDevice(#[from] UnknownDevice),
    /// `--slots` or `run.slots` is not understood.
    #[error("slots \"{text}\": {problem}; write for example cpu=2,cuda=1")]
    BadSlots {
        /// As written.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A device that was asked for cannot be used.
    #[error("device {name} cannot be used: {reason}")]
    UnusableDevice {
        /// Its name.
        name: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Every slot was closed while jobs were left.
    #[error("no slot is left to train on, {jobs_left} jobs were not trained: {reason}{}", tail(.stderr))]
    AllSlotsClosed {
        /// Jobs that were not ended.
        jobs_left: usize,
        /// Why the last slot was closed.
        reason: String,
        /// The end of its worker's stderr.
        stderr: String,
    },
    /// Another program holds the results folder.
    #[error("the results folder {} is in use by {holder}: wait for it, or end it, or name another folder with --results", path.display())]
    ResultsBusy {
        /// The folder.
        path: PathBuf,
        /// Who, as far as it is known.
        holder: String,
    },
    /// The results folder cannot be written or read.
    #[error("the results folder is unusable, {}: {source}; {remedy}", path.display())]
    ResultsUnusable {
        /// The file or folder that could not be used.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// A log was written by a newer version of the program.
    #[error("{}, line {line}, has format {found}, this program reads up to {}: use the newer version", path.display(), convsweep_spec::FORMAT)]
    NewerFormat {
        /// The log.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Its format.
        found: u64,
    },
}

impl RunnerError {
    /// Exit code of the program: 2 the command line is wrong, 4 no usable device or worker, 5
    /// results folder unusable.
    pub fn exit_code(&self) -> u8 {
        match self {
            RunnerError::UnknownDevice(_) | RunnerError::BadSlots { .. } => 2,
            RunnerError::UnusableDevice { .. } | RunnerError::AllSlotsClosed { .. } => 4,
            RunnerError::ResultsBusy { .. }
            | RunnerError::ResultsUnusable { .. }
            | RunnerError::NewerFormat { .. } => 5,
        }
    }

    /// A [`RunnerError::ResultsUnusable`] with the remedy that fits the system's word.
    pub(crate) fn results(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let remedy = match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "make it writable or name another folder with --results"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room and give the same command again; nothing recorded is lost"
            }
            io::ErrorKind::Unsupported => {
                "its file system knows no locks: use a folder on another one (--results)"
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                "a file is in the way: move it or name another folder with --results"
            }
            _ => "name another folder with --results",
        };
        RunnerError::ResultsUnusable {
            path: path.into(),
            source,
            remedy,
        }
    }
}

fn tail(stderr: &str) -> String {
    let stderr = stderr.trim_end();
    if stderr.is_empty() {
        String::new()
    } else {
        format!("\nthe end of the worker's stderr:\n{stderr}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_fits_the_systems_word() {
        let check = |kind: io::ErrorKind, remedy: &str| {
            let error = RunnerError::results("/r/.lock", kind.into());
            assert!(error.to_string().contains(remedy), "{error}");
            assert_eq!(error.exit_code(), 5);
        };
        check(io::ErrorKind::PermissionDenied, "make it writable");
        check(io::ErrorKind::ReadOnlyFilesystem, "make it writable");
        check(io::ErrorKind::StorageFull, "make room");
        check(io::ErrorKind::Unsupported, "knows no locks");
        check(io::ErrorKind::NotFound, "--results");
    }
}
