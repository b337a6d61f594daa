//! The decoded file: one image set as bytes, ready to be mapped.
//!
//! ```text
//! header 128 bytes | pixels u8 [images, channels, height, width] | labels u16 [images] | JSON
//! header: magic 8 | version u32 | channels, height, width u32 | training, test images u32 | JSON bytes u64 | BLAKE3 32 | zeros
//! ```
//! Numbers are little-endian, training images come first. The BLAKE3 covers everything after the header, then the header's
//! first 40 bytes.

use crate::set::{ImageSet, Inner};
use crate::{DataError, files, mapped};
use convsweep_spec::data::DataFacts;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"CNVSWEEP";
const HEADER: usize = 128;
const FIELDS: usize = 40;

/// Version of the file and of what decoding makes of an image; part of the file's name.
pub(crate) const VERSION: u32 = 1;

/// What else a decoded file says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Extra {
    /// Paths by row (training, then test), relative to the set; empty for sets that are not single files.
    pub(crate) names: Vec<String>,
    /// Images that were left out, each with the reason.
    pub(crate) skipped: Vec<String>,
}

/// Writes a decoded file, image by image.
pub(crate) struct Writer<'a> {
    path: PathBuf,
    facts: &'a DataFacts,
    file: BufWriter<File>,
    hash: blake3::Hasher,
    labels: Vec<u16>,
}

impl<'a> Writer<'a> {
    /// Begins the file that will be at `path` once [`Writer::finish`] has written it whole.
    pub(crate) fn create(path: &Path, facts: &'a DataFacts) -> Result<Writer<'a>, DataError> {
        let part = files::part(path);
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&part).map_err(DataError::io("write", &part))?);
        file.write_all(&[0; HEADER]).map_err(DataError::io("write", &part))?;
        Ok(Writer { path: path.to_owned(), facts, file, hash: blake3::Hasher::new(), labels: Vec::new() })
    }

    /// Adds the next image, `[channels, height, width]`; first all training, then all test images.
    pub(crate) fn push(&mut self, image: &[u8], label: u16) -> Result<(), DataError> {
        let facts = self.facts;
        debug_assert_eq!(image.len(), (facts.channels * facts.height * facts.width) as usize);
        if usize::from(label) >= facts.classes.len() {
            let row = self.labels.len();
            let classes = facts.classes.len();
            return Err(DataError::damaged(&self.path, format!("image {row} has label {label} of {classes} classes")));
        }
        self.labels.push(label);
        self.write(image)
    }

    /// Writes what is left and gives the file its name.
    pub(crate) fn finish(mut self, extra: &Extra) -> Result<(), DataError> {
        let (facts, part) = (self.facts, files::part(&self.path));
        debug_assert_eq!(self.labels.len(), (facts.train_images + facts.test_images) as usize);
        let labels: Vec<u8> = self.labels.iter().flat_map(|label| label.to_le_bytes()).collect();
        self.write(&labels)?;
        let extra = serde_json::to_vec(extra).map_err(|e| DataError::Invalid(format!("names of images: {e}")))?;
        self.write(&extra)?;
        let fields = fields(facts, extra.len() as u64);
        self.hash.update(&fields);
        let mut file = self.file.into_inner().map_err(|e| DataError::io("write", &part)(e.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(DataError::io("write", &part))?;
        file.write_all(&fields).map_err(DataError::io("write", &part))?;
        file.write_all(self.hash.finalize().as_bytes()).map_err(DataError::io("write", &part))?;
        files::publish(&file, &part, &self.path)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), DataError> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(DataError::io("write", &files::part(&self.path)))
    }
}

/// The header's numbers.
fn fields(facts: &DataFacts, extra: u64) -> [u8; FIELDS] {
    let mut out = [0; FIELDS];
    out[..8].copy_from_slice(MAGIC);
    let numbers = [VERSION, facts.channels, facts.height, facts.width, facts.train_images, facts.test_images];
    for (i, number) in numbers.into_iter().enumerate() {
        out[8 + 4 * i..][..4].copy_from_slice(&number.to_le_bytes());
    }
    out[32..].copy_from_slice(&extra.to_le_bytes());
    out
}

/// Maps the decoded file of the set that `facts` describes; `None` where there is no such file.
///
/// The whole file is read once to check its sum.
pub(crate) fn read(path: &Path, facts: &DataFacts) -> Result<Option<ImageSet>, DataError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(DataError::io("read", path)(e)),
    };
    let damaged = |what: String| DataError::damaged(path, format!("{what}; delete the file, it is made anew"));
    let found = file.metadata().map_err(DataError::io("read", path))?.len();
    if found < HEADER as u64 {
        return Err(damaged(format!("{found} bytes found, a header of {HEADER} expected")));
    }
    let map = mapped::map(&file, path)?;
    let mut extra = [0; 8];
    extra.copy_from_slice(&map[32..FIELDS]);
    let extra = u64::from_le_bytes(extra);
    if map[..FIELDS] != fields(facts, extra) {
        return Err(damaged("the header is not that of this image set".to_string()));
    }
    let pixels = |images: u32| images as usize * (facts.channels * facts.height * facts.width) as usize;
    let images = (facts.train_images + facts.test_images) as usize;
    let train = HEADER..HEADER + pixels(facts.train_images);
    let test = train.end..train.end + pixels(facts.test_images);
    let labels = test.end..test.end + 2 * images;
    let expected = (labels.end as u64).saturating_add(extra);
    if found != expected {
        let (found, expected) = (files::thousands(found), files::thousands(expected));
        return Err(damaged(format!("{found} bytes found, {expected} expected")));
    }
    let sum = blake3::Hasher::new().update(&map[HEADER..]).update(&map[..FIELDS]).finalize();
    let kept = &map[FIELDS..FIELDS + 32];
    if sum.as_bytes() != kept {
        let kept: String = kept.iter().map(|b| format!("{b:02x}")).collect();
        return Err(damaged(format!("BLAKE3 {sum} found, {kept} expected")));
    }
    let extra: Extra = serde_json::from_slice(&map[labels.end..]).map_err(|e| damaged(e.to_string()))?;
    let labels = map[labels].chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
    let Extra { names, skipped } = extra;
    let inner = Inner { map, facts: facts.clone(), train, test, labels, names, skipped };
    Ok(Some(ImageSet(Arc::new(inner))))
}
