//! Images that were brought to their size when their set was first looked at, so that decoding the
//! set does not decode them again.
//!
//! A file of records, each with the content hash of an image file, the number of bytes of its
//! pixels, their CRC-32, and the pixels: one plane of an image without colours, or three. It is
//! only a cache. An interrupted look leaves what it has seen; a record that is cut or damaged ends
//! the file.

use super::root_name::root_name;
use crate::DataError;
use crate::convert::background;
use crate::identity::identity;
use convsweep_spec::data::DataSpec;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of a content hash in hexadecimal.
const HASH: usize = 32;
/// Bytes before the pixels of a record.
const HEAD: usize = HASH + 4 + 4;

/// A file of fitted images.
pub(super) struct FittedStore {
    path: PathBuf,
    kept: Mutex<Kept>,
}

struct Kept {
    file: File,
    /// Where the pixels of an image begin, how many bytes they have, and their CRC-32.
    places: HashMap<String, (u64, usize, u32)>,
    end: u64,
}

/// Where the fitted images of the set in a root folder are kept, as `spec` asks for them.
pub(super) fn fitted_path(cache: &Path, root: &Path, spec: &DataSpec) -> PathBuf {
    let channels = spec.channels.unwrap_or(3);
    let look = (&spec.resize, channels, spec.luma, background(spec));
    let (root, look) = (root_name(&root.display().to_string()), identity(&look));
    let name = format!("{root}-{}.fitted", &look[..16]);
    cache.join("decoded").join(name)
}

impl FittedStore {
    /// Opens the file to add to it, and makes it if there is none.
    pub(super) fn create(path: &Path) -> Result<FittedStore, DataError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(DataError::io("make folder", folder))?;
        }
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(DataError::io("write", path))?;
        let store = FittedStore::of(file, path)?;
        let kept = store.kept();
        let cut = kept.file.set_len(kept.end);
        cut.map_err(DataError::io("write", path))?;
        drop(kept);
        Ok(store)
    }

    /// Opens the file to read from it; `None` if there is none.
    pub(super) fn open(path: &Path) -> Result<Option<FittedStore>, DataError> {
        match File::open(path) {
            Ok(file) => FittedStore::of(file, path).map(Some),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(DataError::io("read", path)(e)),
        }
    }

    fn of(file: File, path: &Path) -> Result<FittedStore, DataError> {
        let length = file.metadata().map_err(DataError::io("read", path))?.len();
        let (mut places, mut end) = (HashMap::new(), 0u64);
        let mut head = [0; HEAD];
        while end + HEAD as u64 <= length {
            let read = file.read_exact_at(&mut head, end);
            read.map_err(DataError::io("read", path))?;
            let number = |at: usize| {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(&head[at..at + 4]);
                u32::from_le_bytes(bytes)
            };
            let (pixels, checksum) = (number(HASH) as usize, number(HASH + 4));
            let start = end + HEAD as u64;
            let Ok(content) = std::str::from_utf8(&head[..HASH]) else {
                break;
            };
            if start + pixels as u64 > length || pixels == 0 {
                break;
            }
            places.insert(content.to_string(), (start, pixels, checksum));
            end = start + pixels as u64;
        }
        Ok(FittedStore {
            path: path.to_owned(),
            kept: Mutex::new(Kept { file, places, end }),
        })
    }

    /// Adds the pixels of an image whose file has this content hash.
    pub(super) fn keep(&self, content: &str, pixels: &[u8]) -> Result<(), DataError> {
        let checksum = crc32fast::hash(pixels);
        let mut record = Vec::with_capacity(HEAD + pixels.len());
        record.extend(content.as_bytes());
        record.extend((pixels.len() as u32).to_le_bytes());
        record.extend(checksum.to_le_bytes());
        record.extend(pixels);
        let mut kept = self.kept();
        if kept.places.contains_key(content) {
            return Ok(());
        }
        let written = kept.file.write_all_at(&record, kept.end);
        written.map_err(DataError::io("write", &self.path))?;
        let place = (kept.end + HEAD as u64, pixels.len(), checksum);
        kept.places.insert(content.to_string(), place);
        kept.end += record.len() as u64;
        Ok(())
    }

    /// The pixels of an image whose file has this content hash, if they are there and sound.
    pub(super) fn pixels(&self, content: &str) -> Option<Vec<u8>> {
        let kept = self.kept();
        let (start, length, checksum) = *kept.places.get(content)?;
        let mut pixels = vec![0; length];
        kept.file.read_exact_at(&mut pixels, start).ok()?;
        (crc32fast::hash(&pixels) == checksum).then_some(pixels)
    }

    /// Removes the file, if it is still there: everything in it is in a decoded set now.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_or_damaged_record_is_not_believed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.fitted");
        let (one, two) = ("1".repeat(HASH), "2".repeat(HASH));
        let store = FittedStore::create(&path).expect("makes");
        store.keep(&one, &[7; 30]).expect("writes");
        store.keep(&two, &[8; 10]).expect("writes");
        let whole = fs::read(&path).expect("reads");
        let found = |bytes: &[u8]| {
            fs::write(&path, bytes).expect("writes");
            let store = FittedStore::open(&path).expect("opens").expect("is there");
            [store.pixels(&one), store.pixels(&two)].map(|p| p.map(|p| p.len()))
        };
        assert_eq!(found(&whole), [Some(30), Some(10)]);
        assert_eq!(found(&whole[..whole.len() - 1]), [Some(30), None]);
        let mut damaged = whole.clone();
        damaged[HEAD + 3] = 0;
        assert_eq!(found(&damaged), [None, Some(10)]);
        fs::write(&path, &whole[..whole.len() - 1]).expect("writes");
        let store = FittedStore::create(&path).expect("opens");
        store.keep(&two, &[8; 10]).expect("writes");
        assert_eq!(
            fs::read(&path).expect("reads"),
            whole,
            "cut and written again"
        );
    }
}
