//! The decoded file: one image set as bytes, ready to be read image by image.
//!
//! ```text
//! header 128 bytes | pixels u8 [images, channels, height, width] | labels u16 [images] | CRC-32 of each image u32 [images] | JSON
//! header: magic 8 | version u32 | channels, height, width u32 | training, test images u32 | JSON bytes u64 | BLAKE3 32 | zeros
//! ```
//! Numbers are little-endian, training images come first. The BLAKE3 covers everything behind the
//! pixels, then the header's first 40 bytes; it is checked when the file is opened. The pixels are
//! checked image by image as they are read, so that opening a set of any size takes no time and no
//! memory.

use crate::DataError;
use crate::set::{ImageSet, Inner};
use convsweep_files::{Durability, NewFile, partial_path};
use convsweep_spec::data::DataFacts;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"CNVSWEEP";
const HEADER: usize = 128;
const FIELDS: usize = 40;

/// Version of the file and of what decoding makes of an image; part of the file's name.
pub(crate) const VERSION: u32 = 2;

/// What else a decoded file says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Extra {
    /// Paths by row (training, then test), relative to the set; empty for sets that are not single
    /// files.
    pub(crate) names: Vec<String>,
    /// Images that were left out, each with the reason.
    pub(crate) skipped: Vec<String>,
}

/// Writes a decoded file, image by image.
pub(crate) struct Writer<'a> {
    path: PathBuf,
    facts: &'a DataFacts,
    file: BufWriter<NewFile>,
    labels: Vec<u16>,
    sums: Vec<u32>,
}

