//! The layout of a decoded file.
//!
//! ```text
//! header   128 bytes
//! pixels   u8  [images, channels, height, width]
//! labels   u16 [images]
//! CRC-32   u32 [images], one of each image's pixels
//! details  JSON
//! ```
//!
//! The header holds a magic word of 8 bytes, the version, channels, height, width, training images
//! and test images as u32, the length of the JSON as u64, a BLAKE3 of 32 bytes, and zeros. Numbers
//! are little-endian; training images come first.
//!
//! The BLAKE3 covers everything behind the pixels and then the first 40 bytes of the header; it is
//! verified when the file is opened. The pixels are verified image by image as they are read, so
//! that opening a set of any size takes neither time nor memory.

use convsweep_spec::data::DataFacts;
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"CNVSWEEP";

/// Version of the layout and of how images are decoded; part of the file's name.
pub(super) const VERSION: u32 = 2;
/// What to do about a damaged decoded file, at the end of a message.
pub(super) const DELETE_REMEDY: &str = "; delete the file, and it is decoded again";
/// Bytes of the header.
pub(super) const HEADER: usize = 128;
/// Bytes of the header that describe the set; the checksum follows.
pub(super) const FIELDS: usize = 40;
/// Bytes of labels and CRC-32s for each image.
pub(super) const PER_IMAGE: usize = 6;

/// What is known of single images.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct SetDetails {
    /// Paths of the images by row, relative to the set; empty for sets that do not consist of
    /// single files.
    pub(super) names: Vec<String>,
    /// Images that were left out, each with the reason.
    pub(super) skipped: Vec<String>,
    /// Rows of training images that never validate, ascending.
    #[serde(default)]
    pub(super) training_only: Vec<u32>,
}

/// The header's description of a set whose JSON has `details` bytes.
pub(super) fn header_fields(facts: &DataFacts, details: u64) -> [u8; FIELDS] {
    let mut fields = [0; FIELDS];
    fields[..8].copy_from_slice(MAGIC);
    let numbers = [
        VERSION,
        facts.channels,
        facts.height,
        facts.width,
        facts.train_images,
        facts.test_images,
    ];
    for (i, number) in numbers.into_iter().enumerate() {
        fields[8 + 4 * i..][..4].copy_from_slice(&number.to_le_bytes());
    }
    fields[32..].copy_from_slice(&details.to_le_bytes());
    fields
}

/// The facts of the set with this content hash by the header, without the names of its classes;
/// `None` for a header of another version or kind of file.
pub(super) fn described(header: &[u8; HEADER], hash: &str) -> Option<DataFacts> {
    let (numbers, _) = header[8..32].as_chunks();
    let numbers: Vec<u32> = numbers.iter().map(|b| u32::from_le_bytes(*b)).collect();
    let &[_, channels, height, width, train_images, test_images] = numbers.as_slice() else {
        return None;
    };
    let facts = DataFacts {
        hash: hash.to_string(),
        classes: vec![],
        train_images,
        test_images,
        channels,
        height,
        width,
        validation_images: 0,
        loses_colour: false,
        reading: None,
    };
    let fields = header_fields(&facts, details_length(header));
    (header[..FIELDS] == fields).then_some(facts)
}

/// Length of the JSON by the header.
pub(super) fn details_length(header: &[u8]) -> u64 {
    let mut length = [0; 8];
    length.copy_from_slice(&header[32..FIELDS]);
    u64::from_le_bytes(length)
}

/// Checksum of everything behind the pixels and of the header's description.
pub(super) fn checksum(behind_pixels: &[u8], fields: &[u8]) -> blake3::Hash {
    blake3::Hasher::new()
        .update(behind_pixels)
        .update(fields)
        .finalize()
}
