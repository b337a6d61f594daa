//! `predictions.csv`: the prediction for every image, with the name of its file.

use super::csv_text::CsvRows;
use crate::job_files::{JobFiles, PredictedImage, predictions};
use crate::ranking::{Ranking, class_name};
use convsweep_spec::data::ImageNames;
use convsweep_spec::event::Part;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder};
use std::io::{self, Write};

/// Bytes of the largest `predictions.csv` that a report has.
pub const LARGEST_PREDICTIONS: u64 = 50_000_000;

/// Columns of the table, here and in SQL.
pub const PREDICTION_COLUMNS: [&str; 7] = [
    "job",
    "part",
    "image",
    "file",
    "class",
    "predicted",
    "probability",
];

/// Writes predictions as CSV, job by job.
pub struct PredictionsCsv<W: Write>(CsvRows<W>);

impl<W: Write> PredictionsCsv<W> {
    /// Writes the heading.
    ///
    /// # Errors
    /// Where the file cannot be written, here and below.
    pub fn new(to: W) -> Result<PredictionsCsv<W>, csv::Error> {
        Ok(PredictionsCsv(CsvRows::new(to, &PREDICTION_COLUMNS)?))
    }

    /// Writes a row for each image that a job predicted. `file` is empty where `names` has no name.
    pub fn job(
        &mut self,
        job: &JobId,
        images: &[PredictedImage],
        (names, classes): (&ImageNames, &[String]),
    ) -> Result<(), csv::Error> {
        for image in images {
            let name = names.name(image.part == Part::Test, image.index);
            self.0.row([
                job.0.as_str(),
                image.part.name(),
                &image.index.to_string(),
                name.unwrap_or_default(),
                &class_name(classes, image.label.into()),
                &class_name(classes, image.predicted.into()),
                &(image.probability as f32).to_string(),
            ])?;
        }
        Ok(())
    }

    /// Writes what is not written yet.
    pub fn finish(self) -> Result<(), csv::Error> {
        self.0.finish()
    }
}

/// Writes the predictions of the chosen configuration's finished jobs, for validation and test
/// images. What cannot be read is left out: the report says so where it shows the images. Whether
/// the file is complete; if not, it would be larger than [`LARGEST_PREDICTIONS`].
///
/// # Errors
/// Where the file cannot be written.
pub fn write_predictions_csv(
    (ranking, files): (&Ranking, &JobFiles),
    results: &ResultsFolder,
    to: impl Write,
) -> Result<bool, csv::Error> {
    let limited = LimitedWriter {
        to,
        left: LARGEST_PREDICTIONS,
    };
    let mut table = PredictionsCsv::new(limited)?;
    for run in ranking.best().into_iter().flat_map(|best| best.finished()) {
        let job = &run.job.job;
        let path = results.job(job).join(PREDICTIONS);
        let hash = run.job.hashes.get(PREDICTIONS).map(String::as_str);
        let parts = [Part::Validation, Part::Test];
        let Ok(images) = predictions::read_all(&path, hash, &parts) else {
            continue;
        };
        let written = table.job(job, &images, (&files.names, &ranking.revision.classes));
        if is_too_large(&written) {
            return Ok(false);
        }
        written?;
    }
    let finished = table.finish();
    match is_too_large(&finished) {
        true => Ok(false),
        false => finished.map(|()| true),
    }
}

/// Refuses to write more than this number of bytes.
struct LimitedWriter<W> {
    to: W,
    left: u64,
}

/// That a file would be larger than its limit.
#[derive(Debug, thiserror::Error)]
#[error("larger than its limit")]
struct TooLarge;

impl<W: Write> Write for LimitedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            return Err(io::Error::other(TooLarge));
        }
        let written = self.to.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn is_too_large(written: &Result<(), csv::Error>) -> bool {
    let Err(error) = written else {
        return false;
    };
    match error.kind() {
        csv::ErrorKind::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<TooLarge>()),
        _ => false,
    }
}
