//! What tells a folder from another one that takes its place.

use convsweep_spec::job::FolderIdentity;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// What tells a file or folder from another one, while either is in use.
pub fn folder_identity(metadata: &Metadata) -> FolderIdentity {
    FolderIdentity {
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}
