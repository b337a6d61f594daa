//! Opens a decoded file.

use super::format::{
    DELETE_REMEDY, FIELDS, HEADER, PER_IMAGE, SetDetails, checksum, details_length, header_fields,
};
use super::image_set::{DecodedFile, ImageSet};
use crate::DataError;
use crate::cache_file::mark_used;
use crate::checksum::hexadecimal;
use convsweep_spec::data::DataFacts;
use convsweep_spec::words::thousands;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Opens the decoded file of the set that `facts` describes; `None` if there is no such file.
pub(super) fn read(path: &Path, facts: &DataFacts) -> Result<Option<ImageSet>, DataError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(DataError::io("read", path)(e)),
    };
    mark_used(&file);
    let images = (facts.train_images + facts.test_images) as usize;
    let pixels = images * (facts.channels * facts.height * facts.width) as usize;
    let behind_pixels = verified(&file, path, facts, images, pixels)?;
    let (labels, rest) = behind_pixels.split_at(2 * images);
    let (image_checksums, details) = rest.split_at(4 * images);
    let details: SetDetails =
        serde_json::from_slice(details).map_err(|e| damaged(path, e.to_string()))?;
    let (labels, _) = labels.as_chunks();
    let (image_checksums, _) = image_checksums.as_chunks();
    Ok(Some(ImageSet(Arc::new(DecodedFile {
        file,
        path: path.to_owned(),
        pixels_start: HEADER as u64,
        facts: facts.clone(),
        labels: labels.iter().map(|&b| u16::from_le_bytes(b)).collect(),
        image_checksums: image_checksums
            .iter()
            .map(|&b| u32::from_le_bytes(b))
            .collect(),
        names: details.names,
        skipped: details.skipped,
        training_only: details.training_only,
    }))))
}

/// Everything behind the pixels, after header, length and checksum have been verified.
fn verified(
    file: &File,
    path: &Path,
    facts: &DataFacts,
    images: usize,
    pixels: usize,
) -> Result<Vec<u8>, DataError> {
    let found = file.metadata().map_err(DataError::io("read", path))?.len();
    if found < HEADER as u64 {
        return Err(damaged(
            path,
            format!("{found} bytes found, a header of {HEADER} expected"),
        ));
    }
    let header = read_at(file, path, 0, HEADER)?;
    let (fields, rest) = header.split_at(FIELDS);
    let details = details_length(&header);
    if fields != header_fields(facts, details) {
        return Err(damaged(path, "the header is not that of this image set"));
    }
    let expected = ((HEADER + pixels + PER_IMAGE * images) as u64).saturating_add(details);
    if found != expected {
        let (found, expected) = (thousands(found), thousands(expected));
        return Err(damaged(
            path,
            format!("{found} bytes found, {expected} expected"),
        ));
    }
    let length = PER_IMAGE * images + details as usize;
    let behind_pixels = read_at(file, path, HEADER + pixels, length)?;
    let (found, expected) = (checksum(&behind_pixels, fields), &rest[..blake3::OUT_LEN]);
    if found.as_bytes() != expected {
        let expected = hexadecimal(expected);
        return Err(damaged(
            path,
            format!("BLAKE3 {found} found, {expected} expected"),
        ));
    }
    Ok(behind_pixels)
}

fn read_at(file: &File, path: &Path, start: usize, length: usize) -> Result<Vec<u8>, DataError> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, start as u64)
        .map_err(DataError::io("read", path))?;
    Ok(bytes)
}

fn damaged(path: &Path, problem: impl Into<String>) -> DataError {
    DataError::damaged(path, format!("{}{DELETE_REMEDY}", problem.into()))
}
