//! Files of a job's folder: each is either complete or absent.

use crate::error::TrainError;
use crate::failpoint::Failpoints;
use convsweep_files::{Durability, FileError, NewFile, create_last_folder, partial_path, publish};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What becomes of the file that a new one replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// It is removed.
    Removed,
    /// It goes on under this name, in place of whatever has that name.
    KeptAs(PathBuf),
}

/// Writes `bytes` as `path`; the file that was there before stays until the new one is safe, and
/// then goes where `replaced` says. Passes the failpoint of this name, if one is given, in the
/// middle of the write.
pub(crate) fn write(
    path: &Path,
    bytes: &[u8],
    replaced: &Replaced,
    failpoint: Option<(&Failpoints, &str)>,
) -> Result<(), TrainError> {
    create_parent(path)?;
    let mut file = NewFile::create(path)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    file.write_bytes(first)?;
    if let Some((failpoints, name)) = failpoint {
        failpoints.hit(name);
    }
    file.write_bytes(second)?;
    if let Replaced::KeptAs(other) = replaced {
        keep_as(path, other)?;
    }
    Ok(file.finish(Durability::ContentAndName)?)
}

/// Makes `path` a second name of the file `existing`, in place of whatever has that name. Returns
/// whether it did: file systems without hard links refuse.
///
/// Passes the failpoint `state-link` before the name appears.
pub(crate) fn link(
    existing: &Path,
    path: &Path,
    failpoints: &Failpoints,
) -> Result<bool, TrainError> {
    create_parent(path)?;
    let partial = partial_path(path);
    remove_if_there(&partial)?;
    if fs::hard_link(existing, &partial).is_err() {
        return Ok(false);
    }
    failpoints.hit("state-link");
    publish(&partial, path, Durability::ContentAndName)?;
    // Renaming does nothing if both names already belong to the same file.
    remove_if_there(&partial)?;
    Ok(true)
}

/// Gives the file at `path` the name `other` as well, or instead where the file system has no hard
/// links. Does not wait for the disk: the write that follows does.
fn keep_as(path: &Path, other: &Path) -> Result<(), TrainError> {
    let partial = partial_path(other);
    remove_if_there(&partial)?;
    let source = match fs::hard_link(path, &partial) {
        Ok(()) => &partial,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(_) => path,
    };
    fs::rename(source, other).map_err(FileError::at("rename to", other))?;
    // Renaming does nothing if both names already belong to the same file.
    remove_if_there(&partial)
}

fn create_parent(path: &Path) -> Result<(), TrainError> {
    path.parent().map_or(Ok(()), create)
}

/// Makes a folder unless it is there. The one above must be there: nothing is made in the mount
/// point of a disk that went away.
pub(crate) fn create(folder: &Path) -> Result<(), TrainError> {
    Ok(create_last_folder(folder, Durability::ContentAndName)?)
}

/// Removes a file, if there is one.
pub(crate) fn remove_if_there(path: &Path) -> Result<(), TrainError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(FileError::at("remove", path)(error).into())
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;
    use tempfile::tempdir;

    #[test]
    fn a_write_replaces_the_whole_file_and_an_error_names_the_path() {
        let folder = tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/state.safetensors");
        for text in ["first", "second, longer"] {
            write(&path, text.as_bytes(), &Replaced::Removed, None).expect("writes");
            assert_eq!(fs::read_to_string(&path).expect("reads"), text);
        }
        let names = fs::read_dir(folder.path().join("deep")).expect("lists");
        assert_eq!(names.count(), 1);
        let error = write(&path.join("below a file"), b"x", &Replaced::Removed, None)
            .expect_err("no folder");
        assert!(error.to_string().contains("cannot create"), "{error}");
    }

    #[test]
    fn a_replaced_file_is_kept_under_its_other_name() {
        let folder = tempdir().expect("a temporary folder");
        let [newest, previous] = ["state", "previous"].map(|name| folder.path().join(name));
        let kept = Replaced::KeptAs(previous.clone());
        write(&newest, b"1", &kept, None).expect("writes");
        assert!(!previous.exists());
        fs::write(partial_path(&previous), "left by a killed worker").expect("writes");
        for (text, before) in [("2", "1"), ("3", "2")] {
            write(&newest, text.as_bytes(), &kept, None).expect("writes");
            assert_eq!(fs::read_to_string(&newest).expect("reads"), text);
            assert_eq!(fs::read_to_string(&previous).expect("reads"), before);
        }
        let names = fs::read_dir(folder.path()).expect("lists");
        assert_eq!(names.count(), 2);
    }

    #[test]
    fn a_link_shares_the_file_until_one_of_the_names_is_written_anew() {
        let folder = tempdir().expect("a temporary folder");
        let [checkpoint, state] = ["checkpoint", "states/epoch-1"].map(|n| folder.path().join(n));
        let inode = |path: &Path| fs::metadata(path).expect("exists").ino();
        let failpoints = Failpoints::default();
        write(&checkpoint, b"epoch 1", &Replaced::Removed, None).expect("writes");
        write(&state, b"damaged", &Replaced::Removed, None).expect("writes");
        for _ in 0..2 {
            assert!(link(&checkpoint, &state, &failpoints).expect("links"));
            assert_eq!(inode(&checkpoint), inode(&state));
        }
        let names = fs::read_dir(folder.path().join("states")).expect("lists");
        assert_eq!(names.count(), 1);
        write(&checkpoint, b"epoch 2", &Replaced::Removed, None).expect("writes");
        assert_eq!(fs::read(&state).expect("reads"), b"epoch 1");
    }

    #[test]
    fn a_link_that_cannot_be_made_is_no_error() {
        let folder = tempdir().expect("a temporary folder");
        let [missing, state] = ["missing", "state"].map(|name| folder.path().join(name));
        assert!(!link(&missing, &state, &Failpoints::default()).expect("no error"));
        assert!(!state.exists());
    }
}
