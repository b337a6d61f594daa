//! A set of image files that have been looked at and divided into training and test images.

use super::listing::FileListing;
use super::reading::{content, decoded, judge_resizing};
use super::scan::FileScan;
use super::test_cut::{ScannedFile, cut_test_images};
use super::{folder, manifest, table};
use crate::convert::fit;
use crate::identity::{content_hash, identity};
use crate::parallel::in_parallel;
use crate::sink::ImageSink;
use crate::{DataError, Location};
use convsweep_spec::data::{Damaged, DataFacts, DataSpec, ImageLimits, Resize, Source};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A set of image files, divided into training and test images.
#[derive(Debug)]
pub(crate) struct ImageFileSet {
    root: PathBuf,
    hash: String,
    classes: Vec<String>,
    /// Training images, then test images, each sorted by path.
    files: Vec<ScannedFile>,
    test_images: usize,
    /// Images that were left out, each with the reason.
    skipped: Vec<String>,
}

/// How many images are decoded at a time: enough for all cores, few enough for little memory.
const CHUNK: usize = 256;

impl ImageFileSet {
    /// Lists and scans the files of a `folder` or `csv` source. Files that have not changed since
    /// the last scan are not read again.
    pub(crate) fn find(at: Location, spec: &DataSpec) -> Result<ImageFileSet, DataError> {
        let name = spec.source.name();
        let Some(path) = at.path else {
            return Err(DataError::Invalid(format!(
                "source = \"{name}\" needs data.path"
            )));
        };
        let listing = match &spec.source {
            Source::Csv {
                path_column,
                label_column,
            } => table::list(path, path_column, label_column)?,
            Source::Folder => folder::list(path)?,
            Source::Cifar10
            | Source::Cifar100
            | Source::Mnist
            | Source::FashionMnist
            | Source::Shapes(_) => {
                return Err(DataError::Invalid(format!(
                    "source = \"{name}\" does not consist of image files"
                )));
            }
        };
        let scans = manifest::scan(at.cache, &listing.root, &listing.files, &at.limits)?;
        ImageFileSet::divide(listing, scans, spec, path)
    }

    fn divide(
        listing: FileListing,
        scans: Vec<FileScan>,
        spec: &DataSpec,
        path: &Path,
    ) -> Result<ImageFileSet, DataError> {
        let hash = set_identity(&listing, &scans);
        let FileListing {
            root,
            classes,
            files,
        } = listing;
        let scanned = files.into_iter().zip(scans);
        let (whole, damaged): (Vec<_>, Vec<_>) =
            scanned.partition(|(_, scan)| scan.damage.is_none());
        if spec.damaged == Damaged::Refuse {
            refuse_damaged(&root, &damaged)?;
        }
        let has_test = whole.iter().any(|(file, _)| file.is_test);
        let (test, train) = match spec.split.test {
            Some(_) if has_test => {
                return Err(DataError::Invalid(format!(
                    "{} has test images of its own: split.test cannot cut more",
                    path.display()
                )));
            }
            Some(share) => cut_test_images(whole, share, classes.len()),
            None => whole.into_iter().partition(|(file, _)| file.is_test),
        };
        if train.is_empty() {
            return Err(DataError::Missing(format!(
                "{} holds no training images (JPEG or PNG)",
                path.display()
            )));
        }
        Ok(ImageFileSet {
            root,
            hash,
            classes,
            test_images: test.len(),
            files: train.into_iter().chain(test).collect(),
            skipped: damaged.iter().map(reason).collect(),
        })
    }

