//! Reading regular files, and nothing else, within a limit.

use crate::error::FileError;
use rustix::fs::OFlags;
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Reads a regular file of at most `most` bytes.
///
/// Folders, pipes, sockets and devices are refused without being opened, and a file that is too
/// large without being read: what is named by mistake cannot block the program or fill its memory.
///
/// # Errors
/// Those of the system; `InvalidInput` for what is no regular file, and `FileTooLarge`.
pub fn read_regular(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    read_within(path, most).map_err(FileError::at("read", path))
}

/// Opens a regular file for reading, and says what is known of it.
///
/// # Errors
/// Those of the system; `InvalidInput` for what is no regular file.
pub fn open_regular(path: &Path) -> Result<(File, Metadata), FileError> {
    open_checked(path).map_err(FileError::at("open", path))
}

/// Whether something is in this place. Where a link leads nowhere, or a file is in the place of one of
/// its folders, nothing is.
///
/// # Errors
/// What the system reports where it does not let the program look, as without permission or where a
/// disk fails: nothing is then known.
pub fn exists(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The first of `name-1`, `name-2` and so on in `folder` that nothing has, not even a link that leads
/// nowhere.
pub fn numbered_path(folder: &Path, name: &str) -> PathBuf {
    let mut number = 1;
    loop {
        let path = folder.join(format!("{name}-{number}"));
        if fs::symlink_metadata(&path).is_err() {
            return path;
        }
        number += 1;
    }
}

/// Whether an error says that nothing is in a place, and not that the system does not let the
/// program look.
pub fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// Why something of this type is not read; `None` for a regular file.
pub fn not_regular(file_type: FileType) -> Option<&'static str> {
    if file_type.is_file() {
        None
    } else if file_type.is_dir() {
        Some("is a folder, not a file")
    } else if file_type.is_fifo() {
        Some("is a named pipe, not a file")
    } else if file_type.is_socket() {
        Some("is a socket, not a file")
    } else if file_type.is_char_device() || file_type.is_block_device() {
        Some("is a device, not a file")
    } else {
        Some("is not a regular file")
    }
}

fn read_within(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, metadata) = open_checked(path)?;
    if metadata.len() > most {
        return Err(too_large(metadata.len(), most));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // A file may grow meanwhile, and those of /proc do not say how large they are.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large(bytes.len() as u64, most));
    }
    Ok(bytes)
}

/// Looks before it opens, and again at what it has opened, since another process may exchange it.
/// Without blocking, a pipe that comes in between does not hold the program up.
fn open_checked(path: &Path) -> io::Result<(File, Metadata)> {
    refuse_other_types(&fs::metadata(path)?)?;
    let file = File::options()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits() as i32)
        .open(path)?;
    let metadata = file.metadata()?;
    refuse_other_types(&metadata)?;
    Ok((file, metadata))
}

fn refuse_other_types(metadata: &Metadata) -> io::Result<()> {
    match not_regular(metadata.file_type()) {
        Some(why) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("it {why}"),
        )),
        None => Ok(()),
    }
}

fn too_large(found: u64, most: u64) -> io::Error {
    let message = format!("it has {found} bytes, at most {most} are read");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    /// What is said of the thing that `make` puts at the path it is given.
    fn problem(make: impl FnOnce(&Path)) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.png");
        make(&path);
        read_regular(&path, 100).expect_err("refused").to_string()
    }

    #[test]
    fn what_is_no_file_is_refused_by_name() {
        let check = |make: &dyn Fn(&Path), expect: &str| {
            let problem = problem(make);
            assert!(
                problem.contains("x.png") && problem.contains(expect),
                "{problem}"
            );
        };
        check(
            &|path| fs::create_dir(path).expect("makes"),
            "it is a folder",
        );
        check(
            &|path| symlink("/dev/zero", path).expect("links"),
            "it is a device",
        );
        check(
            &|path| drop(UnixListener::bind(path).expect("binds")),
            "it is a socket",
        );
        check(
            &|path| symlink("nowhere", path).expect("links"),
            "No such file",
        );
        check(
            &|path| symlink(path, path).expect("links"),
            "symbolic links",
        );
        let pipe = |path: &Path| {
            let made = std::process::Command::new("mkfifo").arg(path).status();
            assert!(made.expect("mkfifo runs").success());
        };
        check(&pipe, "it is a named pipe");
    }

    #[test]
    fn large_files_are_not_read() {
        let problem = problem(|path| {
            let file = File::create(path).expect("creates");
            file.set_len(20 << 30).expect("a sparse file");
        });
        assert!(
            problem.contains("it has 21474836480 bytes, at most 100"),
            "{problem}"
        );
        // A file that does not say how large it is.
        let error = read_regular(Path::new("/proc/self/maps"), 10).expect_err("too large");
        assert_eq!(error.source.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_taken_for_absent() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("file"), "12345").expect("writes");
        symlink("nowhere", path("broken")).expect("links");
        symlink("loop", path("loop")).expect("links");
        assert!(exists(&path("file")).expect("looks") && exists(folder.path()).expect("looks"));
        for absent in ["none", "none/below", "file/below", "broken"] {
            assert!(!exists(&path(absent)).expect("looks"), "{absent}");
        }
        exists(&path("loop")).expect_err("not known");
        exists(&path(&"x".repeat(300))).expect_err("no name of a file");
    }

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("text");
        fs::write(&path, "12345").expect("writes");
        assert_eq!(read_regular(&path, 5).expect("reads"), b"12345");
        assert!(read_regular(&path, 4).is_err());
        let (_, metadata) = open_regular(&path).expect("opens");
        assert_eq!(metadata.len(), 5);
    }
}
