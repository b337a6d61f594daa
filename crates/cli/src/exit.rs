//! Exit codes: the documented numbers, and the error that carries one.

use crate::streams::wants_colours;
use convsweep_data::{DataError, DataErrorKind};
use convsweep_files::system_remedy_or;
use convsweep_plan::{ProblemLine, Problems};
use convsweep_runner::RunnerError;
use serde_json::{Value, json};
use std::fmt;
use std::io::{ErrorKind, IsTerminal};

/// How the program ends; the numbers are part of its interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for is there.
    Complete = 0,
    /// Some jobs failed.
    JobsFailed = 1,
    /// The file or the command line is wrong.
    Wrong = 2,
    /// Image sets are missing or damaged.
    Data = 3,
    /// There is no usable device or worker.
    Device = 4,
    /// The results folder cannot be used.
    Results = 5,
    /// The program itself is wrong.
    Internal = 70,
    /// Interrupted; the same command continues.
    Interrupted = 130,
}

impl Exit {
    /// What another program of this kind ended with.
    pub fn of_code(code: u8) -> Exit {
        const ALL: [Exit; 8] = [
            Exit::Complete,
            Exit::JobsFailed,
            Exit::Wrong,
            Exit::Data,
            Exit::Device,
            Exit::Results,
            Exit::Internal,
            Exit::Interrupted,
        ];
        let found = ALL.into_iter().find(|exit| *exit as u8 == code);
        found.unwrap_or(Exit::Internal)
    }
}

/// An error with the exit code that belongs to it; travels inside `anyhow::Error`.
#[derive(Debug)]
pub struct CommandError {
    /// The code.
    pub exit: Exit,
    /// What was asked, what was found, what to do.
    pub message: String,
    /// The places of what is wrong in experiment files.
    pub problems: Vec<ProblemLine>,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CommandError {}

/// Attaches an exit code to an error.
pub trait Code<T> {
    /// The value, or the error's message with this exit code.
    ///
    /// # Errors
    /// The error, as a [`CommandError`].
    fn code(self, exit: Exit) -> anyhow::Result<T>;
}

impl<T, E: fmt::Display> Code<T> for Result<T, E> {
    fn code(self, exit: Exit) -> anyhow::Result<T> {
        self.map_err(|error| failure(exit, error.to_string()))
    }
}

/// An error with an exit code.
pub fn failure(exit: Exit, message: impl Into<String>) -> anyhow::Error {
    failure_with(exit, message, vec![])
}

/// An error with an exit code and the problems of experiment files.
pub fn failure_with(
    exit: Exit,
    message: impl Into<String>,
    problems: Vec<ProblemLine>,
) -> anyhow::Error {
    let message = message.into();
    CommandError {
        exit,
        message,
        problems,
    }
    .into()
}

/// The exit code of an error: its own; of stdout that cannot be written, that of a wrong command
/// line, which chose it; else 1.
pub fn of(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<CommandError>() {
        Some(error) => error.exit,
        None if error.is::<std::io::Error>() => Exit::Wrong,
        None => Exit::JobsFailed,
    }
}

/// The problems of experiment files that an error tells of.
pub fn problems_of(error: &anyhow::Error) -> &[ProblemLine] {
    match error.downcast_ref::<CommandError>() {
        Some(error) => &error.problems,
        None => &[],
    }
}

/// An error as JSON: its exit code, its message, and the problems of experiment files with their
/// places. Lines and columns begin at 1; 0 is a problem without a place.
pub fn object(error: &anyhow::Error) -> Value {
    let problem = |problem: &ProblemLine| {
        json!({
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "message": problem.message,
            "detail": problem.detail,
            "help": problem.help,
        })
    };
    let problems: Vec<Value> = problems_of(error).iter().map(problem).collect();
    json!({
        "exit_code": of(error) as u8,
        "message": console::strip_ansi_codes(format!("{error:#}").trim_end()),
        "problems": problems,
    })
}

/// Problems of an experiment file as an error, in colours if stderr is a terminal.
pub fn plan_failure(problems: Problems) -> anyhow::Error {
    let exit = if problems.only_data() {
        Exit::Data
    } else {
        Exit::Wrong
    };
    let colours = std::io::stderr().is_terminal() && wants_colours();
    failure_with(exit, problems.render(colours), problems.lines())
}

/// An error of the image sets with its exit code.
pub fn data_failure(error: DataError) -> anyhow::Error {
    let exit = match error.kind() {
        DataErrorKind::Invalid => Exit::Wrong,
        DataErrorKind::Missing | DataErrorKind::Damaged | DataErrorKind::Io => Exit::Data,
    };
    failure(exit, data_message(&error))
}

/// What is wrong with an image set, and what to do about it.
pub fn data_message(error: &DataError) -> String {
    let remedy = match error {
        DataError::Io(file) => system_remedy_or(&file.source, remedy_of_cache),
        DataError::Unreadable(file) => system_remedy_or(&file.source, remedy_of_set),
        DataError::Missing(_) | DataError::Damaged { .. } | DataError::Invalid(_) => {
            return error.to_string();
        }
    };
    format!("{error}; {remedy}")
}

/// What to do where the data cache cannot be used.
fn remedy_of_cache(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "check its permissions, or name another folder of image sets with --data or \
            CONVSWEEP_DATA"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room (`convsweep data prune` does), or name another folder with --data or \
            CONVSWEEP_DATA"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file is in the place of a folder: move it, or name another folder with --data or \
            CONVSWEEP_DATA"
        }
        ErrorKind::IsADirectory => "a folder is in the place of a file: move it",
        ErrorKind::NotFound => "check the path, and that its disk or mount is there",
        _ => "check that its disk or mount is there, and give the command again",
    }
}

/// What to do where files of the user's set cannot be read.
fn remedy_of_set(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => {
            "give yourself permission to read it and the folders above it (chmod -R u+rX), or move \
            it out of the set"
        }
        ErrorKind::NotADirectory => {
            "a file is in the place of a folder: check data.path and the names in the table"
        }
        ErrorKind::InvalidInput | ErrorKind::IsADirectory | ErrorKind::FileTooLarge => {
            "check data.path, and data.source, which says whether a folder or a table is read"
        }
        ErrorKind::NotFound => "it has vanished: give the command again when it is there",
        _ => "check that its disk or mount is there, and give the command again",
    }
}

/// An error of the runner with its exit code.
pub fn runner_failure(error: RunnerError) -> anyhow::Error {
    let exit = match error.exit_code() {
        2 => Exit::Wrong,
        4 => Exit::Device,
        _ => Exit::Results,
    };
    failure(exit, error.to_string())
}
