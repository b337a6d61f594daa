//! What is known of image files, kept in the data cache so that unchanged files are not read again.

use super::{Candidate, photo};
use crate::DataError;
use crate::files::{self, Lock, in_parallel};
use convsweep_files::Durability;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Raised when what is found out about a file changes.
const VERSION: u32 = 1;

/// What a look at a file found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scanned {
    /// Bytes.
    pub(crate) bytes: u64,
    /// Last change, nanoseconds since 1970.
    pub(crate) modified: u64,
    /// Hash of the content.
    pub(crate) content: String,
    /// Height in pixels, as the image is meant to be seen.
    pub(crate) height: u32,
    /// Width in pixels.
    pub(crate) width: u32,
    /// Whether it has no colour channels.
    pub(crate) grey: bool,
    /// Why it cannot be decoded, if it cannot.
    pub(crate) damage: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u32,
    root: String,
    files: HashMap<String, Scanned>,
}

/// Looks at every file, in order; files whose size and time have not changed since the last look
/// are taken as they were.
pub(crate) fn scan(
    cache: &Path,
    root: &Path,
    candidates: &[Candidate],
) -> Result<Vec<Scanned>, DataError> {
    let absolute = std::fs::canonicalize(root).map_err(DataError::io("read folder", root))?;
    let root_text = absolute.display().to_string();
    let folder = cache.join("manifests");
    let name = blake3::hash(root_text.as_bytes()).to_hex()[..16].to_string();
    let _lock = Lock::acquire(&folder, &name)?;
    let path = folder.join(format!("{name}.json"));
    let known = load(&path, &root_text);
    let looks = in_parallel(candidates.len(), |i| {
        let file = &candidates[i].path;
        look(&absolute.join(file), known.get(file))
    });
    let mut scanned = Vec::with_capacity(looks.len());
    for look in looks {
        scanned.push(look?);
    }
    let unchanged = candidates.len() == known.len()
        && candidates
            .iter()
            .zip(&scanned)
            .all(|(c, s)| known.get(&c.path) == Some(s));
    if !unchanged {
        let files = candidates
            .iter()
            .map(|c| c.path.clone())
            .zip(scanned.iter().cloned())
            .collect();
        let manifest = Manifest {
            version: VERSION,
            root: root_text,
            files,
        };
        let text = serde_json::to_vec(&manifest)
            .map_err(|e| DataError::Invalid(format!("manifest: {e}")))?;
        convsweep_files::write(&path, &text, Durability::Content)?;
    }
    Ok(scanned)
}

/// Hash of a file's content.
pub(crate) fn content_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_string()
}

/// The kept manifest; empty where there is none that can be used, since everything in it can be
/// found out again.
fn load(path: &Path, root: &str) -> HashMap<String, Scanned> {
    let manifest = std::fs::read(path)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Manifest>(&bytes).ok());
    match manifest {
        Some(manifest) if manifest.version == VERSION && manifest.root == root => manifest.files,
        _ => HashMap::new(),
    }
}

fn look(path: &Path, known: Option<&Scanned>) -> Result<Scanned, DataError> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(absent()),
        Err(e) => return Err(DataError::io("read", path)(e)),
    };
    let modified = metadata
        .modified()
        .ok()
        .and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    let modified = modified.map_or(0, |t| t.as_nanos() as u64);
    if let Some(known) = known
        && known.bytes == metadata.len()
        && known.modified == modified
    {
        return Ok(known.clone());
    }
    let content = files::read(path)?;
    let mut scanned = Scanned {
        content: content_hash(&content),
        bytes: metadata.len(),
        modified,
        ..absent()
    };
    match photo::decode(&content) {
        Ok(image) => {
            scanned.damage = None;
            (scanned.height, scanned.width) = (image.height(), image.width());
            scanned.grey = !image.color().has_color();
        }
        Err(problem) => scanned.damage = Some(problem),
    }
    Ok(scanned)
}

/// What a file that is not there looks like (a table can name one).
fn absent() -> Scanned {
    let damage = Some("is not there".to_string());
    Scanned {
        bytes: 0,
        modified: 0,
        content: String::new(),
        height: 0,
        width: 0,
        grey: true,
        damage,
    }
}
