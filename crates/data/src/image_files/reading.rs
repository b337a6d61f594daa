//! Reads and decodes image files within the limits of the experiment and of this machine.

use super::photo;
use super::photo_header::PhotoHeader;
use crate::DataError;
use crate::memory::{MemoryBudget, MemoryShare};
use convsweep_files::read_regular;
use convsweep_spec::data::ImageLimits;
use convsweep_spec::words::{bytes as size, thousands};
use image::{DynamicImage, ImageFormat};
use std::path::Path;

/// Memory for the content of files that are being read, of all threads together. A file and its
/// decoder hold one share of each budget and take them in this order, so that threads cannot wait
/// for each other in a circle.
static CONTENTS: MemoryBudget = MemoryBudget::new(LARGEST_SHARED);
/// Memory for decoders and decoded images, of all threads together.
static DECODERS: MemoryBudget = MemoryBudget::new(DECODER_MEMORY);
/// A file of more bytes takes all memory of decoders for itself, before it is read.
const LARGEST_SHARED: u64 = 64_000_000;
/// Memory in bytes that decoding one image takes at most, unless the file raises its limit of
/// pixels: then it is [`BYTES_PER_PIXEL`] for each of them.
const DECODER_MEMORY: u64 = 400_000_000;
/// Bytes for each pixel that the usual formats take.
const BYTES_PER_PIXEL: u64 = 4;

/// The keys of a file's limits, as messages name them.
pub(super) const LIMIT_KEYS: [&str; 2] = ["data.max_pixels", "data.max_file_bytes"];

/// The content of a file, and its share of the memory.
pub(super) struct FileContent {
    pub(super) bytes: Vec<u8>,
    /// Whether it has the memory of all decoders.
    has_decoders: bool,
    _share: MemoryShare<'static>,
}

/// A decoded image, and its share of the memory.
pub(super) struct Decoded {
    pub(super) image: DynamicImage,
    _share: Option<MemoryShare<'static>>,
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
    let has_decoders = length > LARGEST_SHARED;
    let share = match has_decoders {
        true => DECODERS.take(DECODER_MEMORY),
        false => CONTENTS.take(length),
    };
    let bytes = read_regular(path, limits.bytes)?;
    Ok(FileContent {
        bytes,
        has_decoders,
        _share: share,
    })
}

/// Decodes a file's content. The inner error says what is wrong with the file.
///
/// # Errors
/// `Invalid` if the image is larger than the limits allow.
pub(super) fn decoded(
    path: &Path,
    content: &FileContent,
    limits: &ImageLimits,
) -> Result<Result<Decoded, String>, DataError> {
    let header = match PhotoHeader::read(&content.bytes) {
        Ok(header) => header,
        Err(problem) => return Ok(Err(problem)),
    };
    judge_pixels(path, header.height, header.width, limits)?;
    let length = content.bytes.len() as u64;
    let mut memory = header.decoding_bytes();
    if header.format == ImageFormat::Jpeg {
        // Its decoder copies the file's content.
        memory += length;
    }
    let with_content = if content.has_decoders { length } else { 0 };
    judge_memory(path, &header, memory + with_content, limits)?;
    let share = (!content.has_decoders).then(|| DECODERS.take(memory));
    let image = photo::decode(&content.bytes, &header);
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

/// Refuses an image that takes too much memory to be decoded.
fn judge_memory(
    path: &Path,
    header: &PhotoHeader,
    needed: u64,
    limits: &ImageLimits,
) -> Result<(), DataError> {
    let allowed = DECODER_MEMORY.max(limits.pixels.saturating_mul(BYTES_PER_PIXEL));
    if needed <= allowed {
        return Ok(());
    }
    Err(DataError::Invalid(format!(
        "{}: decoding the image of {:.0} megapixels takes {} of memory, and at most {} are used: \
         make it smaller or save it in another format (a JPEG that is not progressive or a PNG of \
         8 bits takes the least), or raise data.max_pixels to {}, which allows {BYTES_PER_PIXEL} \
         bytes for each",
        path.display(),
        header.pixels() as f64 / 1e6,
        size(needed as f64),
        size(allowed as f64),
        thousands(needed.div_ceil(BYTES_PER_PIXEL))
    )))
}
