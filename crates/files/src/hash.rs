//! The hash of a file's bytes.

use crate::error::FileError;
use crate::regular::open_regular;
use blake3::Hasher;
use std::io::Read;
use std::path::Path;

/// The BLAKE3 hash of a regular file's bytes, hexadecimal. The file is read in blocks, so that it
/// may be of any size.
///
/// # Errors
/// Those of [`open_regular`], and of reading.
pub fn hash_regular(path: &Path) -> Result<String, FileError> {
    let (file, metadata) = open_regular(path)?;
    let mut hasher = Hasher::new();
    // A file may grow meanwhile.
    let read = hasher.update_reader(file.take(metadata.len()));
    read.map_err(FileError::at("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_hash_of_its_bytes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("model");
        let bytes = vec![7; 300_000];
        std::fs::write(&path, &bytes).expect("writes");
        let expected = blake3::hash(&bytes).to_hex();
        assert_eq!(hash_regular(&path).expect("reads"), expected.as_str());
        let error = hash_regular(folder.path()).expect_err("a folder");
        assert_eq!(error.source.kind(), std::io::ErrorKind::InvalidInput);
    }
}
