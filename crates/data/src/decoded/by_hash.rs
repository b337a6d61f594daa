//! A decoded set by its content hash, without a look at the set's own files.

use super::dataset::decoded_name;
use super::format::{HEADER, described};
use super::image_set::ImageSet;
use super::reader::read;
use crate::cache_file::decoded_folder;
use convsweep_spec::data::{DataSpec, ImageNames};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The set with this content hash, if its decoded file is in the cache. The set's own files are
/// not looked at: they may have changed since, or be gone.
pub fn decoded_set(cache: &Path, spec: &DataSpec, hash: &str) -> Option<ImageSet> {
    let prefix = format!("{}-", spec.source.name());
    for entry in fs::read_dir(decoded_folder(cache)).ok()?.flatten() {
        let path = entry.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let Some(stem) = stem.filter(|stem| stem.starts_with(&prefix)) else {
            continue;
        };
        if let Some(set) = set_in(&path, stem, spec, hash) {
            return Some(set);
        }
    }
    None
}

/// The set in one decoded file, if it is the one that `spec` asks for.
fn set_in(path: &Path, stem: &str, spec: &DataSpec, hash: &str) -> Option<ImageSet> {
    let mut header = [0; HEADER];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let facts = described(&header, hash)?;
    if decoded_name(&facts, spec) != stem {
        return None;
    }
    read(path, &facts).ok()?
}

/// The names of the images of the set with this content hash, if its decoded file is in the cache
/// and names them.
pub fn image_names(cache: &Path, spec: &DataSpec, hash: &str) -> Option<ImageNames> {
    let set = decoded_set(cache, spec, hash)?;
    let mut training = set.0.names.clone();
    if training.is_empty() {
        return None;
    }
    let images = set.facts().train_images as usize;
    let test = training.split_off(images.min(training.len()));
    Some(ImageNames { training, test })
}
