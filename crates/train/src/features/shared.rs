//! Features in the data cache, where other jobs find them.

use super::images::FeatureImages;
use super::kept::KeptFeatures;
use crate::job_data::JobData;
use crate::process::program_hash;
use convsweep_data::{DataError, FeatureFile, FeatureWrite};
use convsweep_nn::{Network, instructions};
use convsweep_spec::canonical::{digest, hash_of};
use convsweep_spec::job::Job;
use convsweep_spec::words::bytes;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process writes no more features into the data cache: it said why.
static GIVEN_UP: AtomicBool = AtomicBool::new(false);

/// The features of some images of a job in the data cache.
pub(super) struct SharedFeatures<'a> {
    file: FeatureFile,
    data: &'a JobData,
    images: FeatureImages,
}

impl<'a> SharedFeatures<'a> {
    /// Those that the operations with this digest make; `None` if none are shared. Everything that
    /// determines a bit of them is part of the file's key.
    pub(super) fn of(
        job: &Job,
        data: &'a JobData,
        images: FeatureImages,
        digest_of_operations: &str,
    ) -> Option<SharedFeatures<'a>> {
        let rows = images.rows(data).iter();
        let rows: Vec<u8> = rows.flat_map(|row| row.to_le_bytes()).collect();
        let configuration = &job.question.configuration;
        let key = json!({
            "program": program_hash()?,
            "instructions": instructions(),
            "operations": digest_of_operations,
            "set": job.question.data_hash,
            "data": configuration.data,
            "augment": configuration.augment,
            "normalization": data.batcher.normalization(),
            "images": images,
            "rows": hash_of(&rows),
        });
        let file = FeatureFile::new(&job.execution.data_cache, digest(&key));
        Some(SharedFeatures { file, data, images })
    }

    /// Reads the features, if they are there and take at most `most` bytes. Those of the first image
    /// are computed and compared.
    ///
    /// # Errors
    /// If the images cannot be read.
    pub(super) fn read(
        &self,
        network: (&Network, usize),
        most: u64,
        warnings: &mut Vec<String>,
    ) -> Result<Option<KeptFeatures>, DataError> {
        let rows = self.images.rows(self.data);
        let stored = match self.file.read(rows.len(), most) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(None),
            Err(error @ DataError::Damaged { .. }) => {
                self.refuse(error.to_string(), warnings);
                return Ok(None);
            }
            Err(error) => {
                warnings.extend(give_up(error.to_string()));
                return Ok(None);
            }
        };
        let first = self.images.compute(network, self.data, &rows[..1])?;
        if !first.are(&stored.values[..stored.values_per_image]) {
            let path = self.file.path();
            let path = path.display();
            self.refuse(
                format!("{path}: are not the features of this set"),
                warnings,
            );
            return Ok(None);
        }
        Ok(Some(KeptFeatures::of(rows, stored, &first)))
    }

    /// Removes a file that cannot be used.
    fn refuse(&self, problem: String, warnings: &mut Vec<String>) {
        warnings.push(format!("{problem}; the features are computed again"));
        if let Err(error) = self.file.remove() {
            warnings.extend(give_up(error.to_string()));
        }
    }

    /// Writes the features once all of them are kept.
    pub(super) fn write(&self, kept: &mut KeptFeatures, warnings: &mut Vec<String>) {
        if GIVEN_UP.load(Ordering::Relaxed) {
            return;
        }
        let Some(by_image) = kept.by_image(self.images.rows(self.data)) else {
            return;
        };
        match self.file.write(&by_image) {
            Ok(FeatureWrite::Busy) => return,
            Ok(FeatureWrite::Written) => {}
            Ok(FeatureWrite::TooLarge { bytes: size, most }) => {
                let (size, most) = (bytes(size as f64), bytes(most as f64));
                let why = format!("{size} of features, where the disk has room for {most}");
                warnings.extend(give_up(why));
            }
            Err(error) => warnings.extend(give_up(error.to_string())),
        }
        kept.is_settled = true;
    }
}

/// Writes no more features, and says so if that is new.
fn give_up(why: String) -> Option<String> {
    let is_new = !GIVEN_UP.swap(true, Ordering::Relaxed);
    is_new
        .then(|| format!("what frozen layers make of the images is not kept for other jobs: {why}"))
}
