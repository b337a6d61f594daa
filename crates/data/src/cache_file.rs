//! Finds and removes files of the data cache that have not been used for a while: decoded sets, and
//! features of frozen layers.
//!
//! Such a file is only a cache: whoever needs it again makes it again. Every use sets its time of
//! access, and a shared lock on it is held as long as it is open.

use crate::DataError;
use crate::lock::CacheLock;
use std::ffi::OsStr;
use std::fs::{self, File, FileTimes, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file that can be made again, and when it was used last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedFile {
    /// The file.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// Time since it was used last.
    pub idle: Duration,
}

impl UnusedFile {
    /// Whether the file holds features, and not a decoded set.
    pub fn holds_features(&self) -> bool {
        let name = file_name(&self.path).unwrap_or_default();
        name.ends_with(FEATURES)
    }
}

/// What follows the name of a file of features.
pub(crate) const FEATURES: &str = ".features";

/// The lock under which files of features are written.
pub(crate) const FEATURES_LOCK: &str = "features";

/// The folder of the decoded files in a data cache.
pub(crate) fn decoded_folder(cache: &Path) -> PathBuf {
    cache.join("decoded")
}

/// The folder of the files of features in a data cache.
pub(crate) fn features_folder(cache: &Path) -> PathBuf {
    cache.join("features")
}

/// Notes that a file of the cache is used now and for as long as `file` is open.
///
/// Both may fail, on file systems without locks or in another user's cache. Then the file may be
/// removed although it is in use, which costs making it again.
pub(crate) fn mark_used(file: &File) {
    let _ = file.try_lock_shared();
    let _ = file.set_times(FileTimes::new().set_accessed(SystemTime::now()));
}

/// The files of decoded sets and features in `cache` that no process has open and that have not been used for `idle`,
/// sorted by path. Files that an interrupted process left half-written count from their last
/// change.
///
/// # Errors
/// `Io` if the folder cannot be read.
pub fn unused_files(cache: &Path, idle: Duration) -> Result<Vec<UnusedFile>, DataError> {
    let mut unused = Vec::new();
    for (file, is_open) in cache_files(cache)? {
        if file.idle >= idle && !is_open {
            unused.push(file);
        }
    }
    Ok(unused)
}

/// All files of decoded sets and features in `cache`, sorted by path, each with whether a process
/// has it open.
pub(crate) fn cache_files(cache: &Path) -> Result<Vec<(UnusedFile, bool)>, DataError> {
    let mut files = files_in(&decoded_folder(cache))?;
    files.extend(files_in(&features_folder(cache))?);
    Ok(files)
}

/// The files of a folder of the cache, as [`cache_files`] lists them.
pub(crate) fn files_in(folder: &Path) -> Result<Vec<(UnusedFile, bool)>, DataError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(DataError::io("read folder", folder)(e)),
    };
    let now = SystemTime::now();
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(DataError::io("read folder", folder))?;
        let path = entry.path();
        if lock_name(&path).is_none() {
            continue;
        }
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(DataError::io("read", &path)(e)),
        };
        let is_open = is_in_use(&path)?;
        let file = UnusedFile {
            path,
            bytes: metadata.len(),
            idle: now.duration_since(last_used(&metadata)).unwrap_or_default(),
        };
        files.push((file, is_open));
    }
    files.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    Ok(files)
}

/// Removes an unused file; false if a process has begun to use it or it is gone.
///
/// # Errors
/// `Io` if the system refuses.
pub fn remove_unused(unused: &UnusedFile) -> Result<bool, DataError> {
    if is_in_use(&unused.path)? {
        return Ok(false);
    }
    match fs::remove_file(&unused.path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(DataError::io("remove", &unused.path)(e)),
    }
}

/// The later of the last access and the last change.
fn last_used(metadata: &Metadata) -> SystemTime {
    let times = [metadata.accessed().ok(), metadata.modified().ok()];
    times
        .into_iter()
        .flatten()
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Whether a process has the file open or is writing it.
fn is_in_use(path: &Path) -> Result<bool, DataError> {
    if path.extension() == Some(OsStr::new("part")) {
        return is_being_written(path);
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(DataError::io("read", path)(e)),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(fs::TryLockError::WouldBlock) => Ok(true),
        Err(fs::TryLockError::Error(e)) => Err(DataError::io("lock", path)(e)),
    }
}

/// Whether a process holds the lock under which a partial file is written.
fn is_being_written(partial: &Path) -> Result<bool, DataError> {
    let (Some(folder), Some(name)) = (partial.parent(), lock_name(partial)) else {
        return Ok(false);
    };
    Ok(CacheLock::try_acquire(folder, name)?.is_none())
}

/// Name of the lock under which a file of the cache is written; none for other files.
fn lock_name(path: &Path) -> Option<&str> {
    let name = file_name(path)?;
    if name.ends_with(FEATURES) {
        return Some(FEATURES_LOCK);
    }
    let is_set = name.strip_suffix(".images");
    is_set.or_else(|| name.strip_suffix(".fitted"))
}

/// Name of a file, without what is appended while it is written.
fn file_name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    Some(name.strip_suffix(".part").unwrap_or(name))
}
