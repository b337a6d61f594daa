//! What the file system says of a file: whether it may have changed since it was read.

use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A change that is younger than this when a file is read may be followed by another one with the
/// same time: clocks of file systems are coarse, up to two seconds.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// Tells a file from another one in its place, and from itself after a change. It is only a key to
/// what was found in a file: where it differs, the content decides.
///
/// Size and time of modification do not suffice: `cp -p`, `rsync -t` and archives set that time.
/// Nobody can set the time of the last change of the file or its name (`ctime`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileVersion {
    /// Size in bytes.
    pub(super) bytes: u64,
    /// Last modification, in nanoseconds since 1970.
    modified: u64,
    /// Last change of the content, the name or the attributes, in nanoseconds since 1970; 0 if it
    /// was too young to be relied on. Absent from manifests of older programs.
    #[serde(default)]
    changed: u64,
    /// Number of the file in its file system.
    #[serde(default)]
    inode: u64,
}

impl FileVersion {
    /// The version of a file that is going to be read `now`.
    pub(super) fn of(metadata: &Metadata, now: SystemTime) -> FileVersion {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let is_settled = Duration::from_nanos(changed(metadata)) + COARSEST_CLOCK <= now;
        FileVersion {
            bytes: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: if is_settled { changed(metadata) } else { 0 },
            inode: metadata.ino(),
        }
    }

    /// Whether the file is the one of this version and has not changed.
    pub(super) fn vouches_for(&self, metadata: &Metadata) -> bool {
        let found = FileVersion {
            bytes: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: changed(metadata),
            inode: metadata.ino(),
        };
        found.changed > 0 && found == *self
    }
}

fn changed(metadata: &Metadata) -> u64 {
    nanoseconds(metadata.ctime(), metadata.ctime_nsec())
}

/// Nanoseconds since 1970; 0 for times before.
fn nanoseconds(seconds: i64, rest: i64) -> u64 {
    let nanoseconds = i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    u64::try_from(nanoseconds).unwrap_or(0)
}
