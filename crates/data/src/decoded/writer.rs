//! Writes a decoded file.

use super::format::{HEADER, SetDetails, checksum, header_fields};
use crate::DataError;
use convsweep_files::{Durability, NewFile, partial_path};
use convsweep_spec::data::DataFacts;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Writes a decoded file, image by image.
pub(super) struct DecodedWriter<'a> {
    path: PathBuf,
    facts: &'a DataFacts,
    file: BufWriter<NewFile>,
    labels: Vec<u16>,
    image_checksums: Vec<u32>,
}

impl<'a> DecodedWriter<'a> {
    /// Begins the file that will be at `path` when [`DecodedWriter::finish`] has completed it.
    pub(super) fn create(
        path: &Path,
        facts: &'a DataFacts,
    ) -> Result<DecodedWriter<'a>, DataError> {
        let mut writer = DecodedWriter {
            path: path.to_owned(),
            facts,
            file: BufWriter::with_capacity(1 << 20, NewFile::create(path)?),
            labels: Vec::new(),
            image_checksums: Vec::new(),
        };
        // The header is written last, when the checksum is known.
        writer.write(&[0; HEADER])?;
        Ok(writer)
    }

    /// Appends an image, `[channels, height, width]`: first all training, then all test images.
    pub(super) fn push(&mut self, image: &[u8], label: u16) -> Result<(), DataError> {
        let facts = self.facts;
        let size = facts.channels * facts.height * facts.width;
        debug_assert_eq!(image.len(), size as usize);
        if usize::from(label) >= facts.classes.len() {
            let (row, classes) = (self.labels.len(), facts.classes.len());
            return Err(DataError::damaged(
                &self.path,
                format!("image {row} has label {label} of {classes} classes"),
            ));
        }
        self.labels.push(label);
        self.image_checksums.push(crc32fast::hash(image));
        self.write(image)
    }

    /// Writes what follows the pixels and the header, and gives the file its name.
    pub(super) fn finish(mut self, details: &SetDetails) -> Result<(), DataError> {
        let images = self.facts.train_images + self.facts.test_images;
        debug_assert_eq!(self.labels.len(), images as usize);
        let details = serde_json::to_vec(details)
            .map_err(|e| DataError::Invalid(format!("names of images: {e}")))?;
        let fields = header_fields(self.facts, details.len() as u64);
        let mut behind_pixels = Vec::new();
        for label in &self.labels {
            behind_pixels.extend(label.to_le_bytes());
        }
        for checksum in &self.image_checksums {
            behind_pixels.extend(checksum.to_le_bytes());
        }
        behind_pixels.extend(details);
        self.write(&behind_pixels)?;
        let partial = partial_path(&self.path);
        let mut file = self
            .file
            .into_inner()
            .map_err(|e| DataError::io("write", &partial)(e.into_error()))?;
        file.seek(SeekFrom::Start(0))
            .map_err(DataError::io("write", &partial))?;
        file.write_bytes(&fields)?;
        file.write_bytes(checksum(&behind_pixels, &fields).as_bytes())?;
        file.finish(Durability::Content)?;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.file
            .write_all(bytes)
            .map_err(DataError::io("write", &partial_path(&self.path)))
    }
}
