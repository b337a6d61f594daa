//! Files of a job's folder: each is either complete or absent.

use crate::error::TrainError;
use crate::failpoint::Failpoints;
use convsweep_files::{Durability, FileError, NewFile, partial_path, publish};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Writes `bytes` as `path`; the file that was there before stays until the new one is safe. Passes
/// the failpoint of this name, if one is given, in the middle of the write.
pub(crate) fn write(
    path: &Path,
    bytes: &[u8],
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

fn create_parent(path: &Path) -> Result<(), TrainError> {
    match path.parent() {
        Some(folder) => Ok(fs::create_dir_all(folder).map_err(FileError::at("create", folder))?),
        None => Ok(()),
    }
}

fn remove_if_there(path: &Path) -> Result<(), TrainError> {
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
            write(&path, text.as_bytes(), None).expect("writes");
            assert_eq!(fs::read_to_string(&path).expect("reads"), text);
        }
        let names = fs::read_dir(folder.path().join("deep")).expect("lists");
        assert_eq!(names.count(), 1);
        let error = write(&path.join("below a file"), b"x", None).expect_err("no folder");
        assert!(error.to_string().contains("cannot create"), "{error}");
    }

    #[test]
    fn a_link_shares_the_file_until_one_of_the_names_is_written_anew() {
        let folder = tempdir().expect("a temporary folder");
        let [checkpoint, state] = ["checkpoint", "states/epoch-1"].map(|n| folder.path().join(n));
        let inode = |path: &Path| fs::metadata(path).expect("exists").ino();
        let failpoints = Failpoints::default();
        write(&checkpoint, b"epoch 1", None).expect("writes");
        write(&state, b"damaged", None).expect("writes");
        for _ in 0..2 {
            assert!(link(&checkpoint, &state, &failpoints).expect("links"));
            assert_eq!(inode(&checkpoint), inode(&state));
        }
        let names = fs::read_dir(folder.path().join("states")).expect("lists");
        assert_eq!(names.count(), 1);
        write(&checkpoint, b"epoch 2", None).expect("writes");
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
