//! A set of image files that have been looked at and divided into training and test images.

use super::empty_classes::handle_empty_classes;
use super::fitted::{FittedStore, fitted_path};
use super::listing::{FileListing, ListedFile};
use super::reading::{content, decoded};
use super::scan::FileScan;
use super::test_cut::{ScannedFile, cut_test_images};
use super::walk::reason;
use super::{folder, manifest, table};
use crate::convert::{Conversion, background};
use crate::identity::{content_hash, identity};
use crate::parallel::in_parallel;
use crate::sink::ImageSink;
use crate::{DataError, Location};
use convsweep_spec::data::{
    Copies, Damaged, DataFacts, DataSpec, ImageLimits, LeftOut, ReadPlace, SetPart, SetReading,
    Source,
};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A set of image files, divided into training and test images.
#[derive(Debug)]
pub(crate) struct ImageFileSet {
    root: PathBuf,
    hash: String,
    classes: Vec<String>,
    /// Training, then given validation, then test images, each sorted by path.
    files: Vec<ScannedFile>,
    /// Numbers of the last two.
    validation_images: usize,
    test_images: usize,
    /// Images that were left out, each with the reason.
    skipped: Vec<String>,
    reading: Arc<SetReading>,
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
            Source::Csv(table) => table::list(path, table),
            Source::Folder(names) => folder::list(path, names),
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
        let listing = listing.map_err(DataError::of_the_user)?;
        let scans = manifest::scan(at, &listing, spec)?;
        ImageFileSet::divide(listing, scans, spec, path)
    }

    fn divide(
        listing: FileListing,
        scans: Vec<FileScan>,
        spec: &DataSpec,
        path: &Path,
    ) -> Result<ImageFileSet, DataError> {
        let hash = set_identity(&listing, &scans, spec);
        let FileListing {
            root,
            mut classes,
            files,
            mut places,
            mut left_out,
            mut notes,
        } = listing;
        let scanned = files.into_iter().zip(scans);
        let (mut whole, damaged): (Vec<_>, Vec<_>) =
            scanned.partition(|(_, scan)| scan.damage.is_none());
        if spec.damaged == Damaged::Refuse {
            refuse_damaged(&root, &damaged)?;
        }
        for (file, scan) in &damaged {
            let why = match was_read(scan) {
                true => reason::DAMAGED,
                false => reason::UNREADABLE,
            };
            LeftOut::add(&mut left_out, why, &file.path);
        }
        let empty = spec.empty_classes;
        let dropped = handle_empty_classes(&root, &mut classes, &mut whole, empty, &mut left_out)?;
        notes.extend(dropped.notes);
        let has_transparency = whole.iter().any(|(_, scan)| scan.transparent);
        let [train, validation, mut test] = parts(whole, spec, classes.len(), path)?;
        if spec.duplicates == Copies::KeepInTraining {
            let others = train.iter().chain(&validation);
            let known: HashSet<&str> = others.map(|(_, scan)| scan.pixels.as_str()).collect();
            test.retain(|(file, scan)| {
                let is_copy = known.contains(scan.pixels.as_str());
                if is_copy {
                    LeftOut::add(&mut left_out, reason::COPY, &file.path);
                }
                !is_copy
            });
        }
        let counts = (validation.len(), test.len());
        let files = train.into_iter().chain(validation).chain(test);
        let files: Vec<ScannedFile> = files.collect();
        for (file, _) in &files {
            places[file.place].images += 1;
        }
        refuse_empty_places(&root, &places)?;
        let reading = SetReading {
            places,
            labels: files.iter().map(|(file, _)| file.class).collect(),
            names: files.iter().map(|(file, _)| file.path.clone()).collect(),
            sizes: sizes(&files),
            copies: copies(&files),
            left_out,
            notes,
            dropped_classes: dropped.names,
            has_transparency,
        };
        Ok(ImageFileSet {
            root,
            hash,
            classes,
            files,
            validation_images: counts.0,
            test_images: counts.1,
            skipped: damaged.iter().map(skipped).collect(),
            reading: Arc::new(reading),
        })
    }

    /// Facts of the set. It is grey only if every image is, and of one size only if every image is
    /// or `resize` brings them to one.
    ///
    /// # Errors
    /// `Invalid` if the images have several sizes and are not brought to one.
    pub(crate) fn facts(&self, spec: &DataSpec) -> Result<DataFacts, DataError> {
        let (height, width) = match &spec.resize {
            Some(resize) => (resize.height, resize.width),
            None => self.common_size()?,
        };
        let [red, green, blue] = background(spec);
        let is_grey_behind = red == green && green == blue;
        let is_grey = |scan: &FileScan| scan.grey && (is_grey_behind || !scan.transparent);
        let is_grey = self.files.iter().all(|(_, scan)| is_grey(scan));
        Ok(DataFacts {
            hash: self.hash.clone(),
            classes: self.classes.clone(),
            train_images: (self.files.len() - self.test_images) as u32,
            validation_images: self.validation_images as u32,
            test_images: self.test_images as u32,
            channels: if is_grey { 1 } else { 3 },
            height,
            width,
            loses_colour: spec.channels == Some(1) && !is_grey,
            reading: Some(self.reading.clone()),
        })
    }

    /// Height and width of every image.
    fn common_size(&self) -> Result<(u32, u32), DataError> {
        let sizes = &self.reading.sizes;
        if let [([height, width], _)] = sizes.as_slice() {
            return Ok((*height, *width));
        }
        let words = |(size, _): &([u32; 2], u32)| format!("{}×{}", size[0], size[1]);
        let examples: Vec<String> = sizes.iter().take(3).map(words).collect();
        Err(DataError::Invalid(format!(
            "the images have {} different sizes ({}, …): \
             bring them to one with data.size = [height, width]",
            sizes.len(),
            examples.join(", ")
        )))
    }

    /// Paths of the images by row, relative to the set.
    pub(crate) fn names(&self) -> Vec<String> {
        self.reading.names.clone()
    }

    /// Rows of training images that are used for training only.
    pub(crate) fn training_only(&self, spec: &DataSpec) -> Vec<u32> {
        let train_images = self.files.len() - self.test_images;
        self.reading
            .training_only(spec.duplicates, train_images as u32)
    }

    /// Images that were left out, each with the reason.
    pub(crate) fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Gives every image in the channels and size of `facts` to `sink`: the training images, then
    /// the test images.
    pub(crate) fn decode(
        &self,
        at: Location,
        facts: &DataFacts,
        spec: &DataSpec,
        sink: &mut ImageSink,
    ) -> Result<(), DataError> {
        let root = fs::canonicalize(&self.root);
        let root = root.map_err(DataError::io("read folder", &self.root));
        let root = root.map_err(DataError::of_the_user)?;
        let fitted = FittedStore::open(&fitted_path(at.cache, &root, spec))?;
        let conversion = Conversion::of(spec, facts.channels);
        for chunk in self.files.chunks(CHUNK) {
            let images = in_parallel(chunk.len(), |i| {
                let (file, scan) = &chunk[i];
                let known = fitted
                    .as_ref()
                    .and_then(|store| store.pixels(&scan.content));
                match known.and_then(|pixels| in_channels(pixels, facts)) {
                    Some(pixels) => Ok(pixels),
                    None => self.decode_file(file, scan, conversion, &at.limits),
                }
            });
            for ((file, _), image) in chunk.iter().zip(images) {
                sink(&image?, file.class)?;
            }
        }
        if let Some(fitted) = fitted {
            fitted.remove();
        }
        Ok(())
    }

    fn decode_file(
        &self,
        file: &ListedFile,
        scan: &FileScan,
        conversion: Conversion,
        limits: &ImageLimits,
    ) -> Result<Vec<u8>, DataError> {
        let path = file.below(&self.root);
        let found = content(&path, scan.version.bytes, limits).map_err(DataError::of_the_user)?;
        if content_hash(&found.bytes) != scan.content {
            return Err(DataError::damaged(
                &path,
                "changed while the set was being read; run again",
            ));
        }
        let decoded = decoded(&path, &found, limits)?;
        let decoded = decoded.map_err(|problem| DataError::damaged(&path, problem))?;
        Ok(conversion.fit(decoded.image))
    }
}

