//! The predictions of a job with the names of its images.

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::image_names;
use convsweep_report::job_files::{PredictedImage, predictions};
use convsweep_report::ranking::class_name;
use convsweep_spec::data::{DataSpec, ImageNames};
use convsweep_spec::event::Part;
use convsweep_spec::layout::PREDICTIONS;
use convsweep_store::{Database, PredictedBy, PredictedJob, PredictionRow};
use std::rc::Rc;

/// The predictions of a job.
pub struct JobPredictions<'a> {
    /// The job.
    pub job: &'a PredictedJob,
    /// Its predictions, in the order of its images.
    pub images: Vec<PredictedImage>,
    /// Names of its images; empty if they are not known.
    pub names: Rc<ImageNames>,
}

/// Names of the images of the sets so far.
#[derive(Default)]
pub struct ImageSets(Vec<(DataSpec, String, Rc<ImageNames>)>);

impl ImageSets {
    /// The names of a job's images. Says once for each set if they should have names and are not
    /// known.
    fn names(&mut self, context: &Context, job: &PredictedJob) -> Rc<ImageNames> {
        let known = self.0.iter();
        let mut known = known.filter(|(set, hash, _)| (set, hash) == (&job.data, &job.data_hash));
        if let Some((_, _, names)) = known.next() {
            return Rc::clone(names);
        }
        let data = context.data().ok();
        let found = data.and_then(|cache| image_names(cache, &job.data, &job.data_hash));
        if found.is_none() && job.data.source.is_of_the_user() {
            say_error(
                "note: the files of the images are not named: their set is not decoded on this \
                machine, or not under this data folder; `convsweep run` of the file decodes it",
            );
        }
        let names = Rc::new(found.unwrap_or_default());
        let entry = (job.data.clone(), job.data_hash.clone(), Rc::clone(&names));
        self.0.push(entry);
        names
    }
}

impl<'a> JobPredictions<'a> {
    /// Reads the predictions of a job for the images of these parts.
    ///
    /// # Errors
    /// If the job's file of predictions is missing or damaged.
    pub fn read(
        context: &Context,
        job: &'a PredictedJob,
        parts: &[Part],
        sets: &mut ImageSets,
    ) -> Result<JobPredictions<'a>> {
        let path = context.results.job(&job.job).join(PREDICTIONS);
        let images = predictions::read_all(&path, job.blake3.as_deref(), parts);
        let images = images.map_err(|error| {
            let (id, path) = (&job.job, path.display());
            let message = format!(
                "the predictions of job {id} cannot be read ({path}: {error}); \
                `convsweep retry {id} --damaged` trains it again"
            );
            failure(Exit::Results, message)
        })?;
        Ok(JobPredictions {
            job,
            images,
            names: sets.names(context, job),
        })
    }

    /// Calls `visit` for each image.
    ///
    /// # Errors
    /// The first that `visit` answers.
    pub fn each(&self, mut visit: impl FnMut(PredictionRow) -> Result<()>) -> Result<()> {
        let classes = &self.job.classes;
        for image in &self.images {
            visit(PredictionRow {
                experiment: &self.job.experiment,
                job: &self.job.job,
                part: image.part.name(),
                image: image.index,
                file: self.names.name(image.part == Part::Test, image.index),
                class: &class_name(classes, image.label.into()),
                predicted: &class_name(classes, image.predicted.into()),
                probability: image.probability,
            })?;
        }
        Ok(())
    }
}

/// Fills the table `predictions` of a query with the predictions of the chosen configuration of
/// every experiment. Says which cannot be read.
///
/// # Errors
/// If the database cannot be read or the table cannot be written.
pub fn fill_table(context: &Context, database: &Database) -> Result<()> {
    let jobs = database
        .predicted_jobs(PredictedBy::Chosen)
        .code(Exit::Results)?;
    let mut table = database.begin_predictions().code(Exit::Results)?;
    let mut sets = ImageSets::default();
    for job in &jobs {
        match JobPredictions::read(context, job, &[Part::Validation, Part::Test], &mut sets) {
            Ok(found) => found.each(|row| table.add(&row).code(Exit::Results))?,
            Err(error) => say_error(&format!("note: {error:#}")),
        }
    }
    table.finish().code(Exit::Results)
}
