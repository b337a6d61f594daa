//! A file that is being written.

use crate::publish::{partial_path, rename};
use crate::{Durability, FileError};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
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

/// As [`write()`], for a file that several programs may write at the same time, since the user names
/// it: the last one's content stays.
///
/// # Errors
/// As [`write()`].
pub fn write_shared(path: &Path, bytes: &[u8], durability: Durability) -> Result<(), FileError> {
    let mut file = NewFile::create_shared(path)?;
    file.write_bytes(bytes)?;
    file.finish(durability)
}

/// Whether a file could be written at `path` now. Nothing stays behind.
///
/// # Errors
/// Why none can.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Err(FileError::at("write", path)(ErrorKind::IsADirectory.into()));
    }
    NewFile::create_shared(path).map(drop)
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

    /// Begins the file that will be at `path` under a name that no other program has.
    fn create_shared(path: &Path) -> Result<NewFile, FileError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let process = std::process::id();
        let mut number = 0u32;
        let (file, partial) = loop {
            let partial = folder.join(format!(".convsweep-{process}-{number}.part"));
            match File::create_new(&partial) {
                Ok(file) => break (file, partial),
                // Another thread has it, or another machine on a shared disk.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(FileError::at("write", path)(error)),
            }
        };
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
    use std::os::unix::fs::PermissionsExt;

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
    fn several_may_write_a_file_at_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("net.onnx");
        let mut slow = NewFile::create_shared(&path).expect("creates");
        slow.write_bytes(b"the last").expect("writes");
        write_shared(&path, b"the first", Durability::Content).expect("writes");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "the first");
        slow.finish(Durability::Content).expect("writes");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "the last");
        assert_eq!(names(folder.path()), ["net.onnx"]);
        // Others may read it as they may read the files that any program makes.
        fs::write(folder.path().join("usual"), "").expect("writes");
        let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode();
        assert_eq!(mode(&path), mode(&folder.path().join("usual")));
    }

    #[test]
    fn what_can_be_written_is_known_before() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        check_writable(&folder.path().join("a.png")).expect("can be written");
        assert_eq!(names(folder.path()), Vec::<String>::new());
        let missing = folder.path().join("missing/a.png");
        let error = check_writable(&missing).expect_err("no folder").to_string();
        let expected = format!(
            "cannot write {}: No such file or directory (os error 2)",
            missing.display()
        );
        assert_eq!(error, expected);
        let error = check_writable(folder.path()).expect_err("a folder");
        assert_eq!(error.source.kind(), ErrorKind::IsADirectory);
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