/// Fitted pixels in the channels of the set: what has one plane is repeated.
fn in_channels(pixels: Vec<u8>, facts: &DataFacts) -> Option<Vec<u8>> {
    let plane = (facts.height * facts.width) as usize;
    match (pixels.len() / plane, facts.channels) {
        (1, 3) => Some(pixels.repeat(3)),
        (found, wanted) if found == wanted as usize => Some(pixels),
        _ => None,
    }
}

/// A hash of the class names, paths, labels and contents, and of the background where it shows.
fn set_identity(listing: &FileListing, scans: &[FileScan], spec: &DataSpec) -> String {
    let mut entries = Vec::with_capacity(scans.len());
    for (file, scan) in listing.files.iter().zip(scans) {
        let part = match file.part {
            SetPart::Training => json!(false),
            SetPart::Test => json!(true),
            SetPart::Validation => json!(file.part),
        };
        entries.push((&file.path, file.class, part, &scan.content));
    }
    match scans.iter().any(|scan| scan.transparent) {
        true => identity(&(&listing.classes, entries, background(spec))),
        false => identity(&(&listing.classes, entries)),
    }
}

/// Training, given validation and test images; the last are cut from the first if the split asks
/// for it.
fn parts(
    files: Vec<ScannedFile>,
    spec: &DataSpec,
    classes: usize,
    path: &Path,
) -> Result<[Vec<ScannedFile>; 3], DataError> {
    let [mut train, mut validation, mut test] = [const { Vec::new() }; 3];
    for file in files {
        match file.0.part {
            SetPart::Training => train.push(file),
            SetPart::Validation => validation.push(file),
            SetPart::Test => test.push(file),
        }
    }
    if let Some(share) = spec.split.test {
        if !test.is_empty() {
            return Err(DataError::Invalid(format!(
                "{} has test images of its own: split.test cannot cut more",
                path.display()
            )));
        }
        (test, train) = cut_test_images(train, share, classes);
    }
    if train.is_empty() {
        return Err(DataError::Missing(format!(
            "{} holds no training images",
            path.display()
        )));
    }
    Ok([train, validation, test])
}

