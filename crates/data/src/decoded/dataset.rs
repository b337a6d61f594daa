//! An image set that is known but not yet decoded.

use super::format::{SetDetails, VERSION};
use super::writer::DecodedWriter;
use crate::convert::{Conversion, from_planes};
use crate::fetch;
use crate::identity::identity;
use crate::image_files::ImageFileSet;
use crate::published::{self, PublishedSet, published_set};
use crate::{DataError, Location, shapes};
use convsweep_spec::data::{Copies, DataFacts, DataSpec, Luma, Resize, Shapes, Source};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// An image set as an experiment asks for it.
pub(super) struct Dataset {
    pub(super) facts: DataFacts,
    source: DatasetSource,
}

/// Where the images come from.
enum DatasetSource {
    Published(PublishedSet),
    ImageFiles(ImageFileSet),
    Shapes(Shapes),
}

impl Dataset {
    /// Looks a set up; folders and tables are scanned.
    pub(super) fn find(at: Location, spec: &DataSpec) -> Result<Dataset, DataError> {
        check_ranges(spec)?;
        let (mut facts, source) = find_source(at, spec)?;
        if spec.split.test.is_some() && !matches!(source, DatasetSource::ImageFiles(_)) {
            let name = spec.source.name();
            return Err(DataError::Invalid(format!(
                "{name} has test images of its own: split.test cannot cut more"
            )));
        }
        if let Some(resize) = &spec.resize {
            (facts.height, facts.width) = (resize.height, resize.width);
        }
        facts.loses_colour |= spec.channels == Some(1) && facts.channels != 1;
        facts.channels = spec.channels.map_or(facts.channels, u32::from);
        Ok(Dataset { facts, source })
    }

    /// Name of the decoded file without extension.
    pub(super) fn file_name(&self, spec: &DataSpec) -> String {
        decoded_name(&self.facts, spec)
    }

    /// Decodes the set into the file at `path`.
    pub(super) fn decode(
        &self,
        at: Location,
        spec: &DataSpec,
        path: &Path,
    ) -> Result<(), DataError> {
        let facts = &self.facts;
        let mut details = SetDetails::default();
        let mut writer = DecodedWriter::create(path, facts)?;
        match &self.source {
            DatasetSource::Published(set) => {
                let folder = find_published_folder(at, set)?;
                published::read(set, &folder, &mut |image, label| {
                    writer.push(&converted(image, set.shape, facts, spec), label)
                })?;
            }
            DatasetSource::ImageFiles(set) => {
                details.names = set.names();
                details.skipped = set.skipped().to_vec();
                details.training_only = set.training_only(spec);
                set.decode(at, facts, spec, &mut |image, label| {
                    writer.push(image, label)
                })?;
            }
            DatasetSource::Shapes(shapes) => {
                let shape = [3, shapes.size, shapes.size];
                shapes::draw(shapes, &mut |image, label| {
                    writer.push(&converted(image, shape, facts, spec), label)
                })?;
            }
        }
        writer.finish(&details)
    }
}

/// Name of a decoded file without extension: the source's name and a hash of everything that
/// determines the file's content.
pub(super) fn decoded_name(facts: &DataFacts, spec: &DataSpec) -> String {
    let test_share = spec.split.test.map(f64::to_bits);
    let shape = [
        facts.channels,
        facts.height,
        facts.width,
        facts.train_images,
        facts.test_images,
    ];
    let key = identity(&(&facts.hash, &spec.resize, shape, test_share, spec.damaged));
    let key = match (spec.luma, spec.duplicates) {
        (Luma::Rec709, Copies::Warn | Copies::Error) => key,
        later => identity(&(key, later)),
    };
    format!("{}-{}.v{VERSION}", spec.source.name(), &key[..16])
}

fn find_source(at: Location, spec: &DataSpec) -> Result<(DataFacts, DatasetSource), DataError> {
    if let Source::Shapes(shapes) = &spec.source {
        let facts = shapes::facts(shapes)?;
        return Ok((facts, DatasetSource::Shapes(shapes.clone())));
    }
    if let Some(set) = published_set(&spec.source) {
        return Ok((set.facts(), DatasetSource::Published(set)));
    }
    let set = ImageFileSet::find(at, spec)?;
    let facts = set.facts(spec)?;
    Ok((facts, DatasetSource::ImageFiles(set)))
}

/// Refuses numbers that are out of range for every set.
fn check_ranges(spec: &DataSpec) -> Result<(), DataError> {
    let invalid = |message: String| Err(DataError::Invalid(message));
    if let Some(channels) = spec.channels
        && channels != 1
        && channels != 3
    {
        return invalid(format!(
            "data.channels is {channels}: 1 (grey) or 3 (RGB) expected"
        ));
    }
    if let Some(resize) = &spec.resize {
        let side = Resize::SIDES;
        if !side.contains(&resize.height) || !side.contains(&resize.width) {
            return invalid(format!(
                "data.size is {}×{}: {} to {} expected",
                resize.height,
                resize.width,
                side.start(),
                side.end()
            ));
        }
    }
    match spec.split.test {
        Some(share) if !(share > 0.0 && share < 1.0) => {
            invalid(format!("split.test is {share}: 0 < share < 1 expected"))
        }
        _ => Ok(()),
    }
}

/// An image of `shape` in the channels and size that the experiment asks for.
fn converted<'a>(
    image: &'a [u8],
    shape: [u32; 3],
    facts: &DataFacts,
    spec: &DataSpec,
) -> Cow<'a, [u8]> {
    if shape == [facts.channels, facts.height, facts.width] {
        return Cow::Borrowed(image);
    }
    let [channels, height, width] = shape;
    let image = from_planes(image, channels as usize, height, width);
    Cow::Owned(Conversion::of(spec, facts.channels).fit(image))
}

/// Folder of a published set's files. Unpacks the set's archive if the cache has only that.
fn find_published_folder(at: Location, set: &PublishedSet) -> Result<PathBuf, DataError> {
    let in_cache = at.cache.join(set.folder);
    let mut candidates = Vec::new();
    if let Some(path) = at.path {
        candidates.extend([path.to_owned(), path.join(set.folder)]);
    }
    candidates.push(in_cache.clone());
    if let Some(folder) = published::find_folder(set, &candidates) {
        return Ok(folder);
    }
    if fetch::unpack_present(at.cache, set)? {
        return Ok(in_cache);
    }
    let folders: Vec<String> = candidates.iter().map(|c| c.display().to_string()).collect();
    Err(DataError::Missing(format!(
        "the files of {} are not in {}\n\
         fetch them with `convsweep data fetch {}`, or by hand:\n{}",
        set.name,
        folders.join(" and "),
        set.name,
        fetch::by_hand(at.cache, set)
    )))
}
