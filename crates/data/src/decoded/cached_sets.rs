//! Which decoded sets and features the cache holds, and who uses them.

use super::dataset::decoded_name;
use super::format::{HEADER, described};
use crate::DataError;
use crate::cache_file::{UnusedFile, cache_files};
use convsweep_spec::data::DataSpec;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A decoded set or features of frozen layers, and who uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedSet {
    /// The file.
    pub file: UnusedFile,
    /// Whether a process has it open.
    pub is_open: bool,
    /// The names of those who use it, each once; none for features, which belong to every job whose
    /// frozen layers make them.
    pub users: Vec<String>,
}

/// All decoded sets and features of a cache. `asked` are the names of users with the images that they ask for
/// and the content hash of the set.
///
/// # Errors
/// `Io` if the folder cannot be read.
pub fn cached_sets(
    cache: &Path,
    asked: &[(String, DataSpec, String)],
) -> Result<Vec<CachedSet>, DataError> {
    let mut sets = Vec::new();
    for (file, is_open) in cache_files(cache)? {
        let mut users = Vec::new();
        for (user, spec, hash) in asked {
            if !users.contains(user) && is_file_of(&file.path, spec, hash) {
                users.push(user.clone());
            }
        }
        sets.push(CachedSet {
            file,
            is_open,
            users,
        });
    }
    Ok(sets)
}

/// Whether a decoded file is that of the set as `spec` asks for it.
fn is_file_of(path: &Path, spec: &DataSpec, hash: &str) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let prefix = format!("{}-", spec.source.name());
    let Some(stem) = stem.filter(|stem| stem.starts_with(&prefix)) else {
        return false;
    };
    let mut header = [0; HEADER];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let facts = read.ok().and_then(|()| described(&header, hash));
    facts.is_some_and(|facts| decoded_name(&facts, spec) == stem)
}
