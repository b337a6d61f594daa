//! The space that is left on a disk.

use crate::FileError;
use std::path::Path;

/// Bytes that this user may still write to the file system that `folder` is in.
///
/// # Errors
/// What the system reports.
pub fn free_space(folder: &Path) -> Result<u64, FileError> {
    let found = rustix::fs::statvfs(folder);
    let found =
        found.map_err(|error| FileError::at("look at the free space of", folder)(error.into()))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_space_where_a_file_can_be_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(free_space(folder.path()).expect("looks") > 0);
        let missing = folder.path().join("missing");
        let error = free_space(&missing).expect_err("there is no such folder");
        assert!(error.to_string().contains("missing"), "{error}");
    }
}
