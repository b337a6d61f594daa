//! How long a write waits for the disk.

/// What a power cut may cost after a write has returned. A killed program costs nothing in any
/// case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The write does not wait for the disk. After a power cut, the file may be empty, cut or
    /// missing: for files that are easily recreated.
    SystemCache,
    /// The content is on the disk before the name is changed. After a power cut, the name
    /// refers to the complete old content or to the complete new one.
    Content,
    /// The content and the name are on the disk. After a power cut, the new file is there.
    ContentAndName,
}
