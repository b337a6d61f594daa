//! Files that are either whole or not there: written beside, synced, renamed.

use crate::TrainError;
use crate::failpoint::Failpoints;
use convsweep_files::{Durability, NewFile};
use std::fs;
use std::path::Path;

/// Writes `bytes` as `path`; what was there before stays until the new file is safe. The failpoint
/// `torn`, if named, is in the middle of the write.
pub(crate) fn write(
    path: &Path,
    bytes: &[u8],
    torn: Option<(&Failpoints, &str)>,
) -> Result<(), TrainError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(TrainError::io("create", folder))?;
    let mut file = NewFile::create(path)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    file.write_bytes(first)?;
    if let Some((failpoints, name)) = torn {
        failpoints.hit(name);
    }
    file.write_bytes(second)?;
    Ok(file.finish(Durability::ContentAndName)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_files_and_names_what_fails() {
        let folder = std::env::temp_dir().join(format!("convsweep-files-{}", std::process::id()));
        let path = folder.join("deep/state.safetensors");
        for text in ["first", "second, longer"] {
            write(&path, text.as_bytes(), None).expect("writes");
            assert_eq!(fs::read_to_string(&path).expect("reads"), text);
        }
        assert_eq!(fs::read_dir(folder.join("deep")).expect("lists").count(), 1);
        let error = write(&path.join("below a file"), b"x", None).expect_err("no folder");
        assert!(error.to_string().contains("cannot create"), "{error}");
        fs::remove_dir_all(folder).expect("removes");
    }
}