/// The different sizes, the most frequent first.
fn sizes(files: &[ScannedFile]) -> Vec<([u32; 2], u32)> {
    let mut counts: HashMap<[u32; 2], u32> = HashMap::new();
    for (_, scan) in files {
        *counts.entry([scan.height, scan.width]).or_default() += 1;
    }
    let mut sizes: Vec<([u32; 2], u32)> = counts.into_iter().collect();
    sizes.sort_by_key(|(size, count)| (Reverse(*count), *size));
    sizes
}

/// Refuses a place for validation or test images that gives none: others would take their place.
fn refuse_empty_places(root: &Path, places: &[ReadPlace]) -> Result<(), DataError> {
    let is_empty = |place: &&ReadPlace| place.part != SetPart::Training && place.images == 0;
    let Some(empty) = places.iter().find(is_empty) else {
        return Ok(());
    };
    Err(DataError::Invalid(format!(
        "{}: {} gives no {} images; every file in it was left out, or there is none",
        root.display(),
        empty.name,
        empty.part.name()
    )))
}

/// Images with equal pixels, as groups of at least two, by their rows.
fn copies(files: &[ScannedFile]) -> Vec<Vec<u32>> {
    let mut rows_of: HashMap<&str, Vec<u32>> = HashMap::new();
    for (row, (_, scan)) in files.iter().enumerate() {
        rows_of.entry(&scan.pixels).or_default().push(row as u32);
    }
    let groups = rows_of.into_values().filter(|rows| rows.len() > 1);
    let mut groups: Vec<Vec<u32>> = groups.collect();
    groups.sort_unstable();
    groups
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
    let remedy = match was_read(scan) {
        true => "repair or remove it",
        false => "see that it is there and may be read, or remove it",
    };
    let problem = format!(
        "{}{others}; {remedy}, or leave such images out with data.damaged = \"skip\"",
        damage(scan)
    );
    Err(DataError::damaged(&file.below(root), problem))
}

/// Whether an image that was left out has been read, and could not be decoded.
fn was_read(scan: &FileScan) -> bool {
    !scan.content.is_empty()
}

/// Why an image was left out.
fn skipped((file, scan): &ScannedFile) -> String {
    format!("{}: {}", file.path, damage(scan))
}

fn damage(scan: &FileScan) -> &str {
    scan.damage.as_deref().unwrap_or("damaged")
}