    /// Facts of the set. It is grey only if every image is, and of one size only if every image is
    /// or `resize` brings them to one.
    ///
    /// # Errors
    /// `Invalid` if the images have several sizes, or resizing one would exceed the limits.
    pub(crate) fn facts(
        &self,
        resize: Option<&Resize>,
        limits: &ImageLimits,
    ) -> Result<DataFacts, DataError> {
        let (height, width) = match resize {
            Some(resize) => {
                for (file, scan) in &self.files {
                    judge_resizing(&self.root.join(&file.path), scan.width, resize, limits)?;
                }
                (resize.height, resize.width)
            }
            None => self.common_size()?,
        };
        let is_grey = self.files.iter().all(|(_, scan)| scan.grey);
        Ok(DataFacts {
            hash: self.hash.clone(),
            classes: self.classes.clone(),
            train_images: (self.files.len() - self.test_images) as u32,
            test_images: self.test_images as u32,
            channels: if is_grey { 1 } else { 3 },
            height,
            width,
        })
    }

    /// Height and width of every image.
    fn common_size(&self) -> Result<(u32, u32), DataError> {
        let sizes: BTreeSet<(u32, u32)> = self
            .files
            .iter()
            .map(|(_, scan)| (scan.height, scan.width))
            .collect();
        if let (1, Some(size)) = (sizes.len(), sizes.first()) {
            return Ok(*size);
        }
        let examples: Vec<String> = sizes
            .iter()
            .take(3)
            .map(|(height, width)| format!("{height}×{width}"))
            .collect();
        Err(DataError::Invalid(format!(
            "the images have {} different sizes ({}, …): \
             bring them to one with data.size = [height, width]",
            sizes.len(),
            examples.join(", ")
        )))
    }

    /// Paths of the images by row, relative to the set.
    pub(crate) fn names(&self) -> Vec<String> {
        self.files
            .iter()
            .map(|(file, _)| file.path.clone())
            .collect()
    }

    /// Images that were left out, each with the reason.
    pub(crate) fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Gives every image in the channels and size of `facts` to `sink`: the training images, then
    /// the test images.
    pub(crate) fn decode(
        &self,
        facts: &DataFacts,
        resize: Option<&Resize>,
        limits: &ImageLimits,
        sink: &mut ImageSink,
    ) -> Result<(), DataError> {
        for chunk in self.files.chunks(CHUNK) {
            let images = in_parallel(chunk.len(), |i| {
                self.decode_file(&chunk[i], facts, resize, limits)
            });
            for ((file, _), image) in chunk.iter().zip(images) {
                sink(&image?, file.class)?;
            }
        }
        Ok(())
    }

    fn decode_file(
        &self,
        (file, scan): &ScannedFile,
        facts: &DataFacts,
        resize: Option<&Resize>,
        limits: &ImageLimits,
    ) -> Result<Vec<u8>, DataError> {
        let path = self.root.join(&file.path);
        let found = content(&path, scan.version.bytes, limits)?;
        if content_hash(&found.bytes) != scan.content {
            return Err(DataError::damaged(
                &path,
                "changed while the set was being read; run again",
            ));
        }
        let decoded = decoded(&path, &found.bytes, limits, resize)?;
        let decoded = decoded.map_err(|problem| DataError::damaged(&path, problem))?;
        Ok(fit(decoded.image, facts, resize))
    }
}

/// A hash of the class names, paths, labels and contents.
fn set_identity(listing: &FileListing, scans: &[FileScan]) -> String {
    let mut entries = Vec::with_capacity(scans.len());
    for (file, scan) in listing.files.iter().zip(scans) {
        entries.push((&file.path, file.class, file.is_test, &scan.content));
    }
    identity(&(&listing.classes, entries))
}

/// An error that names the first damaged image, if there is one.
fn refuse_damaged(root: &Path, damaged: &[ScannedFile]) -> Result<(), DataError> {
    let Some((file, scan)) = damaged.first() else {
        return Ok(());
    };
    let others = match damaged.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more like it)"),
    };
    let problem = format!(
        "{}{others}; repair or remove it, or leave such images out with data.damaged = \"skip\"",
        damage(scan)
    );
    Err(DataError::damaged(&root.join(&file.path), problem))
}

/// Why an image was left out.
fn reason((file, scan): &ScannedFile) -> String {
    format!("{}: {}", file.path, damage(scan))
}

fn damage(scan: &FileScan) -> &str {
    scan.damage.as_deref().unwrap_or("damaged")
}
