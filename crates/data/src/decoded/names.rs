//! The names of a set's images, from its decoded file.

use super::dataset::decoded_name;
use super::format::{HEADER, described};
use super::reader::read;
use super::unused::decoded_folder;
use convsweep_spec::data::{DataSpec, ImageNames};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The names of the images of the set with this content hash, if its decoded file is in the cache
/// and names them. The set's own files are not looked at: they may have changed since, or be gone.
pub fn image_names(cache: &Path, spec: &DataSpec, hash: &str) -> Option<ImageNames> {
    let prefix = format!("{}-", spec.source.name());
    for entry in fs::read_dir(decoded_folder(cache)).ok()?.flatten() {
        let path = entry.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let Some(stem) = stem.filter(|stem| stem.starts_with(&prefix)) else {
            continue;
        };
        if let Some(names) = names_of(&path, stem, spec, hash) {
            return Some(names);
        }
    }
    None
}

/// The names in one decoded file, if it is that of the set as `spec` asks for it.
fn names_of(path: &Path, stem: &str, spec: &DataSpec, hash: &str) -> Option<ImageNames> {
    let mut header = [0; HEADER];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let facts = described(&header, hash)?;
    if decoded_name(&facts, spec) != stem {
        return None;
    }
    let set = read(path, &facts).ok()??;
    let mut training = set.0.names.clone();
    if training.is_empty() {
        return None;
    }
    let test = training.split_off((facts.train_images as usize).min(training.len()));
    Some(ImageNames { training, test })
}
