//! Giving a partial file its name.

use crate::{Durability, FileError};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Path of the partial file that is written before `path`: `path` with `.part` appended.
pub fn partial_path(path: &Path) -> PathBuf {
    beside(path, ".part")
}

/// The path with `suffix` appended to its file name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// Renames a finished partial file to `path`, replacing what was there.
///
/// For files that other code has written: downloads, databases. [`NewFile`](crate::NewFile) serves
/// all others.
///
/// # Errors
/// If the operating system refuses; the partial file stays.
pub fn publish(partial: &Path, path: &Path, durability: Durability) -> Result<(), FileError> {
    if durability != Durability::SystemCache {
        sync_content(partial)?;
    }
    rename(partial, path, durability)
}

/// Waits until the content of a file is on the disk.
///
/// # Errors
/// If the operating system refuses.
pub fn sync_content(path: &Path) -> Result<(), FileError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(FileError::at("sync", path))
}

/// Renames a partial file whose content is on the disk as far as `durability` asks for it.
pub(crate) fn rename(partial: &Path, path: &Path, durability: Durability) -> Result<(), FileError> {
    fs::rename(partial, path).map_err(FileError::at("rename to", path))?;
    if durability == Durability::ContentAndName {
        sync_name(path)?;
    }
    Ok(())
}

/// Makes a folder and those above it that are missing. Unless `durability` is
/// [`Durability::SystemCache`], it waits until the names of the new ones are on the disk.
///
/// # Errors
/// If the operating system refuses.
pub fn create_folder(path: &Path, durability: Durability) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        create_folder(parent, durability)?;
    }
    create_last_folder(path, durability)
}

/// Makes a folder unless it is there, in one that is there; otherwise as [`create_folder`].
///
/// # Errors
/// If the folder above is missing, or the operating system refuses.
pub fn create_last_folder(path: &Path, durability: Durability) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    match fs::create_dir(path) {
        // Another process was faster.
        Err(_) if path.is_dir() => {}
        made => made.map_err(FileError::at("create", path))?,
    }
    if durability != Durability::SystemCache {
        sync_name(path)?;
    }
    Ok(())
}

/// Waits until the name of a file or folder is on the disk, by syncing the folder that it is in.
///
/// # Errors
/// If the operating system refuses.
pub fn sync_name(path: &Path) -> Result<(), FileError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(FileError::at("sync", parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_files_lie_beside_their_targets() {
        let check = |path: &str, expected: &str| {
            assert_eq!(partial_path(Path::new(path)), Path::new(expected));
        };
        check("a/b.tar.gz", "a/b.tar.gz.part");
        check("b", "b.part");
    }

    #[test]
    fn missing_folders_are_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a/b/c");
        for durability in [Durability::SystemCache, Durability::ContentAndName] {
            create_folder(&path, durability).expect("makes");
            create_folder(&path, durability).expect("is there");
            assert!(path.is_dir());
            fs::remove_dir_all(folder.path().join("a")).expect("removes");
        }
        let file = folder.path().join("file");
        fs::write(&file, "").expect("writes");
        let below = file.join("d");
        let error = create_folder(&below, Durability::Content).expect_err("a file is in the way");
        assert_eq!((error.action, error.path), ("create", file));
    }

    #[test]
    fn a_published_file_replaces_the_old_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("database");
        for durability in [
            Durability::SystemCache,
            Durability::Content,
            Durability::ContentAndName,
        ] {
            let partial = partial_path(&path);
            fs::write(&partial, format!("{durability:?}")).expect("writes");
            publish(&partial, &path, durability).expect("renames");
            let content = fs::read_to_string(&path).expect("reads");
            assert_eq!(content, format!("{durability:?}"));
            assert!(!partial.exists());
        }
        let error = publish(&folder.path().join("none"), &path, Durability::Content)
            .expect_err("nothing to publish");
        assert_eq!((error.action, path.exists()), ("sync", true));
    }
}
