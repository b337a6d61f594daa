//! Sets of single image files: folders and tables.

mod folder;
mod manifest;
mod photo;
mod table;
#[cfg(test)]
mod tests;

use crate::builtin::Sink;
use crate::decoded::Extra;
use crate::files::in_parallel;
use crate::open::{Location, identity};
use crate::{DataError, fit};
use convsweep_spec::data::{Damaged, DataFacts, DataSpec, Resize, Source};
use manifest::Scanned;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file that should be an image, before it is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// Relative to the set, with `/`.
    pub(crate) path: String,
    /// Label.
    pub(crate) class: u16,
    /// Whether the source counts it among its test images.
    pub(crate) test: bool,
}

/// Files that should be images, and what their labels mean.
#[derive(Debug, PartialEq)]
pub(crate) struct Candidates {
    /// The folder that paths start from.
    pub(crate) root: PathBuf,
    /// Class names, by label.
    pub(crate) classes: Vec<String>,
    /// Sorted by path.
    pub(crate) files: Vec<Candidate>,
}

/// A file and what a look at it found.
type Image = (Candidate, Scanned);

/// A set of image files, looked at and divided into training and test images.
#[derive(Debug)]
pub(crate) struct Listing {
    root: PathBuf,
    hash: String,
    classes: Vec<String>,
    /// Training images, then test images, each by path.
    images: Vec<Image>,
    test_images: usize,
    skipped: Vec<String>,
}

impl Listing {
    /// Finds and looks at the files of a `folder` or `csv` source; what was looked at before and
    /// has not changed is known.
    pub(crate) fn of(at: Location, spec: &DataSpec) -> Result<Listing, DataError> {
        let name = spec.source.name();
        let path = at
            .path
            .ok_or_else(|| DataError::Invalid(format!("source = \"{name}\" needs data.path")))?;
        let candidates = match &spec.source {
            Source::Csv {
                path_column,
                label_column,
            } => table::read(path, path_column, label_column)?,
            _ => folder::walk(path)?,
        };
        let scanned = manifest::scan(at.cache, &candidates.root, &candidates.files)?;
        Listing::divide(candidates, scanned, spec, path)
    }

    fn divide(
        candidates: Candidates,
        scanned: Vec<Scanned>,
        spec: &DataSpec,
        path: &Path,
    ) -> Result<Listing, DataError> {
        let Candidates {
            root,
            classes,
            files,
        } = candidates;
        let entries = files
            .iter()
            .zip(&scanned)
            .map(|(file, scan)| (&file.path, file.class, file.test, &scan.content));
        let hash = identity(&(&classes, entries.collect::<Vec<_>>()));
        let (whole, damaged): (Vec<_>, Vec<_>) = files
            .into_iter()
            .zip(scanned)
            .partition(|(_, s)| s.damage.is_none());
        let reason = |(file, scan): &Image| {
            format!(
                "{}: {}",
                file.path,
                scan.damage.as_deref().unwrap_or("damaged")
            )
        };
        let skipped: Vec<String> = damaged.iter().map(reason).collect();
        if let (Damaged::Refuse, Some((file, scan))) = (spec.damaged, damaged.first()) {
            let why = scan.damage.as_deref().unwrap_or("damaged");
            let others = match damaged.len() - 1 {
                0 => String::new(),
                n => format!(" (and {n} more like it)"),
            };
            let remedy =
                "repair or remove it, or leave such images out with data.damaged = \"skip\"";
            return Err(DataError::damaged(
                &root.join(&file.path),
                format!("{why}{others}; {remedy}"),
            ));
        }
        let has_test = whole.iter().any(|(file, _)| file.test);
        let (test, train): (Vec<_>, Vec<_>) = match spec.split.test {
            Some(_) if has_test => {
                return Err(DataError::Invalid(format!(
                    "{} has test images of its own: split.test cannot cut more",
                    path.display()
                )));
            }
            Some(share) => cut(whole, share, classes.len()),
            None => whole.into_iter().partition(|(file, _)| file.test),
        };
        if train.is_empty() {
            return Err(DataError::Missing(format!(
                "{} holds no training images (JPEG or PNG)",
                path.display()
            )));
        }
        let test_images = test.len();
        let images = train.into_iter().chain(test).collect();
        Ok(Listing {
            root,
            hash,
            classes,
            images,
            test_images,
            skipped,
        })
    }

