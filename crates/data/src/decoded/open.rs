//! From what an experiment asks for to a decoded image set.

use super::dataset::Dataset;
use super::format::DELETE_REMEDY;
use super::image_set::ImageSet;
use super::reader::read;
use crate::cache_file::decoded_folder;
use crate::lock::CacheLock;
use crate::{DataError, Location};
use convsweep_spec::data::{DataFacts, DataSpec};

/// What planning needs to know of an image set.
///
/// For published sets and shapes no file is needed. The images of a folder or table are read and
/// hashed once; later calls read only those that may have changed since.
///
/// # Errors
/// `Missing` if the folder or table does not exist, `Damaged` if it holds images that cannot be
/// decoded and the experiment refuses them, `Invalid` if the experiment asks for something that the
/// set cannot give.
pub fn facts(at: Location, spec: &DataSpec) -> Result<DataFacts, DataError> {
    Ok(Dataset::find(at, spec)?.facts)
}

/// [`open`], after which all pixels are read and compared with their checksums. A decoded file that
/// is damaged is decoded again; the text says so.
///
/// A worker need not do this: it compares every image that it reads.
///
/// # Errors
/// As [`open`]; `Damaged` also if the images cannot be decoded again, because their source is gone.
pub fn open_whole(at: Location, spec: &DataSpec) -> Result<(ImageSet, Option<String>), DataError> {
    let dataset = Dataset::find(at, spec)?;
    let opened = open_found(at, spec, &dataset);
    let opened = opened.and_then(|set| set.verify().map(|()| set));
    let folder = decoded_folder(at.cache);
    let name = dataset.file_name(spec);
    let decoded = folder.join(format!("{name}.images"));
    let problem = match opened {
        Err(DataError::Damaged { path, problem }) if path == decoded => {
            problem.trim_end_matches(DELETE_REMEDY).to_string()
        }
        other => return other.map(|set| (set, None)),
    };
    let _lock = CacheLock::acquire(&folder, &name)?;
    let again = dataset.decode(at, spec, &decoded);
    again.map_err(|why| {
        let problem = format!("{problem}; it cannot be decoded again: {why}");
        DataError::damaged(&decoded, problem)
    })?;
    let note = format!(
        "{} was damaged ({problem}) and has been decoded again",
        decoded.display()
    );
    let set = read(&decoded, &dataset.facts)?;
    set.map(|set| (set, Some(note)))
        .ok_or_else(|| DataError::damaged(&decoded, "was removed as soon as it was written"))
}

/// The decoded image set. The first caller decodes it into `<cache>/decoded`; other processes wait
/// for it.
///
/// Unless the decoded file exists already, a published set must have been fetched, or its archive
/// must be in the cache.
///
/// # Errors
/// As [`facts`]; `Missing` if a published set's files are missing: the message says where to get
/// them and where to put them; `Damaged` if a file differs from the published size or checksum, or
/// a decoded file is truncated or altered.
pub fn open(at: Location, spec: &DataSpec) -> Result<ImageSet, DataError> {
    open_found(at, spec, &Dataset::find(at, spec)?)
}

fn open_found(at: Location, spec: &DataSpec, dataset: &Dataset) -> Result<ImageSet, DataError> {
    let folder = decoded_folder(at.cache);
    let name = dataset.file_name(spec);
    let path = folder.join(format!("{name}.images"));
    if let Some(set) = read(&path, &dataset.facts)? {
        return Ok(set);
    }
    let _lock = CacheLock::acquire(&folder, &name)?;
    // Another process may have decoded the set while this one waited for the lock.
    if let Some(set) = read(&path, &dataset.facts)? {
        return Ok(set);
    }
    dataset.decode(at, spec, &path)?;
    read(&path, &dataset.facts)?
        .ok_or_else(|| DataError::damaged(&path, "was removed as soon as it was written"))
}
