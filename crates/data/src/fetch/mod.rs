//! Brings the files of published sets into the data cache.

mod answer;
mod archive;
mod download;
#[cfg(test)]
mod hostile_servers;
mod http;
mod instructions;
mod places;
#[cfg(test)]
mod tests;

pub(crate) use archive::unpack_present;
pub(crate) use instructions::by_hand;

use crate::DataError;
use crate::lock::CacheLock;
use crate::published::{FileLayout, PublishedSet, published_set};
use convsweep_spec::data::Source;
use places::{is_present, lock_name, place};
use std::path::Path;

/// Whether the files of a set are in the cache. Always true for sets that need no fetching: shapes,
/// folders, tables.
///
/// Looks at names only; contents are checked when they are decoded.
pub fn is_fetched(cache: &Path, source: &Source) -> bool {
    published_set(source).is_none_or(|set| is_present(cache, &set))
}

/// Fetches the files of a published set into `cache`. Does nothing for shapes, folders and tables.
///
/// Files that are there already are kept and a partial file is continued. A file gets its name only
/// when it is complete and its checksum is right. Other processes that fetch the same set wait.
///
/// `progress` receives the bytes so far and in total, over all files of the set.
///
/// # Errors
/// `Missing` if no address answers; the message says how to fetch the files by hand. `Damaged` if a
/// file differs from the published size or checksum.
pub fn fetch(
    cache: &Path,
    source: &Source,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), DataError> {
    match published_set(source) {
        Some(set) => fetch_set(cache, &set, progress),
        None => Ok(()),
    }
}

fn fetch_set(
    cache: &Path,
    set: &PublishedSet,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), DataError> {
    if is_present(cache, set) {
        return Ok(());
    }
    let _lock = CacheLock::acquire(cache, &lock_name(set))?;
    // Another process may have fetched the set while this one waited for the lock.
    if is_present(cache, set) {
        return Ok(());
    }
    let total = set.downloads.iter().map(|d| d.bytes).sum();
    let mut bytes_before = 0;
    let mut fetched = Vec::new();
    for download in &set.downloads {
        let path = place(cache, set, download);
        if !path.is_file() {
            let mut progress = |bytes: u64| progress(bytes_before + bytes, Some(total));
            download::download(&path, download, &mut progress)
                .map_err(|error| instructions::add_to(error, cache, set))?;
            fetched.push(path);
        }
        bytes_before += download.bytes;
        progress(bytes_before, Some(total));
    }
    if let FileLayout::Cifar { .. } = set.layout {
        archive::unpack(cache, set)?;
        for path in &fetched {
            std::fs::remove_file(path).map_err(DataError::io("remove", path))?;
        }
    }
    Ok(())
}
