//! Checksums of files as their publishers give them.

use crate::DataError;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Checksum of a file of any size, in hexadecimal.
pub(crate) fn checksum_of_file<D: sha2::Digest>(path: &Path) -> Result<String, DataError> {
    let mut file = File::open(path).map_err(DataError::io("read", path))?;
    let mut digest = D::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer);
        match read.map_err(DataError::io("read", path))? {
            0 => return Ok(hexadecimal(&digest.finalize())),
            n => digest.update(&buffer[..n]),
        }
    }
}

/// Checksum of bytes, in hexadecimal.
pub(crate) fn checksum<D: sha2::Digest>(bytes: &[u8]) -> String {
    hexadecimal(&D::digest(bytes))
}

/// Two lower-case digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_test_vector() {
        let expected = "900150983cd24fb0d6963f7d28e17f72";
        assert_eq!(checksum::<md5::Md5>(b"abc"), expected);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(checksum_of_file::<md5::Md5>(&path).unwrap(), expected);
    }
}
