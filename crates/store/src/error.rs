//! What can go wrong with a results database, each with its remedy.

use convsweep_files::{
    FileError, beside, open_regular, size_limit, system_remedy, system_remedy_or,
};
use rusqlite::{ErrorCode, ffi};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use thiserror::Error;

/// Logs that a message names.
const NAMED: usize = 10;

/// Why the results database could not be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A newer program wrote the database or a log.
    #[error(
        "{} has version {found}, this program knows {known}: use the newer convsweep that wrote it",
        path.display()
    )]
    Newer {
        /// The database or log.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// An older program wrote the database, and a reader does not change it.
    #[error(
        "{} has version {found}, this program writes {known}: \
        `convsweep rebuild` or the next `convsweep run` brings it up to date",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that this program writes.
        known: u32,
    },
    /// The database or its folder cannot be written.
    #[error(
        "{} cannot be written: check its permissions and whether its file system is read-only, \
        or choose another results folder",
        path.display()
    )]
    NotWritable {
        /// The database.
        path: PathBuf,
    },
    /// The file that a copy should be written to exists already.
    #[error("{} exists already: name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Something else is in the place of the database or of one of its files.
    #[error(
        "{} is {found}, not a file of the results database: move it out of the way; \
        `convsweep rebuild` builds the database again from the logs",
        path.display()
    )]
    NotAFile {
        /// Its path.
        path: PathBuf,
        /// What it is.
        found: &'static str,
    },
    /// Another program has locked the database.
    #[error(
        "{} is locked by another program, which has been waited for: end that program \
        (`fuser FILE` lists it), or wait until it has ended, and give the command again",
        path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// The database of an older program cannot be brought up to date.
    #[error(
        "{} has version {found} and cannot be brought to version {known} ({message}): \
        `convsweep rebuild` builds it again from the logs",
        path.display()
    )]
    NotUpgraded {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that this program writes.
        known: u32,
        /// What SQLite reports.
        message: String,
    },
    /// The copy of the database could not be written.
    #[error(
        "the copy {} cannot be written: {message}; check that its folder exists, can be written \
        and has room",
        path.display()
    )]
    NotCopied {
        /// The copy.
        path: PathBuf,
        /// What the system or SQLite reports.
        message: String,
    },
    /// There is no results folder.
    #[error(
        "there is no results folder {}: name it with --results or CONVSWEEP_RESULTS; \
        `convsweep run FILE` makes one",
        path.display()
    )]
    NoFolder {
        /// Where it would be.
        path: PathBuf,
    },
    /// There is no database.
    #[error(
        "there is no results database {}: `convsweep run FILE` creates one, \
        `convsweep rebuild` builds it from the logs",
        path.display()
    )]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The database is damaged or not ours.
    #[error(
        "{} is not a valid results database ({message}): \
        `convsweep rebuild` builds it again from the logs",
        path.display()
    )]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite or the check reports.
        message: String,
    },
    /// The database knows more than the logs, so that building it again would forget it.
    #[error("{}", would_forget(path, lost))]
    WouldForget {
        /// The database.
        path: PathBuf,
        /// What would be lost, by log.
        lost: Vec<String>,
    },
    /// The disk is full. What is in the logs is not lost.
    #[error(
        "no space left on the disk of {}: free some and run again; \
        the logs contain what the database lacks",
        path.display()
    )]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// A query that would write.
    #[error("queries are read-only: `{statement}` would change the database")]
    WouldWrite {
        /// Its first words.
        statement: String,
    },
    /// A query that took too long.
    #[error(
        "the query was ended after {seconds} s: give it more time with --timeout SECONDS \
        (0: no limit), or make it smaller; a recursive query needs a condition that ends it"
    )]
    TimedOut {
        /// The limit.
        seconds: f64,
    },
    /// A query that SQLite does not understand or cannot carry out.
    #[error("{message}")]
    Query {
        /// What SQLite reports.
        message: String,
    },
    /// Another error of SQLite.
    #[error("{}: SQLite reports \"{source}\"; {}", path.display(), sqlite_remedy(source))]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// The error.
        source: rusqlite::Error,
    },
    /// A file could not be read or written.
    #[error("{}: {source}; {}", path.display(), io_remedy(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
    /// The system gives no thread for the writer.
    #[error(
        "the database writer gets no thread ({source}): allow this program more memory and \
        processes (`ulimit -v`, `ulimit -u`), and give the command again"
    )]
    NoThread {
        /// The error.
        source: io::Error,
    },
    /// The thread of the writer has ended.
    #[error("the database writer has stopped")]
    Ended,
}

impl StoreError {
    /// Classifies an error of SQLite for the database at `path`.
    pub(crate) fn sqlite(path: &Path, source: rusqlite::Error) -> StoreError {
        let path = path.to_path_buf();
        if let Some(error) = error_of_system(&path, source.sqlite_error()) {
            return StoreError::Io {
                path,
                source: error,
            };
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::NotWritable { path }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Locked { path }
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Damaged {
                path,
                message: source.to_string(),
            },
            _ => StoreError::Sqlite { path, source },
        }
    }

    /// Classifies an error of the file system.
    pub(crate) fn io(path: &Path, source: io::Error) -> StoreError {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::DiskFull { path }
            }
            io::ErrorKind::ReadOnlyFilesystem => StoreError::NotWritable { path },
            _ => StoreError::Io { path, source },
        }
    }
}

