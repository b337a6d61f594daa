//! Moving the folders of damaged jobs out of the way.

use anyhow::{Context, Result};
use convsweep_files::{Durability, create_folder, sync_content, system_remedy};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Moves a job's folder to the folder of damaged ones, and says where it is now; `None` if the job
/// has none. Nothing is lost: between two disks, the folder is copied before it is removed.
///
/// # Errors
/// If the operating system refuses; the folder is then where it was.
pub fn set_aside(results: &ResultsFolder, job: &JobId) -> Result<Option<PathBuf>> {
    let folder = results.job(job);
    if !folder.try_exists()? {
        return Ok(None);
    }
    let damaged = results.damaged();
    fs::create_dir_all(&damaged).with_context(|| format!("cannot create {}", damaged.display()))?;
    let mut free = (1..).map(|n: u32| damaged.join(format!("{job}-{n}")));
    let target = free
        .find(|target| !target.exists())
        .unwrap_or_else(|| damaged.join(&job.0));
    move_folder(&folder, &target).map_err(|error| refusal(&folder, &target, error))?;
    Ok(Some(target))
}

fn move_folder(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        renamed => return renamed,
    }
    let copied = copy_folder(from, to);
    if copied.is_err() {
        // The original is there; the error tells why the copy is not.
        let _ = fs::remove_dir_all(to);
        return copied;
    }
    fs::remove_dir_all(from)
}

/// Copies files, links and folders to another disk, and waits for it. What holds nothing, such as
/// a pipe in the place of a file, is left out.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    create_folder(to, Durability::ContentAndName).map_err(|error| error.source)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_folder(&path, &copy)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&path)?, &copy)?;
        } else if kind.is_file() {
            fs::copy(&path, &copy)?;
            sync_content(&copy).map_err(|error| error.source)?;
        }
    }
    Ok(())
}

fn refusal(from: &Path, to: &Path, error: io::Error) -> anyhow::Error {
    let remedy = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room there and give the command again".into()
        }
        _ => system_remedy(&error).unwrap_or_else(|| "move it by hand and run again".into()),
    };
    let (from, to) = (from.display(), to.display());
    anyhow::anyhow!("cannot move {from} to {to}: {error}; {remedy}")
}
