//! Exit codes: the documented numbers behind every way to end.

use convsweep_data::DataErrorKind;
use convsweep_plan::Problems;
use convsweep_runner::RunnerError;
use std::fmt;
use std::io::IsTerminal;

/// How the program ends; the numbers are part of its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All asked for is there.
    Complete = 0,
    /// Some jobs did not finish well.
    JobsFailed = 1,
    /// The file or the command line is wrong.
    Wrong = 2,
    /// Data missing or damaged.
    Data = 3,
    /// No usable device or worker.
    Device = 4,
    /// Results folder unusable.
    Results = 5,
    /// Interrupted; the same command goes on.
    Interrupted = 130,
}

/// An error with the exit code that belongs to it; travels inside `anyhow::Error`.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What was asked, what was found, what to do.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Attaches an exit code to an error.
pub trait Code<T> {
    /// The value, or the error's message with this exit code.
    fn code(self, exit: Exit) -> anyhow::Result<T>;
}

impl<T, E: fmt::Display> Code<T> for Result<T, E> {
    fn code(self, exit: Exit) -> anyhow::Result<T> {
        self.map_err(|error| {
            Failure {
                exit,
                message: error.to_string(),
            }
            .into()
        })
    }
}

/// The exit code of an error: its own, else 1.
pub fn of(error: &anyhow::Error) -> Exit {
    error
        .downcast_ref::<Failure>()
        .map_or(Exit::JobsFailed, |f| f.exit)
}

/// Problems of a file as an error with its exit code.
pub fn plan_failure(problems: Problems) -> anyhow::Error {
    let exit = if problems.only_data() {
        Exit::Data
    } else {
        Exit::Wrong
    };
    let colours = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    Failure {
        exit,
        message: problems.render(colours),
    }
    .into()
}

/// An error of the image sets with its exit code.
pub fn data_failure(error: convsweep_data::DataError) -> anyhow::Error {
    let exit = match error.kind() {
        DataErrorKind::Invalid => Exit::Wrong,
        DataErrorKind::Missing | DataErrorKind::Damaged | DataErrorKind::Io => Exit::Data,
    };
    Failure {
        exit,
        message: error.to_string(),
    }
    .into()
}

/// An error of the runner with its exit code.
pub fn runner_failure(error: RunnerError) -> anyhow::Error {
    let exit = match error.exit_code() {
        2 => Exit::Wrong,
        4 => Exit::Device,
        _ => Exit::Results,
    };
    Failure {
        exit,
        message: error.to_string(),
    }
    .into()
}
