//! The features of a list of images in one file.
//!
//! ```text
//! header   8 bytes of a magic word, u64 images, u64 values of an image, and a BLAKE3
//! values   f32 [images, values]
//! ```
//!
//! Numbers are little-endian. The BLAKE3 covers the key, the rest of the header and the values, and
//! is verified whenever the file is read.

use super::space::make_room;
use crate::DataError;
use crate::cache_file::{FEATURES, FEATURES_LOCK, features_folder, mark_used};
use crate::lock::CacheLock;
use convsweep_files::{Durability, NewFile};
use convsweep_spec::canonical::Digest;
use convsweep_spec::words::thousands;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"CNVFEAT1";
/// Bytes of the header before the checksum.
const FIELDS: usize = 24;
/// Bytes of the header.
const HEADER: usize = FIELDS + blake3::OUT_LEN;
/// Bytes that are read or written at a time.
const BLOCK: usize = 1 << 18;
const VALUE: usize = size_of::<f32>();

/// The place of a file of features in a data cache.
#[derive(Clone, Debug)]
pub struct FeatureFile {
    cache: PathBuf,
    key: Digest,
}

/// The features of a list of images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredFeatures {
    /// Number of values of an image.
    pub values_per_image: usize,
    /// Image by image.
    pub values: Vec<f32>,
}

/// What became of features that were to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureWrite {
    /// They are in the file.
    Written,
    /// Another process is writing features just now.
    Busy,
    /// They would take `bytes`, and all features together may take no more than `most`.
    TooLarge {
        /// Bytes of the file.
        bytes: u64,
        /// Bytes that files of features may take.
        most: u64,
    },
}

impl FeatureFile {
    /// The file of the features that everything in `key` determines.
    pub fn new(cache: &Path, key: Digest) -> FeatureFile {
        FeatureFile {
            cache: cache.to_owned(),
            key,
        }
    }

    /// Where the file is, if there is one.
    pub fn path(&self) -> PathBuf {
        let name = &self.key.to_hex()[..32];
        features_folder(&self.cache).join(format!("{name}{FEATURES}"))
    }

    /// The features of so many images, if they are in the cache and take at most `most` bytes.
    ///
    /// # Errors
    /// `Damaged` if the file is not what was written, `Io` if it cannot be read.
    pub fn read(&self, images: usize, most: u64) -> Result<Option<StoredFeatures>, DataError> {
        let path = self.path();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(DataError::io("read", &path)(e)),
        };
        mark_used(&file);
        self.read_values(file, &path, (images, most))
    }

    fn read_values(
        &self,
        mut file: File,
        path: &Path,
        (images, most): (usize, u64),
    ) -> Result<Option<StoredFeatures>, DataError> {
        let found = file.metadata().map_err(DataError::io("read", path))?.len();
        let mut header = [0; HEADER];
        let read = file.read_exact(&mut header);
        read.map_err(|_| DataError::damaged(path, "has no whole header"))?;
        let values_per_image = values_per_image(&header);
        let bytes = bytes_of(images, values_per_image);
        let fields = header_fields(images, values_per_image);
        if header[..FIELDS] != fields || found != (HEADER as u64).saturating_add(bytes) {
            let found = thousands(found);
            let problem = format!("{found} bytes are not the features of {images} images");
            return Err(DataError::damaged(path, problem));
        }
        if bytes > most {
            return Ok(None);
        }
        let mut hasher = self.hasher(&fields);
        let mut values = Vec::with_capacity(bytes as usize / VALUE);
        let mut block = vec![0; BLOCK];
        let mut left = bytes as usize;
        while left > 0 {
            let part = &mut block[..left.min(BLOCK)];
            file.read_exact(part).map_err(DataError::io("read", path))?;
            hasher.update(part);
            let (numbers, _) = part.as_chunks();
            values.extend(numbers.iter().map(|&b| f32::from_le_bytes(b)));
            left -= part.len();
        }
        if hasher.finalize() != checksum(&header) {
            let problem = "its bytes do not have the hash that was written with them";
            return Err(DataError::damaged(path, problem));
        }
        Ok(Some(StoredFeatures {
            values_per_image,
            values,
        }))
    }

    /// Writes the features of these images, all of the same length, unless the file is there or
    /// another process writes some just now. Those that were used least recently are removed where
    /// there is no room for these.
    ///
    /// # Errors
    /// `Io` if the system refuses; the file is then not there.
    pub fn write(&self, images: &[&[f32]]) -> Result<FeatureWrite, DataError> {
        let folder = features_folder(&self.cache);
        let Some(_lock) = CacheLock::try_acquire(&folder, FEATURES_LOCK)? else {
            return Ok(FeatureWrite::Busy);
        };
        let path = self.path();
        if path.exists() {
            return Ok(FeatureWrite::Written);
        }
        let values_per_image = images.first().map_or(0, |image| image.len());
        let bytes = HEADER as u64 + bytes_of(images.len(), values_per_image);
        if let Some(most) = make_room(&folder, bytes)? {
            return Ok(FeatureWrite::TooLarge { bytes, most });
        }
        let fields = header_fields(images.len(), values_per_image);
        let mut hasher = self.hasher(&fields);
        for image in images {
            hasher.update(&bytes_of_values(image));
        }
        let mut file = BufWriter::with_capacity(BLOCK, NewFile::create(&path)?);
        let mut write = |bytes: &[u8]| file.write_all(bytes);
        let written = write(&fields).and_then(|()| write(hasher.finalize().as_bytes()));
        let mut images = images.iter();
        let written = written.and_then(|()| images.try_for_each(|i| write(&bytes_of_values(i))));
        written.map_err(DataError::io("write", &path))?;
        let file = file.into_inner();
        let file = file.map_err(|e| DataError::io("write", &path)(e.into_error()))?;
        // What a power cut damages is noticed and made again.
        file.finish(Durability::SystemCache)?;
        Ok(FeatureWrite::Written)
    }

    /// Removes the file, if there is one.
    ///
    /// # Errors
    /// `Io` if the system refuses.
    pub fn remove(&self) -> Result<(), DataError> {
        let path = self.path();
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(DataError::io("remove", &path)(e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn hasher(&self, fields: &[u8; FIELDS]) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.key.as_bytes()).update(fields);
        hasher
    }
}

fn header_fields(images: usize, values_per_image: usize) -> [u8; FIELDS] {
    let mut fields = [0; FIELDS];
    fields[..8].copy_from_slice(MAGIC);
    fields[8..16].copy_from_slice(&(images as u64).to_le_bytes());
    fields[16..].copy_from_slice(&(values_per_image as u64).to_le_bytes());
    fields
}

fn values_per_image(header: &[u8; HEADER]) -> usize {
    let mut number = [0; 8];
    number.copy_from_slice(&header[16..FIELDS]);
    usize::try_from(u64::from_le_bytes(number)).unwrap_or(usize::MAX)
}

fn checksum(header: &[u8; HEADER]) -> blake3::Hash {
    let mut hash = [0; blake3::OUT_LEN];
    hash.copy_from_slice(&header[FIELDS..]);
    blake3::Hash::from_bytes(hash)
}

fn bytes_of(images: usize, values_per_image: usize) -> u64 {
    let values = (images as u64).saturating_mul(values_per_image as u64);
    values.saturating_mul(VALUE as u64)
}

fn bytes_of_values(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}
