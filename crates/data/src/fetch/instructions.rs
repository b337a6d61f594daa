//! How to get a set's files without this program.

use super::places::place;
use crate::published::PublishedSet;
use crate::{DataError, DataErrorKind};
use convsweep_spec::words::thousands;
use std::path::Path;

/// For each file its address, size, checksum, name and folder.
pub(crate) fn by_hand(cache: &Path, set: &PublishedSet) -> String {
    let mut lines = Vec::new();
    for download in &set.downloads {
        let path = place(cache, set, download);
        let folder = path.parent().unwrap_or(cache).display();
        let address = download.addresses.first().map_or("", String::as_str);
        lines.push(format!("  {address}"));
        lines.push(format!(
            "    ({} bytes, MD5 {}) as {} into {folder}",
            thousands(download.bytes),
            download.md5,
            download.name
        ));
    }
    lines.join("\n")
}

/// Adds the instructions to an error that they can remedy.
pub(super) fn add_to(error: DataError, cache: &Path, set: &PublishedSet) -> DataError {
    if error.kind() != DataErrorKind::Missing {
        return error;
    }
    let instructions = by_hand(cache, set);
    DataError::Missing(format!(
        "{error}\nto fetch {} by hand:\n{instructions}",
        set.name
    ))
}
