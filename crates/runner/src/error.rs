//! What can go wrong around a run, and the exit codes of the program.

use convsweep_files::system_remedy_or;
use convsweep_slurm::SlurmError;
use convsweep_spec::device::UnknownDevice;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// An error of the runner. A job that fails is not an error but an outcome.
#[derive(Debug, Error)]
pub enum RunnerError {
    /// `--devices` or `run.devices` contains something that is not the name of a device.
    #[error(transparent)]
    UnknownDevice(#[from] UnknownDevice),
    /// `--slots` or `run.slots` cannot be understood.
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
    /// The allocation in which the program was started cannot be used as it was asked to.
    #[error(transparent)]
    Allocation(#[from] SlurmError),
    /// No node of the allocation can be used.
    #[error("no node of the allocation can be used: {reasons}")]
    NoNode {
        /// Why, and what to do, for each.
        reasons: String,
    },
    /// The limit on open files leaves no room for a worker.
    #[error(
        "only {limit} files may be open at the same time, which leaves no room for a worker: raise \
         the limit (ulimit -n 1024)"
    )]
    TooFewOpenFiles {
        /// The limit.
        limit: u64,
    },
    /// Every slot was closed while jobs remained.
    #[error(
        "no slot is left to train on, {remaining_jobs} jobs were not trained: {reason}{}",
        stderr_paragraph(.stderr)
    )]
    AllSlotsClosed {
        /// Number of jobs that are not done.
        remaining_jobs: usize,
        /// Why the last slot was closed.
        reason: String,
        /// The last lines of its worker's standard error.
        stderr: String,
    },
    /// The workers refuse to start because their environment is wrong.
    #[error("no worker can start: {reason}")]
    WorkerMisconfigured {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Another program uses the results folder.
    #[error(
        "the results folder {} is in use by {holder}: wait for it, or end it, \
         or name another folder with --results",
        path.display()
    )]
    ResultsBusy {
        /// The folder.
        path: PathBuf,
        /// The other program, as far as it is known.
        holder: String,
    },
    /// The results folder cannot be written or read.
    #[error("the results folder is unusable, {}: {source}; {remedy}", path.display())]
    ResultsUnusable {
        /// The file or folder that could not be used.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
        /// What to do.
        remedy: String,
    },
    /// A log was written by a newer version of the program.
    #[error(
        "{}, line {line}, has format {found}, this program reads up to {}: use the newer version",
        path.display(),
        convsweep_spec::log_line::LOG_FORMAT
    )]
    NewerFormat {
        /// The log.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Its format.
        found: u32,
    },
    /// The log in an experiment's folder is that of another experiment.
    #[error(
        "{}, line {line}, belongs to the experiment \"{found}\", not to \"{expected}\": two \
         folders were exchanged or copied; give each folder the name of its experiment",
        path.display()
    )]
    OtherExperiment {
        /// The log.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// The experiment that its revision names.
        found: String,
        /// The experiment whose folder it is.
        expected: String,
    },
}

impl RunnerError {
    /// Exit code of the program: 2 for a wrong command line, 4 if no device or worker can be used,
    /// 5 for an unusable results folder.
    pub fn exit_code(&self) -> u8 {
        match self {
            RunnerError::UnknownDevice(_)
            | RunnerError::BadSlots { .. }
            | RunnerError::Allocation(_) => 2,
            RunnerError::UnusableDevice { .. }
            | RunnerError::NoNode { .. }
            | RunnerError::TooFewOpenFiles { .. }
            | RunnerError::AllSlotsClosed { .. }
            | RunnerError::WorkerMisconfigured { .. } => 4,
            RunnerError::ResultsBusy { .. }
            | RunnerError::ResultsUnusable { .. }
            | RunnerError::NewerFormat { .. }
            | RunnerError::OtherExperiment { .. } => 5,
        }
    }

    /// Whether a file or folder of the results folder is not there.
    pub fn is_not_found(&self) -> bool {
        let RunnerError::ResultsUnusable { source, .. } = self else {
            return false;
        };
        source.kind() == io::ErrorKind::NotFound
    }

    /// A [`RunnerError::ResultsUnusable`] with the remedy that fits the operating system's error.
    pub(crate) fn results(path: impl Into<PathBuf>, source: io::Error) -> Self {
        RunnerError::ResultsUnusable {
            path: path.into(),
            remedy: system_remedy_or(&source, remedy),
            source,
        }
    }
}

fn remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make it writable or name another folder with --results"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room and give the same command again; nothing recorded is lost"
        }
        io::ErrorKind::Unsupported => {
            "its file system does not support locks: use a folder on another one (--results)"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file is in the way: move it or name another folder with --results"
        }
        io::ErrorKind::IsADirectory => {
            "a folder is in the place of a file: move it or name another folder with --results"
        }
        io::ErrorKind::NotFound => {
            "check that its disk or mount is there, or name another folder with --results"
        }
        _ => "check its disk or mount, or name another folder with --results",
    }
}

fn stderr_paragraph(stderr: &str) -> String {
    let stderr = stderr.trim_end();
    if stderr.is_empty() {
        return String::new();
    }
    format!("\nthe end of the worker's stderr:\n{stderr}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_fits_the_error() {
        let check = |kind: io::ErrorKind, remedy: &str| {
            let error = RunnerError::results("/r/.lock", kind.into());
            assert!(error.to_string().contains(remedy), "{error}");
            assert_eq!(error.exit_code(), 5);
        };
        check(io::ErrorKind::PermissionDenied, "make it writable");
        check(io::ErrorKind::ReadOnlyFilesystem, "make it writable");
        check(io::ErrorKind::StorageFull, "make room");
        check(io::ErrorKind::Unsupported, "does not support locks");
        check(io::ErrorKind::NotFound, "--results");
    }
}