/// Number of the system's error where a file is to become larger than it may (`EFBIG`).
const FILE_TOO_LARGE: i32 = 27;
/// Errors of SQLite where a file was to become larger.
const LARGER: [i32; 3] = [
    ffi::SQLITE_IOERR_WRITE,
    ffi::SQLITE_IOERR_SHMSIZE,
    ffi::SQLITE_IOERR_TRUNCATE,
];

/// What SQLite writes at once is smaller, in bytes.
const NEAR: u64 = 1 << 20;

/// Places of a database that are read to see whether the system can read it.
const PLACES: u64 = 64;
/// Databases that were opened for this. They stay open: closing a file takes SQLite's locks on it in
/// this process away.
static OPENED: Mutex<Vec<(PathBuf, File)>> = Mutex::new(vec![]);

/// The error of the system behind one of SQLite, which calls a failing disk a malformed database
/// and a limit on open files a database that cannot be opened.
fn error_of_system(database: &Path, error: Option<&ffi::Error>) -> Option<io::Error> {
    let error = error?;
    let found = match error.code {
        ErrorCode::SystemIoFailure
            if LARGER.contains(&error.extended_code) && is_near(database, size_limit()?) =>
        {
            io::Error::from_raw_os_error(FILE_TOO_LARGE)
        }
        ErrorCode::DatabaseCorrupt => read_error(database)?,
        // Not the database: with its file closed, SQLite's locks on it would be gone.
        ErrorCode::CannotOpen => File::open("/dev/null").err()?,
        _ => return None,
    };
    system_remedy(&found).map(|_| found)
}

/// Whether any file of the database is about as large as the limit in bytes allows, so that SQLite's
/// error comes from there and not from a failing disk.
fn is_near(database: &Path, limit: u64) -> bool {
    let is_large = |suffix: &str| {
        let file = beside(database, suffix).metadata();
        file.is_ok_and(|file| file.len() + NEAR >= limit)
    };
    limit <= NEAR || ["", "-wal", "-shm", ".part"].into_iter().any(is_large)
}

/// The error of reading the database, at some places of its file.
fn read_error(database: &Path) -> Option<io::Error> {
    let mut opened = OPENED.lock().ok()?;
    let at = match opened.iter().position(|(path, _)| path == database) {
        Some(at) => at,
        None => match open_regular(database) {
            Ok((file, _)) => {
                opened.push((database.to_path_buf(), file));
                opened.len() - 1
            }
            Err(error) => return Some(error.source),
        },
    };
    let file = &opened[at].1;
    let length = file.metadata().ok()?.len();
    let mut block = [0; 4096];
    let mut places = (0..PLACES).map(|place| length / PLACES * place);
    places.find_map(|place| file.read_at(&mut block, place).err())
}

fn would_forget(path: &Path, lost: &[String]) -> String {
    let mut named: Vec<String> = lost.iter().take(NAMED).cloned().collect();
    if lost.len() > NAMED {
        named.push(format!("and {} more logs", lost.len() - NAMED));
    }
    format!(
        "{} has what the logs no longer hold: {}. Nothing was changed. Put back copies of these \
        logs, or give `convsweep rebuild --forget-lost`: the database is then built from what the \
        logs hold, and the rest is gone",
        path.display(),
        named.join("; ")
    )
}

fn sqlite_remedy(source: &rusqlite::Error) -> &'static str {
    match source.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => {
            "check that its disk or mount is there and has room, and give the command again"
        }
        Some(ErrorCode::OutOfMemory) => "free some memory and give the command again",
        _ => "if it stays, `convsweep rebuild` builds the database again from the logs",
    }
}

/// What to do about an error of the system.
pub(crate) fn io_remedy(error: &io::Error) -> String {
    system_remedy_or(error, remedy_of_kind)
}

fn remedy_of_kind(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => {
            "check its permissions, or choose another results folder"
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file is in the place of a folder: move it, or name another folder"
        }
        io::ErrorKind::IsADirectory => "a folder is in the place of a file: move it",
        io::ErrorKind::NotFound => "check the path, and that its disk or mount is there",
        _ => "check that its disk or mount is there, and give the command again",
    }
}

impl From<FileError> for StoreError {
    fn from(error: FileError) -> StoreError {
        StoreError::io(&error.path, error.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    /// Locks of a process on a file go when it closes any handle of the file.
    #[cfg(target_os = "linux")]
    #[test]
    fn looking_for_the_cause_leaves_the_locks_of_sqlite() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("convsweep.sqlite");
        let connection = Connection::open(&path).expect("opens");
        let sql = "create table t (x); begin immediate";
        connection.execute_batch(sql).expect("locks");
        let inode = fs::metadata(&path).expect("is there").ino();
        let is_locked = || {
            let locks = fs::read_to_string("/proc/locks").expect("reads");
            locks.contains(&format!(":{inode} "))
        };
        if !is_locked() {
            return eprintln!("skipped: this system does not list locks");
        }
        let corrupt = ffi::Error::new(ffi::SQLITE_CORRUPT);
        let error = StoreError::sqlite(&path, rusqlite::Error::SqliteFailure(corrupt, None));
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(is_locked());
    }
    #[test]
    fn a_limit_that_is_far_away_is_not_to_blame() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("convsweep.sqlite");
        assert!(is_near(&path, 512), "nothing fits");
        fs::write(&path, "small").expect("writes");
        assert!(!is_near(&path, 100 << 30));
        let log = fs::File::create(folder.path().join("convsweep.sqlite-wal")).expect("creates");
        log.set_len((8 << 20) - 4096).expect("a sparse file");
        assert!(is_near(&path, 8 << 20) && !is_near(&path, 16 << 20));
    }
}
