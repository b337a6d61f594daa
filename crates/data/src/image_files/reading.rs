//! Reads and decodes image files within the limits of the experiment and of this machine.

use super::photo;
use super::photo_header::PhotoHeader;
use crate::DataError;
use crate::memory::{MemoryBudget, MemoryShare};
use convsweep_files::read_regular;
use convsweep_spec::data::{ImageLimits, Resize, ResizeMethod};
use convsweep_spec::words::{bytes as size, thousands};
use image::DynamicImage;
use std::path::Path;

/// Memory for the content of files that are being read, of all threads together. A file and its
/// decoder hold one share of each budget and take them in this order, so that threads cannot wait
/// for each other in a circle.
static CONTENTS: MemoryBudget = MemoryBudget::new(64 << 20);
/// Memory for decoders and decoded images, of all threads together.
static DECODERS: MemoryBudget = MemoryBudget::new(400 << 20);

/// The content of a file, and its share of the memory.
pub(super) struct FileContent {
    pub(super) bytes: Vec<u8>,
    _share: MemoryShare<'static>,
}

/// A decoded image, and its share of the memory.
pub(super) struct Decoded {
    pub(super) image: DynamicImage,
    _share: MemoryShare<'static>,
}

/// Reads a file of `length` bytes by its metadata.
///
/// # Errors
/// `Invalid` if it is larger than the limits allow, `Io` if it cannot be read or is no file.
pub(super) fn content(
    path: &Path,
    length: u64,
    limits: &ImageLimits,
) -> Result<FileContent, DataError> {
    judge_bytes(path, length, limits)?;
    let share = CONTENTS.take(length);
    let bytes = read_regular(path, limits.bytes)?;
    Ok(FileContent {
        bytes,
        _share: share,
    })
}

/// Decodes a file's content, with memory to resize it. The inner error says what is wrong with the
/// file.
///
/// # Errors
/// `Invalid` if the image is larger than the limits allow.
pub(super) fn decoded(
    path: &Path,
    bytes: &[u8],
    limits: &ImageLimits,
    resize: Option<&Resize>,
) -> Result<Result<Decoded, String>, DataError> {
    let header = match PhotoHeader::read(bytes) {
        Ok(header) => header,
        Err(problem) => return Ok(Err(problem)),
    };
    judge_pixels(path, header.height, header.width, limits)?;
    let share = DECODERS.take(header.decoding_bytes() + header.resizing_bytes(resize));
    let image = photo::decode(bytes, &header);
    Ok(image.map(|image| Decoded {
        image,
        _share: share,
    }))
}

/// Refuses a file that is too large to be read.
pub(super) fn judge_bytes(path: &Path, found: u64, limits: &ImageLimits) -> Result<(), DataError> {
    if found <= limits.bytes {
        return Ok(());
    }
    Err(DataError::Invalid(format!(
        "{}: the file has {} bytes ({}), and image files of at most {} bytes are read: remove it, \
         or raise data.max_file_bytes",
        path.display(),
        thousands(found),
        size(found as f64),
        thousands(limits.bytes)
    )))
}

/// Refuses an image that is too large to be decoded.
pub(super) fn judge_pixels(
    path: &Path,
    height: u32,
    width: u32,
    limits: &ImageLimits,
) -> Result<(), DataError> {
    let pixels = u64::from(height) * u64::from(width);
    if pixels <= limits.pixels {
        return Ok(());
    }
    Err(DataError::Invalid(format!(
        "{}: the image has {height}×{width} = {} pixels, and images of at most {} are decoded: \
         make it smaller or remove it, or raise data.max_pixels",
        path.display(),
        thousands(pixels),
        thousands(limits.pixels)
    )))
}

/// Refuses to squash a very wide image: resizing stretches it vertically first, and what is between
/// counts as an image too.
pub(super) fn judge_resizing(
    path: &Path,
    width: u32,
    resize: &Resize,
    limits: &ImageLimits,
) -> Result<(), DataError> {
    let pixels = u64::from(width) * u64::from(resize.height);
    if resize.method != ResizeMethod::Squash || pixels <= limits.pixels {
        return Ok(());
    }
    Err(DataError::Invalid(format!(
        "{}: squashing an image that is {width} wide takes {} pixels, and at most {} are allowed: \
         use data.resize = \"crop\" or \"pad\", remove the image, or raise data.max_pixels",
        path.display(),
        thousands(pixels),
        thousands(limits.pixels)
    )))
}
