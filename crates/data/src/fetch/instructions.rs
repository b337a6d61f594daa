//! How to get a set's files without this program.

use super::places::place;
use crate::DataError;
use crate::published::PublishedSet;
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
    let by_hand = format!("to fetch {} by hand:\n{}", set.name, by_hand(cache, set));
    match error {
        DataError::Missing(why) => DataError::Missing(format!("{why}\n{by_hand}")),
        DataError::Damaged { path, problem } => DataError::Damaged {
            path,
            problem: format!("{problem}\n{by_hand}"),
        },
        other => other,
    }
}
