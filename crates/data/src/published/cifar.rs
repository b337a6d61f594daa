//! CIFAR's binary version: records of label bytes and pixels.

use super::content::{check_label, content};
use super::set::{DataFile, PublishedSet};
use crate::DataError;
use crate::sink::ImageSink;
use std::path::Path;

/// Gives every image of a file to `sink`.
pub(super) fn read(
    set: &PublishedSet,
    folder: &Path,
    file: &DataFile,
    label_bytes: usize,
    sink: &mut ImageSink,
) -> Result<(), DataError> {
    let (path, bytes) = content(set, folder, file)?;
    let record_bytes = label_bytes + set.pixels();
    for (i, record) in bytes.chunks_exact(record_bytes).enumerate() {
        let (labels, pixels) = record.split_at(label_bytes);
        let label = labels[label_bytes - 1];
        check_label(set, &path, i, label)?;
        sink(pixels, u16::from(label))?;
    }
    Ok(())
}
