//! The folder that those of all jobs are in, and what tells it from another one in its place.

use crate::exit::{Exit, failure};
use anyhow::Result;
use convsweep_files::{Durability, FileError, create_folder, exists};
use convsweep_spec::job::FolderIdentity;
use convsweep_spec::layout::ResultsFolder;

/// Makes the folder if it is missing, and identifies it for workers.
///
/// # Errors
/// If something else is in its place, or the system refuses.
pub fn make_jobs_folder(results: &ResultsFolder) -> Result<FolderIdentity> {
    let jobs = results.jobs();
    let link = jobs.read_link();
    if let Ok(target) = link
        && matches!(exists(&jobs), Ok(false))
    {
        let (jobs, target) = (jobs.display(), target.display());
        let message = format!(
            "{jobs} is a link to {target}, which is not there: bring it back (is its disk \
            mounted?), or remove the link"
        );
        return Err(failure(Exit::Results, message));
    }
    let unusable = |error: FileError| {
        let message = format!("{error}; check its permissions, and what is in its place");
        failure(Exit::Results, message)
    };
    create_folder(&jobs, Durability::Content).map_err(unusable)?;
    let found = jobs.metadata().map_err(FileError::at("look at", &jobs));
    found
        .map(|found| FolderIdentity::of(&found))
        .map_err(unusable)
}
