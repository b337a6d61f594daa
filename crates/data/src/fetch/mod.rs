//! Brings published sets into the data cache.

mod http;
#[cfg(test)]
mod tests;

use crate::builtin::{self, BuiltIn, Download, Format};
use crate::files::{self, Lock};
use crate::{DataError, Kind};
use convsweep_files::{Durability, NewFile, partial_path, publish};
use convsweep_spec::data::Source;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Whether the files of a set lie in the cache (always so for sets that are not fetched: shapes,
/// folders, tables).
///
/// Looks at names only; contents are checked when they are decoded.
pub fn is_fetched(cache: &Path, source: &Source) -> bool {
    BuiltIn::of(source).is_none_or(|set| present(cache, &set))
}

/// Fetches the files of a published set into `cache`: what is there already stays, a partial file
/// is gone on with, checksums are compared, names appear only when files are whole. Nothing to do
/// for shapes, folders and tables.
///
/// `progress` gets bytes so far and bytes in all, over all files of the set. Other processes that
/// fetch the same set wait.
///
/// # Errors
/// `Missing` where no address answers: the message gives address, file name and folder, to do it by
/// hand; `Damaged` where a file has not the published size or checksum.
pub fn fetch(
    cache: &Path,
    source: &Source,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), DataError> {
    match BuiltIn::of(source) {
        Some(set) => fetch_set(cache, &set, progress),
        None => Ok(()),
    }
}

fn fetch_set(
    cache: &Path,
    set: &BuiltIn,
    progress: &mut dyn FnMut(u64, Option<u64>),
) -> Result<(), DataError> {
    if present(cache, set) {
        return Ok(());
    }
    let _lock = Lock::acquire(cache, &format!("fetch-{}", set.name))?;
    if present(cache, set) {
        return Ok(());
    }
    let total = set.downloads.iter().map(|d| d.bytes).sum();
    let mut before = 0;
    let mut fetched = Vec::new();
    for download in &set.downloads {
        let path = place(cache, set, download);
        if !path.is_file() {
            let mut part = |bytes: u64| progress(before + bytes, Some(total));
            download_one(&path, download, &mut part).map_err(|e| explain(e, cache, set))?;
            fetched.push(path);
        }
        before += download.bytes;
        progress(before, Some(total));
    }
    if let Format::Cifar { .. } = set.format {
        unpack(cache, set)?;
        for path in &fetched {
            std::fs::remove_file(path).map_err(DataError::io("remove", path))?;
        }
    }
    Ok(())
}

/// Unpacks the archive of a set where it lies in the cache; false where it does not.
pub(crate) fn unpack_present(cache: &Path, set: &BuiltIn) -> Result<bool, DataError> {
    let archives = matches!(set.format, Format::Cifar { .. });
    if !archives || !set.downloads.iter().all(|d| place(cache, set, d).is_file()) {
        return Ok(false);
    }
    let _lock = Lock::acquire(cache, &format!("fetch-{}", set.name))?;
    if !present(cache, set) {
        unpack(cache, set)?;
    }
    Ok(true)
}

/// How to get a set's files without this program.
pub(crate) fn by_hand(cache: &Path, set: &BuiltIn) -> String {
    let mut text = String::new();
    for download in &set.downloads {
        let folder = place(cache, set, download)
            .parent()
            .unwrap_or(cache)
            .display()
            .to_string();
        let address = download.addresses.first().map_or("", String::as_str);
        let (bytes, name) = (
            convsweep_spec::words::thousands(download.bytes),
            &download.name,
        );
        text += &format!(
            "  {address}\n    ({bytes} bytes, MD5 {}) as {name} into {folder}\n",
            download.md5
        );
    }
    text.truncate(text.trim_end().len());
    text
}

fn explain(error: DataError, cache: &Path, set: &BuiltIn) -> DataError {
    match error.kind() {
        Kind::Missing => DataError::Missing(format!(
            "{error}\nto fetch {} by hand:\n{}",
            set.name,
            by_hand(cache, set)
        )),
        _ => error,
    }
}

fn present(cache: &Path, set: &BuiltIn) -> bool {
    builtin::locate(set, &[cache.join(set.folder)]).is_some()
}

/// Where a fetched file goes: archives into the cache, plain files into the set's folder.
fn place(cache: &Path, set: &BuiltIn, download: &Download) -> PathBuf {
    match set.format {
        Format::Cifar { .. } => cache.join(&download.name),
        Format::Idx => cache.join(set.folder).join(&download.name),
    }
}

/// One file, from the first address that gives it.
fn download_one(
    path: &Path,
    download: &Download,
    progress: &mut dyn FnMut(u64),
) -> Result<(), DataError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(DataError::io("make folder", folder))?;
    }
    let part = partial_path(path);
    let mut reasons = Vec::new();
    for address in &download.addresses {
        match http::download(address, &part, download.bytes, progress)? {
            Ok(()) => {
                verify(&part, download).inspect_err(|_| drop(std::fs::remove_file(&part)))?;
                return Ok(publish(&part, path, Durability::Content)?);
            }
            Err(reason) => reasons.push(format!("cannot fetch {address}: {reason}")),
        }
    }
    Err(DataError::Missing(reasons.join("\n")))
}

fn verify(path: &Path, download: &Download) -> Result<(), DataError> {
    let found = std::fs::metadata(path)
        .map_err(DataError::io("read", path))?
        .len();
    if found != download.bytes {
        let (found, expected) = (
            convsweep_spec::words::thousands(found),
            convsweep_spec::words::thousands(download.bytes),
        );
        return Err(DataError::damaged(
            path,
            format!("{found} bytes found, {expected} expected"),
        ));
    }
    let found = files::checksum::<md5::Md5>(path)?;
    if found != download.md5 {
        return Err(DataError::damaged(
            path,
            format!("MD5 {found} found, {} expected", download.md5),
        ));
    }
    Ok(())
}

/// Takes the set's files out of its verified archives, by file name: where in an archive they lie
/// does not matter.
fn unpack(cache: &Path, set: &BuiltIn) -> Result<(), DataError> {
    let folder = cache.join(set.folder);
    std::fs::create_dir_all(&folder).map_err(DataError::io("make folder", &folder))?;
    for download in &set.downloads {
        let archive = place(cache, set, download);
        verify(&archive, download)?;
        let broken =
            |e: std::io::Error| DataError::damaged(&archive, format!("not a whole archive: {e}"));
        let file = File::open(&archive).map_err(DataError::io("read", &archive))?;
        let mut tar = tar::Archive::new(flate2::read::MultiGzDecoder::new(
            std::io::BufReader::new(file),
        ));
        for entry in tar.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let name = entry
                .path()
                .map_err(broken)?
                .file_name()
                .map(|n| n.to_string_lossy().into_owned());
            let wanted = name.filter(|name| set.files().any(|f| f.name == *name));
            let Some(name) = wanted else { continue };
            let path = folder.join(name);
            let mut file = NewFile::create(&path)?;
            std::io::copy(&mut entry, &mut file)
                .map_err(|e| DataError::io("write", file.partial())(e))?;
            file.finish(Durability::Content)?;
        }
    }
    match set.files().find(|file| !folder.join(&file.name).is_file()) {
        Some(file) => Err(DataError::damaged(
            &folder,
            format!("{} was not in the archive", file.name),
        )),
        None => Ok(()),
    }
}
