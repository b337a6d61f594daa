//! Scans of image files, kept in the data cache so that unchanged files are not read again.
//!
//! A manifest's first line is the BLAKE3 hash of the JSON behind it. One that does not fit it, or
//! has none, is made anew.

use super::fitted::{FittedStore, fitted_path};
use super::listing::{FileListing, ListedFile};
use super::root_name::root_name;
use super::scan::{FileScan, Scanner, damaged};
use crate::convert::Conversion;
use crate::lock::CacheLock;
use crate::parallel::in_parallel;
use crate::{DataError, Location, LookProgress};
use convsweep_files::{Durability, read_regular, system_remedy};
use convsweep_spec::data::DataSpec;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Raised when a scan finds out something else about a file.
const VERSION: u32 = 3;
/// Largest manifest that is read, in bytes.
const LARGEST_MANIFEST: u64 = 4 << 30;
/// A first look is saved this often, so that an interrupted one goes on where it was.
const SAVED_EVERY: Duration = Duration::from_millis(500);
/// Saving takes at most one part in this many of the time.
const SHARE_OF_SAVING: u32 = 20;

/// The scans of one root folder, by path.
type Scans = HashMap<String, FileScan>;

#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u32,
    root: String,
    files: Scans,
}

/// Scans every file, in order. Files that are known not to have changed since the last scan are not
/// read again. Images that are decoded are brought to the size that `spec` asks for, if it does,
/// and kept for whoever decodes the set.
pub(super) fn scan(
    at: Location,
    listing: &FileListing,
    spec: &DataSpec,
) -> Result<Vec<FileScan>, DataError> {
    let FileListing { root, files, .. } = listing;
    let absolute = std::fs::canonicalize(root).map_err(DataError::io("read folder", root));
    let absolute = absolute.map_err(DataError::of_the_user)?;
    let root_text = absolute.display().to_string();
    let folder = at.cache.join("manifests");
    let name = root_name(&root_text);
    let _lock = CacheLock::acquire(&folder, &name)?;
    let path = folder.join(format!("{name}.json"));
    let previous = load(&path, &root_text);
    let is_new = |file: &&ListedFile| !previous.contains_key(&file.path);
    let store = match spec.resize.is_some() && files.iter().any(|file| is_new(&file)) {
        true => Some(FittedStore::create(&fitted_path(
            at.cache, &absolute, spec,
        ))?),
        false => None,
    };
    let channels = spec.channels.map_or(3, u32::from);
    let scanner = Scanner {
        limits: &at.limits,
        now: SystemTime::now(),
        fitted: store
            .as_ref()
            .map(|store| (Conversion::of(spec, channels), store)),
    };
    let look = Look {
        path,
        root: root_text,
        files,
        found: Mutex::new(LookSoFar {
            scans: vec![None; files.len()],
            done: 0,
            is_kept: false,
            saved: Instant::now(),
            next_save: SAVED_EVERY,
        }),
    };
    let results = in_parallel(files.len(), |i| {
        let file = &files[i];
        let path = file.below(&absolute);
        let scan = scanner.scan(&path, previous.get(&file.path));
        look.add(i, unread_is_damaged(scan, &path)?, &previous, at)
    });
    for result in results {
        result?;
    }
    let found = look
        .found
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let scans: Vec<FileScan> = found.scans.into_iter().flatten().collect();
    if has_changed(&previous, files, &scans) {
        save(&look.path, &look.root, files.iter().zip(&scans))?;
    }
    Ok(scans)
}

/// A file that the system does not let the program read counts as damaged, unless the system itself
/// fails: nothing is then known of the file.
fn unread_is_damaged(
    scan: Result<FileScan, DataError>,
    path: &Path,
) -> Result<FileScan, DataError> {
    match scan {
        Err(DataError::Io(error)) if error.path == path => match system_remedy(&error.source) {
            Some(_) => Err(DataError::Unreadable(error)),
            None => Ok(damaged(&format!("cannot be read: {}", error.source))),
        },
        other => other,
    }
}

/// A look at all files of a set.
struct Look<'a> {
    path: PathBuf,
    root: String,
    files: &'a [ListedFile],
    found: Mutex<LookSoFar>,
}

/// What a look has found so far.
struct LookSoFar {
    scans: Vec<Option<FileScan>>,
    done: usize,
    /// Whether it has been saved since it began.
    is_kept: bool,
    saved: Instant,
    next_save: Duration,
}

impl Look<'_> {
    /// Takes the scan of file `i`, says how far the look is, and saves it from time to time.
    fn add(
        &self,
        i: usize,
        scan: FileScan,
        previous: &Scans,
        at: Location,
    ) -> Result<(), DataError> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.scans[i] = Some(scan);
        found.done += 1;
        if let Some(watch) = at.watch {
            watch(LookProgress {
                done: found.done,
                files: self.files.len(),
                is_kept: found.is_kept,
            });
        }
        if found.saved.elapsed() < found.next_save {
            return Ok(());
        }
        let begun = Instant::now();
        let known = self.files.iter().zip(&found.scans);
        let known = known.filter_map(|(file, scan)| {
            let scan = scan.as_ref().or_else(|| previous.get(&file.path))?;
            Some((file, scan))
        });
        save(&self.path, &self.root, known)?;
        found.is_kept = true;
        found.saved = Instant::now();
        found.next_save = SAVED_EVERY.max(begun.elapsed() * SHARE_OF_SAVING);
        Ok(())
    }
}

/// The kept scans of a root folder; none if the manifest is missing or unusable, since everything
/// in it can be found out again.
fn load(path: &Path, root: &str) -> Scans {
    let Ok(bytes) = read_regular(path, LARGEST_MANIFEST) else {
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

fn save<'a>(
    path: &Path,
    root: &str,
    scans: impl Iterator<Item = (&'a ListedFile, &'a FileScan)>,
) -> Result<(), DataError> {
    let manifest = Manifest {
        version: VERSION,
        root: root.to_string(),
        files: scans
            .map(|(file, scan)| (file.path.clone(), scan.clone()))
            .collect(),
    };
    let text =
        serde_json::to_vec(&manifest).map_err(|e| DataError::Invalid(format!("manifest: {e}")))?;
    let hash = blake3::hash(&text).to_hex();
    let manifest = [hash.as_bytes(), b"\n", &text].concat();
    convsweep_files::write(path, &manifest, Durability::Content)?;
    Ok(())
}
