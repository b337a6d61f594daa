//! A file that is being written.

use crate::publish::{partial_path, rename};
use crate::{Durability, FileError};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `bytes` as the content of `path`: whoever reads it sees the old content or all of the new
/// one. The folder must exist.
///
/// # Errors
/// If the operating system refuses; `path` is then unchanged.
pub fn write(path: &Path, bytes: &[u8], durability: Durability) -> Result<(), FileError> {
    let mut file = NewFile::create(path)?;
    file.write_bytes(bytes)?;
    file.finish(durability)
}

/// A file that is being written next to its target and appears there when it is finished. If it is
/// dropped before, it is removed.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    path: PathBuf,
    partial: PathBuf,
    is_finished: bool,
}

impl NewFile {
    /// Begins the file that will be at `path`; an older partial file is overwritten.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn create(path: &Path) -> Result<NewFile, FileError> {
        let partial = partial_path(path);
        let file = File::create(&partial).map_err(FileError::at("create", &partial))?;
        Ok(NewFile {
            file,
            path: path.to_owned(),
            partial,
            is_finished: false,
        })
    }

    /// Path of the partial file that holds the content until the file is finished.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Appends bytes, like [`Write::write_all`], with an error that names the file.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.file
            .write_all(bytes)
            .map_err(FileError::at("write", &self.partial))
    }

    /// Gives the file its name, after waiting for the disk as `durability` says.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn finish(mut self, durability: Durability) -> Result<(), FileError> {
        if durability != Durability::SystemCache {
            self.file
                .sync_all()
                .map_err(FileError::at("sync", &self.partial))?;
        }
        rename(&self.partial, &self.path, durability)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl io::Seek for NewFile {
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_finished {
            // Nothing refers to the partial file; if it cannot be removed, the next write
            // overwrites it.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).expect("lists") {
            let name = entry.expect("an entry").file_name();
            names.push(name.to_string_lossy().into_owned());
        }
        names.sort();
        names
    }

    #[test]
    fn whole_files_replace_each_other_and_nothing_else_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.safetensors");
        for (text, durability) in [
            ("first", Durability::SystemCache),
            ("second, longer", Durability::Content),
            ("third", Durability::ContentAndName),
        ] {
            write(&path, text.as_bytes(), durability).expect("writes");
            assert_eq!(fs::read_to_string(&path).expect("reads"), text);
        }
        assert_eq!(names(folder.path()), ["state.safetensors"]);
    }

    #[test]
    fn an_unfinished_file_leaves_the_old_content() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log");
        fs::write(&path, "old").expect("writes");
        let mut file = NewFile::create(&path).expect("creates");
        file.write_bytes(b"half of the new").expect("writes");
        assert_eq!(names(folder.path()), ["log", "log.part"]);
        drop(file);
        assert_eq!(names(folder.path()), ["log"]);
        assert_eq!(fs::read_to_string(&path).expect("reads"), "old");
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("missing/file");
        let error = write(&path, b"x", Durability::Content).expect_err("no folder");
        let expected = format!("cannot create {}.part: ", path.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
        let taken = folder.path().join("taken");
        fs::create_dir_all(taken.join("below")).expect("makes folders");
        let error = write(&taken, b"x", Durability::Content).expect_err("a folder is in the way");
        assert_eq!(error.action, "rename to");
        assert_eq!(names(folder.path()), ["taken"]);
    }
}
