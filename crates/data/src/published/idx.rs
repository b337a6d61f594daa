//! MNIST's IDX: one file of images and one of labels, each with a header of its dimensions.

use super::content::{check_label, content};
use super::set::{DataFile, PublishedSet};
use crate::DataError;
use crate::sink::ImageSink;
use std::path::Path;

/// Gives every image of a pair of files to `sink`.
pub(super) fn read(
    set: &PublishedSet,
    folder: &Path,
    files: &[DataFile],
    sink: &mut ImageSink,
) -> Result<(), DataError> {
    let [image_file, label_file] = files else {
        return Err(DataError::Invalid(format!(
            "{} is described wrongly",
            set.name
        )));
    };
    let [_, height, width] = set.shape;
    let count = set.count_images(files);
    let (images_path, images) = content(set, folder, image_file)?;
    let (labels_path, labels) = content(set, folder, label_file)?;
    let pixels = after_header(&images_path, &images, &[count, height, width])?;
    let labels = after_header(&labels_path, &labels, &[count])?;
    for (i, (image, &label)) in pixels.chunks_exact(set.pixels()).zip(labels).enumerate() {
        check_label(set, &labels_path, i, label)?;
        sink(image, u16::from(label))?;
    }
    Ok(())
}

/// Checks the header of a file of unsigned bytes with these dimensions and returns what follows it.
fn after_header<'a>(
    path: &Path,
    bytes: &'a [u8],
    dimensions: &[u32],
) -> Result<&'a [u8], DataError> {
    let mut expected = vec![0, 0, 8, dimensions.len() as u8];
    for dimension in dimensions {
        expected.extend(dimension.to_be_bytes());
    }
    if let Some(rest) = bytes.strip_prefix(expected.as_slice()) {
        return Ok(rest);
    }
    let found = &bytes[..bytes.len().min(expected.len())];
    Err(DataError::damaged(
        path,
        format!("IDX header {found:02x?} found, {expected:02x?} expected"),
    ))
}
