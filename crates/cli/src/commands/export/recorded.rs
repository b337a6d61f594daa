//! The predictions that a job recorded, for a comparison.

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::inference::NamedModel;
use anyhow::Result;
use convsweep_report::job_files::predictions;
use convsweep_spec::event::Part;
use convsweep_spec::inference::{ExportCheck, RecordedPrediction};
use convsweep_spec::layout::PREDICTIONS;
use convsweep_store::PredictedBy;

/// At most `most` of the validation images of the model's first job with what it predicted, evenly
/// spaced; test images if it had none for validation.
pub fn recorded_predictions(
    context: &Context,
    model: &NamedModel,
    most: usize,
) -> Result<ExportCheck> {
    let job = &model.ensemble.networks[0].job;
    let database = context.database()?;
    let found = database.predicted_jobs(PredictedBy::Job(job));
    let found = found.code(Exit::Results)?.into_iter().next();
    let none = || {
        let message = format!(
            "job {job} has recorded no predictions, so nothing can show that a file computes the \
            same; `convsweep why {job}` says more"
        );
        failure(Exit::Results, message)
    };
    let found = found.ok_or_else(none)?;
    let path = context.results.job(job).join(PREDICTIONS);
    let mut read = Vec::new();
    for part in [Part::Validation, Part::Test] {
        if read.is_empty() {
            let images = predictions::read_all(&path, found.blake3.as_deref(), &[part]);
            read = images.map_err(|error| {
                let path = path.display();
                let message = format!(
                    "the predictions of job {job} cannot be read ({path}: {error}); \
                    `convsweep retry {job} --damaged` trains it again"
                );
                failure(Exit::Results, message)
            })?;
        }
    }
    let part = read.first().ok_or_else(none)?.part;
    let count = most.clamp(1, read.len());
    let evenly = (0..count).map(|i| &read[i * read.len() / count]);
    Ok(ExportCheck {
        data_cache: context.data()?.to_path_buf(),
        data: found.data,
        data_hash: found.data_hash,
        part,
        predictions: evenly
            .map(|image| RecordedPrediction {
                row: image.index,
                class: image.predicted,
                probability: image.probability as f32,
            })
            .collect(),
    })
}