impl<'a> Writer<'a> {
    /// Begins the file that will be at `path` once [`Writer::finish`] has written it whole.
    pub(crate) fn create(path: &Path, facts: &'a DataFacts) -> Result<Writer<'a>, DataError> {
        let file = BufWriter::with_capacity(1 << 20, NewFile::create(path)?);
        let mut writer = Writer {
            path: path.to_owned(),
            facts,
            file,
            labels: Vec::new(),
            sums: Vec::new(),
        };
        writer.write(&[0; HEADER])?;
        Ok(writer)
    }

    /// Adds the next image, `[channels, height, width]`; first all training, then all test images.
    pub(crate) fn push(&mut self, image: &[u8], label: u16) -> Result<(), DataError> {
        let facts = self.facts;
        debug_assert_eq!(
            image.len(),
            (facts.channels * facts.height * facts.width) as usize
        );
        if usize::from(label) >= facts.classes.len() {
            let row = self.labels.len();
            let classes = facts.classes.len();
            return Err(DataError::damaged(
                &self.path,
                format!("image {row} has label {label} of {classes} classes"),
            ));
        }
        self.labels.push(label);
        self.sums.push(crc32fast::hash(image));
        self.write(image)
    }

    /// Writes what is left and gives the file its name.
    pub(crate) fn finish(mut self, extra: &Extra) -> Result<(), DataError> {
        let (facts, part) = (self.facts, partial_path(&self.path));
        debug_assert_eq!(
            self.labels.len(),
            (facts.train_images + facts.test_images) as usize
        );
        let extra = serde_json::to_vec(extra)
            .map_err(|e| DataError::Invalid(format!("names of images: {e}")))?;
        let fields = fields(facts, extra.len() as u64);
        let labels = self.labels.iter().flat_map(|label| label.to_le_bytes());
        let sums = self.sums.iter().flat_map(|sum| sum.to_le_bytes());
        let behind: Vec<u8> = labels.chain(sums).chain(extra).collect();
        self.write(&behind)?;
        let mut file = self
            .file
            .into_inner()
            .map_err(|e| DataError::io("write", &part)(e.into_error()))?;
        file.seek(SeekFrom::Start(0))
            .map_err(DataError::io("write", &part))?;
        file.write_bytes(&fields)?;
        file.write_bytes(sum_of(&behind, &fields).as_bytes())?;
        Ok(file.finish(Durability::Content)?)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.file
            .write_all(bytes)
            .map_err(DataError::io("write", &partial_path(&self.path)))
    }
}

/// The sum over what lies behind the pixels, and the header's numbers.
fn sum_of(behind: &[u8], fields: &[u8]) -> blake3::Hash {
    blake3::Hasher::new()
        .update(behind)
        .update(fields)
        .finalize()
}

/// The header's numbers.
fn fields(facts: &DataFacts, extra: u64) -> [u8; FIELDS] {
    let mut out = [0; FIELDS];
    out[..8].copy_from_slice(MAGIC);
    let numbers = [
        VERSION,
        facts.channels,
        facts.height,
        facts.width,
        facts.train_images,
        facts.test_images,
    ];
    for (i, number) in numbers.into_iter().enumerate() {
        out[8 + 4 * i..][..4].copy_from_slice(&number.to_le_bytes());
    }
    out[32..].copy_from_slice(&extra.to_le_bytes());
    out
}

/// Opens the decoded file of the set that `facts` describes; `None` where there is no such file.
pub(crate) fn read(path: &Path, facts: &DataFacts) -> Result<Option<ImageSet>, DataError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(DataError::io("read", path)(e)),
    };
    let damaged = |what: String| {
        DataError::damaged(path, format!("{what}; delete the file, it is made anew"))
    };
    let found = file.metadata().map_err(DataError::io("read", path))?.len();
    if found < HEADER as u64 {
        return Err(damaged(format!(
            "{found} bytes found, a header of {HEADER} expected"
        )));
    }
    let part = |from: usize, len: usize| -> Result<Vec<u8>, DataError> {
        let mut bytes = vec![0; len];
        file.read_exact_at(&mut bytes, from as u64)
            .map_err(DataError::io("read", path))?;
        Ok(bytes)
    };
    let header = part(0, HEADER)?;
    let mut extra = [0; 8];
    extra.copy_from_slice(&header[32..FIELDS]);
    let extra = u64::from_le_bytes(extra);
    if header[..FIELDS] != fields(facts, extra) {
        return Err(damaged(
            "the header is not that of this image set".to_string(),
        ));
    }
    let images = (facts.train_images + facts.test_images) as usize;
    let pixels = images * (facts.channels * facts.height * facts.width) as usize;
    let expected = ((HEADER + pixels + 6 * images) as u64).saturating_add(extra);
    if found != expected {
        let (found, expected) = (
            convsweep_spec::words::thousands(found),
            convsweep_spec::words::thousands(expected),
        );
        return Err(damaged(format!("{found} bytes found, {expected} expected")));
    }
    let behind = part(HEADER + pixels, 6 * images + extra as usize)?;
    let (sum, kept) = (
        sum_of(&behind, &header[..FIELDS]),
        &header[FIELDS..FIELDS + 32],
    );
    if sum.as_bytes() != kept {
        let kept: String = kept.iter().map(|b| format!("{b:02x}")).collect();
        return Err(damaged(format!("BLAKE3 {sum} found, {kept} expected")));
    }
    let (labels, rest) = behind.split_at(2 * images);
    let (sums, extra) = rest.split_at(4 * images);
    let extra: Extra = serde_json::from_slice(extra).map_err(|e| damaged(e.to_string()))?;
    let labels = labels
        .as_chunks()
        .0
        .iter()
        .map(|&b| u16::from_le_bytes(b))
        .collect();
    let sums = sums
        .as_chunks()
        .0
        .iter()
        .map(|&b| u32::from_le_bytes(b))
        .collect();
    let Extra { names, skipped } = extra;
    let path = path.to_owned();
    let inner = Inner {
        file,
        path,
        pixels: HEADER as u64,
        facts: facts.clone(),
        labels,
        sums,
        names,
        skipped,
    };
    Ok(Some(ImageSet(Arc::new(inner))))
}
