//! Moving the folders of damaged jobs out of the way.

use crate::exit::{Code, Exit};
use anyhow::{Context, Result, anyhow};
use convsweep_files::{
    Durability, FileError, create_folder, numbered_path, partial_path, sync_content, sync_name,
    system_remedy_or,
};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Moves a job's folder, or what is in its place, to the folder of damaged ones, and says where it
/// is now; `None` if the job has none. Nothing is lost: between two disks, the folder is copied
/// before it is removed.
///
/// # Errors
/// If the operating system refuses; the message says where the folder is then.
pub fn set_aside(results: &ResultsFolder, job: &JobId) -> Result<Option<PathBuf>> {
    let folder = results.job(job);
    match fs::symlink_metadata(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(FileError::at("look at", &folder)(error)).code(Exit::Results),
    }
    let damaged = results.damaged();
    fs::create_dir_all(&damaged).with_context(|| format!("cannot create {}", damaged.display()))?;
    let target = numbered_path(&damaged, &job.0);
    move_folder(&folder, &target)?;
    Ok(Some(target))
}

fn move_folder(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        renamed => return renamed.map_err(|error| refusal(from, to, &error)),
    }
    // Under another name until it is whole, in case this program is killed.
    let part = partial_path(to);
    if let Err(error) = remove(&part).and_then(|()| copy_whole(from, &part, to)) {
        // The original is there; the error tells why the copy is not.
        let _ = remove(&part);
        return Err(refusal(from, to, &error));
    }
    remove(from).map_err(|error| {
        let (from, to) = (from.display(), to.display());
        anyhow!("{from} was copied to {to}, but cannot be removed: {error}; remove it by hand")
    })
}

/// Copies a folder to `part`, and gives it its name once it is on the disk.
fn copy_whole(from: &Path, part: &Path, to: &Path) -> io::Result<()> {
    copy(from, part)?;
    fs::rename(part, to)?;
    sync_name(to).map_err(|error| error.source)
}

/// Copies a file, a link, or a folder with all that it holds to another disk, and waits for it. What
/// holds nothing, such as a pipe in the place of a file, is left out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_dir() {
        create_folder(to, Durability::ContentAndName).map_err(|error| error.source)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else if kind.is_symlink() {
        symlink(fs::read_link(from)?, to)?;
    } else if kind.is_file() {
        fs::copy(from, to)?;
        sync_content(to).map_err(|error| error.source)?;
    }
    Ok(())
}

/// Removes a file, a link, or a folder with all that it holds, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn refusal(from: &Path, to: &Path, error: &io::Error) -> anyhow::Error {
    let remedy = system_remedy_or(error, |kind| match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room there and give the command again"
        }
        _ => "move it by hand and run again",
    });
    let (from, to) = (from.display(), to.display());
    anyhow!("cannot move {from} to {to}: {error}; {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    /// A results folder whose damaged jobs are kept in `other`.
    fn results(folder: &Path, other: &Path) -> ResultsFolder {
        let results = ResultsFolder(folder.to_owned());
        fs::create_dir_all(results.jobs()).expect("makes");
        symlink(other, results.damaged()).expect("links");
        results
    }

    #[test]
    fn whatever_is_in_the_place_of_a_folder_is_moved_also_to_another_disk() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
            return eprintln!("skipped: there is no other disk");
        };
        let device = |path: &Path| fs::metadata(path).expect("is there").dev();
        if device(folder.path()) == device(other.path()) {
            return eprintln!("skipped: both folders are on one disk");
        }
        let results = results(folder.path(), other.path());
        let job = JobId("a".into());
        assert_eq!(set_aside(&results, &job).expect("looks"), None);
        let at = results.job(&job);
        let makes: [&dyn Fn(); 3] = [
            &|| fs::create_dir_all(at.join("states")).expect("makes"),
            &|| fs::write(&at, "a file").expect("writes"),
            &|| symlink("nowhere", &at).expect("links"),
        ];
        for (i, make) in makes.iter().enumerate() {
            // Left by a program that was killed.
            let target = results.damaged().join(format!("a-{}", i + 1));
            fs::create_dir_all(partial_path(&target).join("half")).expect("makes");
            make();
            let found = set_aside(&results, &job).expect("moves");
            assert_eq!(found, Some(target.clone()));
            assert!(fs::symlink_metadata(&target).is_ok() && fs::symlink_metadata(&at).is_err());
            assert!(!target.join("half").exists() && !partial_path(&target).exists());
        }
        assert!(results.damaged().join("a-1/states").is_dir());
        assert_eq!(fs::read(results.damaged().join("a-2")).unwrap(), b"a file");
    }
}
