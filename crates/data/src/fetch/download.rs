//! Downloads and verifies one file.

use super::http;
use crate::DataError;
use crate::checksum::checksum_of_file;
use crate::published::Download;
use convsweep_files::{Durability, partial_path, publish};
use convsweep_spec::words::thousands;
use std::fs;
use std::path::Path;

/// Downloads a file from the first address that offers it. It is stored next to `path` until it is
/// complete and verified, so that an interrupted download can be continued.
///
/// # Errors
/// `Damaged` if an address gave another file than the published one, and none the right one;
/// `Missing` if no address gave a file.
pub(super) fn download(
    path: &Path,
    download: &Download,
    progress: &mut dyn FnMut(u64),
) -> Result<(), DataError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(DataError::io("make folder", folder))?;
    }
    let partial = partial_path(path);
    let (mut reasons, mut wrong) = (Vec::new(), None);
    for address in &download.addresses {
        if let Err(reason) = http::download(address, &partial, download.bytes, progress)? {
            reasons.push(format!("cannot fetch {address}: {reason}"));
            continue;
        }
        if let Err(error) = verify(&partial, download) {
            // A wrong partial file must not be continued. If it cannot be removed, the next
            // download finds it wrong again.
            let _ = fs::remove_file(&partial);
            wrong = Some(error);
            continue;
        }
        publish(&partial, path, Durability::Content)?;
        return Ok(());
    }
    match wrong {
        Some(DataError::Damaged { path, problem }) => {
            let problem = format!("{problem}; it was removed: fetch again, or by hand");
            Err(DataError::Damaged { path, problem })
        }
        Some(other) => Err(other),
        None => Err(DataError::Missing(reasons.join("\n"))),
    }
}

/// Checks size and checksum of a downloaded file.
pub(super) fn verify(path: &Path, download: &Download) -> Result<(), DataError> {
    let metadata = fs::metadata(path).map_err(DataError::io("read", path))?;
    let found = metadata.len();
    if found != download.bytes {
        let (found, expected) = (thousands(found), thousands(download.bytes));
        return Err(DataError::damaged(
            path,
            format!("{found} bytes found, {expected} expected"),
        ));
    }
    let found = checksum_of_file::<md5::Md5>(path)?;
    if found != download.md5 {
        return Err(DataError::damaged(
            path,
            format!("MD5 {found} found, {} expected", download.md5),
        ));
    }
    Ok(())
}
