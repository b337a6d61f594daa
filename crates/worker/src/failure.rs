//! The outcome of an attempt that ended with an error or a panic.

use convsweep_files::system_remedy;
use convsweep_spec::outcome::Outcome;
use convsweep_train::TrainError;
use std::any::Any;
use std::io::{self, ErrorKind};

/// The outcome of an attempt that ended with `error`.
pub fn outcome_of(error: &anyhow::Error) -> Outcome {
    let message = message_of(error);
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref());
    let is_of_images = matches!(error.downcast_ref(), Some(TrainError::Data(_)));
    match causes.find(|cause| is_unwritable(cause, is_of_images)) {
        Some(cause) => Outcome::DiskFull {
            message,
            remedy: remedy_of(cause),
        },
        None => failed(message),
    }
}

/// The outcome of an attempt that panicked.
pub fn outcome_of_panic(panic: &(dyn Any + Send)) -> Outcome {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    failed(format!("the worker panicked: {text}"))
}

/// The error and its causes, those left out that the text before them ends with.
fn message_of(error: &anyhow::Error) -> String {
    let mut message = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if message.is_empty() {
            message = text;
        } else if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
    }
    message
}

/// Whether files cannot be written, which is not the job's fault. Where images were at work, a folder
/// that went away is theirs. A file that is larger than this program reads has no number of an error.
fn is_unwritable(error: &io::Error, is_of_images: bool) -> bool {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => true,
        ErrorKind::FileTooLarge => error.raw_os_error().is_some(),
        ErrorKind::StaleNetworkFileHandle => !is_of_images,
        _ => false,
    }
}

/// What to do, unless it is to make room.
fn remedy_of(error: &io::Error) -> Option<String> {
    let is_gone = error.kind() == ErrorKind::StaleNetworkFileHandle;
    let back = || "bring it back (is it mounted?) and give the same command again".to_string();
    system_remedy(error).or_else(|| is_gone.then(back))
}

/// A failure with this message. A GPU's runtime tells only by its message that memory ran out.
fn failed(message: String) -> Outcome {
    const OUT_OF_MEMORY: [&str; 4] = [
        "out of memory",
        "OutOfMemory",
        "OUT_OF_MEMORY",
        "Cannot allocate memory",
    ];
    if OUT_OF_MEMORY.iter().any(|words| message.contains(words)) {
        tracing::error!("{message}");
        return Outcome::OutOfMemory;
    }
    Outcome::Failed { message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_data::DataError;
    use convsweep_files::{FileError, read_regular};
    use std::path::Path;

    fn outcome(error: io::Error) -> Outcome {
        let error = FileError::at("write", Path::new("x"))(error);
        outcome_of(&anyhow::Error::new(error))
    }

    #[test]
    fn what_cannot_be_written_is_not_the_fault_of_the_job() {
        let full = outcome(io::Error::from_raw_os_error(28));
        let message = "cannot write x: No space left on device (os error 28)".into();
        assert_eq!(
            full,
            Outcome::DiskFull {
                message,
                remedy: None
            }
        );
        let remedy = |error| match outcome(error) {
            Outcome::DiskFull { remedy, .. } => remedy.expect("a remedy"),
            other => panic!("{other:?}"),
        };
        let limit = remedy(io::Error::from_raw_os_error(27));
        assert!(limit.contains("ulimit -f"), "{limit}");
        let gone = remedy(io::Error::new(ErrorKind::StaleNetworkFileHandle, "gone"));
        assert!(gone.contains("bring it back"), "{gone}");
    }

    #[test]
    fn what_cannot_be_read_is_the_fault_of_the_job() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("large");
        std::fs::write(&path, "12345").expect("writes");
        let large = read_regular(&path, 4).expect_err("is too large");
        let stale = FileError::at("read", &path)(io::Error::from_raw_os_error(116));
        let errors = [
            TrainError::Io(large),
            TrainError::Data(DataError::Io(stale)),
        ];
        for error in errors {
            let outcome = outcome_of(&anyhow::Error::new(error));
            assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
        }
    }

    #[test]
    fn other_errors_fail_the_attempt() {
        let denied = outcome(ErrorKind::PermissionDenied.into());
        assert!(matches!(denied, Outcome::Failed { .. }), "{denied:?}");
        let memory = outcome(io::Error::from_raw_os_error(12));
        assert_eq!(memory, Outcome::OutOfMemory);
    }
}