    /// Facts of the set: grey only where every image is; of one size only where every image is or
    /// `size` makes it so.
    pub(crate) fn facts(&self, spec: &DataSpec) -> Result<DataFacts, DataError> {
        let sizes: BTreeSet<(u32, u32)> = self
            .images
            .iter()
            .map(|(_, s)| (s.height, s.width))
            .collect();
        let (height, width) = match (&spec.resize, sizes.first()) {
            (Some(resize), _) => (resize.height, resize.width),
            (None, Some(size)) if sizes.len() == 1 => *size,
            _ => {
                let (count, examples) = (
                    sizes.len(),
                    sizes.iter().take(3).map(|(h, w)| format!("{h}×{w}")),
                );
                let examples = examples.collect::<Vec<_>>().join(", ");
                return Err(DataError::Invalid(format!(
                    "the images have {count} different sizes ({examples}, …): bring them to one with data.size = [height, width]"
                )));
            }
        };
        let grey = self.images.iter().all(|(_, s)| s.grey);
        Ok(DataFacts {
            hash: self.hash.clone(),
            classes: self.classes.clone(),
            train_images: (self.images.len() - self.test_images) as u32,
            test_images: self.test_images as u32,
            channels: spec.channels.map_or(if grey { 1 } else { 3 }, u32::from),
            height,
            width,
        })
    }

    /// Paths of the images by row, and what was left out.
    pub(crate) fn extra(&self) -> Extra {
        let names = self
            .images
            .iter()
            .map(|(file, _)| file.path.clone())
            .collect();
        Extra {
            names,
            skipped: self.skipped.clone(),
        }
    }

    /// Gives every image, `[channels, height, width]`, and its label to `sink`: the training
    /// images, then the test images.
    pub(crate) fn decode(
        &self,
        facts: &DataFacts,
        resize: Option<&Resize>,
        sink: &mut Sink,
    ) -> Result<(), DataError> {
        // Chunks keep all cores busy and memory small.
        for chunk in self.images.chunks(256) {
            let decoded = in_parallel(chunk.len(), |i| {
                let (file, scan) = &chunk[i];
                let path = self.root.join(&file.path);
                let bytes = crate::files::read(&path)?;
                if manifest::content_hash(&bytes) != scan.content {
                    return Err(DataError::damaged(
                        &path,
                        "changed while the set was being read; run again",
                    ));
                }
                let image =
                    photo::decode(&bytes).map_err(|problem| DataError::damaged(&path, problem))?;
                Ok(fit::fit(image, facts, resize))
            });
            for ((file, _), image) in chunk.iter().zip(decoded) {
                sink(&image?, file.class)?;
            }
        }
        Ok(())
    }
}

/// Cuts a share of every class off as test images, in the order of content hashes.
///
/// The seed of the split has no part in it, so no other split makes a training image of a test
/// image; images with equal content stay together, whatever their class.
fn cut(images: Vec<Image>, share: f64, classes: usize) -> (Vec<Image>, Vec<Image>) {
    let mut wanted = vec![0.0; classes];
    images
        .iter()
        .for_each(|(file, _)| wanted[usize::from(file.class)] += share);
    let mut wanted: Vec<i64> = wanted.into_iter().map(|n: f64| n.round() as i64).collect();
    let mut order: Vec<(&str, u16)> = images
        .iter()
        .map(|(file, scan)| (scan.content.as_str(), file.class))
        .collect();
    order.sort_unstable();
    let mut chosen: BTreeSet<String> = BTreeSet::new();
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        if group
            .iter()
            .all(|(_, class)| wanted[usize::from(*class)] > 0)
        {
            group
                .iter()
                .for_each(|(_, class)| wanted[usize::from(*class)] -= 1);
            chosen.insert(group[0].0.to_string());
        }
    }
    images
        .into_iter()
        .partition(|(_, scan)| chosen.contains(&scan.content))
}
