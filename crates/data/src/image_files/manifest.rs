//! Scans of image files, kept in the data cache so that unchanged files are not read again.
//!
//! A manifest's first line is the BLAKE3 hash of the JSON behind it. One that does not fit it, or
//! has none, is made anew.

use super::listing::ListedFile;
use super::scan::{FileScan, scan_file};
use crate::DataError;
use crate::lock::CacheLock;
use crate::parallel::in_parallel;
use convsweep_files::Durability;
use convsweep_spec::data::ImageLimits;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;

/// Raised when a scan finds out something else about a file.
const VERSION: u32 = 1;

/// The scans of one root folder, by path.
type Scans = HashMap<String, FileScan>;

#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u32,
    root: String,
    files: Scans,
}

/// Scans every file, in order. Files that are known not to have changed since the last scan are not
/// read again.
pub(super) fn scan(
    cache: &Path,
    root: &Path,
    files: &[ListedFile],
    limits: &ImageLimits,
) -> Result<Vec<FileScan>, DataError> {
    let absolute = std::fs::canonicalize(root).map_err(DataError::io("read folder", root))?;
    let root_text = absolute.display().to_string();
    let folder = cache.join("manifests");
    let name = blake3::hash(root_text.as_bytes()).to_hex()[..16].to_string();
    let _lock = CacheLock::acquire(&folder, &name)?;
    let path = folder.join(format!("{name}.json"));
    let previous = load(&path, &root_text);
    let now = SystemTime::now();
    let results = in_parallel(files.len(), |i| {
        let file = &files[i].path;
        scan_file(&absolute.join(file), previous.get(file), limits, now)
    });
    let mut scans = Vec::with_capacity(results.len());
    for result in results {
        scans.push(result?);
    }
    if has_changed(&previous, files, &scans) {
        save(&path, root_text, files, &scans)?;
    }
    Ok(scans)
}

/// The kept scans of a root folder; none if the manifest is missing or unusable, since everything
/// in it can be found out again.
fn load(path: &Path, root: &str) -> Scans {
    let Ok(bytes) = std::fs::read(path) else {
        return HashMap::new();
    };
    let Some(text) = checked(&bytes) else {
        return HashMap::new();
    };
    match serde_json::from_slice::<Manifest>(text) {
        Ok(manifest) if manifest.version == VERSION && manifest.root == root => manifest.files,
        _ => HashMap::new(),
    }
}

/// The JSON of a manifest, if it is as it was written.
fn checked(manifest: &[u8]) -> Option<&[u8]> {
    let (hash, text) = manifest.split_at_checked(2 * blake3::OUT_LEN)?;
    let text = text.strip_prefix(b"\n")?;
    (blake3::hash(text).to_hex().as_bytes() == hash).then_some(text)
}

fn has_changed(previous: &Scans, files: &[ListedFile], scans: &[FileScan]) -> bool {
    let is_known = |(file, scan): (&ListedFile, &FileScan)| previous.get(&file.path) == Some(scan);
    files.len() != previous.len() || !files.iter().zip(scans).all(is_known)
}

fn save(
    path: &Path,
    root: String,
    files: &[ListedFile],
    scans: &[FileScan],
) -> Result<(), DataError> {
    let paths = files.iter().map(|file| file.path.clone());
    let manifest = Manifest {
        version: VERSION,
        root,
        files: paths.zip(scans.iter().cloned()).collect(),
    };
    let text =
        serde_json::to_vec(&manifest).map_err(|e| DataError::Invalid(format!("manifest: {e}")))?;
    let hash = blake3::hash(&text).to_hex();
    let manifest = [hash.as_bytes(), b"\n", &text].concat();
    convsweep_files::write(path, &manifest, Durability::Content)?;
    Ok(())
}
