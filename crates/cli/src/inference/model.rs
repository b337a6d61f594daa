//! The trained networks that the user names.

use crate::context::Context;
use crate::exit::{Code, Exit, data_failure, failure};
use crate::planning::lookup::{find_job, is_experiment, unknown_experiment};
use crate::planning::trained_weights::{best_job, verified_weights};
use anyhow::Result;
use convsweep_data::{Batcher, decoded_set, open, picture, split};
use convsweep_files::FileError;
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::{ImageLimits, ImagePreparation, ImageTable, Source};
use convsweep_spec::device::{DeviceFamily, DeviceName};
use convsweep_spec::id::JobId;
use convsweep_spec::inference::{Ensemble, TrainedNetwork};
use convsweep_spec::job::Question;
use convsweep_spec::seal::header_length;
use convsweep_spec::shape::{ModelSummary, Shape, ShapeError, summarize};
use convsweep_spec::weights::ModelDescription;
use convsweep_store::{Database, PredictedBy};
use image::RgbImage;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What stands before the name of an experiment whose best networks are meant.
const BEST: &str = "best:";

/// Trained networks that the user named.
pub struct NamedModel {
    /// The networks, and how images are prepared for them.
    pub ensemble: Ensemble,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// The table that names the images that the first of them was trained on, if one does.
    pub table: Option<ImageTable>,
}

/// The networks that `name` means: a job's id, several with commas between them, or
/// `best:EXPERIMENT`; with `all_seeds` all finished jobs of that experiment's best configuration.
///
/// # Errors
/// If there are no such jobs, they have left no weights, or do not fit together.
pub fn find_model(context: &Context, name: &str, all_seeds: bool) -> Result<NamedModel> {
    if all_seeds && !name.contains(BEST) {
        let message = format!(
            "--ensemble takes all seeds of an experiment's best configuration, best:EXPERIMENT; \
            jobs predict together as they are named, with commas between them: {name}"
        );
        return Err(failure(Exit::Wrong, message));
    }
    let database = context.database()?;
    let jobs = named_jobs(&database, name, all_seeds)?;
    let mut model: Option<NamedModel> = None;
    for job in &jobs {
        let found = trained_model(context, &database, job)?;
        match &mut model {
            None => model = Some(found),
            Some(model) => model.join(found)?,
        }
    }
    model.ok_or_else(|| failure(Exit::Wrong, no_job(name)))
}

/// The one network that `name` means, for what is done with one at a time; `purpose` says what, in
/// words before "one network".
///
/// # Errors
/// As [`find_model`], and if `name` means several.
pub fn find_network(context: &Context, name: &str, purpose: &str) -> Result<NamedModel> {
    let database = context.database()?;
    match named_jobs(&database, name, false)?.as_slice() {
        [job] => trained_model(context, &database, job),
        [] => Err(failure(Exit::Wrong, no_job(name))),
        [first, second, rest @ ..] => {
            let more = if rest.is_empty() { "" } else { ", …" };
            let message = format!(
                "{purpose} one network, and \"{name}\" names several: {first}, {second}{more}"
            );
            Err(failure(Exit::Wrong, message))
        }
    }
}

fn no_job(name: &str) -> String {
    format!("\"{name}\" names no job")
}

impl NamedModel {
    /// The layers of its (first) network.
    ///
    /// # Errors
    /// If the recorded architecture does not fit the images.
    pub fn summary(&self) -> Result<ModelSummary, ShapeError> {
        let [channels, height, width] = self.sides();
        let input = Shape::Image {
            channels,
            height,
            width,
        };
        let architecture = &self.ensemble.networks[0].architecture;
        summarize(architecture, input, self.ensemble.classes)
    }

    /// An image for people of what the network reads, `[channels, height, width]`.
    pub fn picture(&self, pixels: &[u8]) -> RgbImage {
        picture(pixels, self.sides().map(|n| n as usize))
    }

    /// Channels, height and width of the images.
    fn sides(&self) -> [u32; 3] {
        let preparation = &self.ensemble.preparation;
        let resize = &preparation.resize;
        [preparation.channels, resize.height, resize.width]
    }

    /// Adds the networks of another model.
    fn join(&mut self, other: NamedModel) -> Result<()> {
        let (all, new) = (&mut self.ensemble, other.ensemble);
        let differs = |what: &str| {
            let (first, second) = (&all.networks[0].job, &new.networks[0].job);
            let message = format!(
                "jobs {first} and {second} cannot predict together: {what}; name jobs that were \
                trained on the same classes and size of images"
            );
            Err(failure(Exit::Wrong, message))
        };
        if self.classes != other.classes {
            return differs("they know other classes");
        }
        if all.preparation != new.preparation {
            return differs("their images are prepared in different ways");
        }
        all.networks.extend(new.networks);
        Ok(())
    }
}

/// The jobs that `name` means.
fn named_jobs(database: &Database, name: &str, all_seeds: bool) -> Result<Vec<JobId>> {
    let mut jobs = Vec::new();
    for part in name
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let found = match part.strip_prefix(BEST) {
            Some(experiment) => best_jobs(database, experiment, all_seeds)?,
            None if is_experiment(database, part) => {
                let message = format!(
                    "\"{part}\" is an experiment: best:{part} names its best network, and \
                    `convsweep status {part}` lists the ids of its jobs"
                );
                return Err(failure(Exit::Wrong, message));
            }
            None => vec![find_job(database, part)?],
        };
        for job in found {
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        }
    }
    Ok(jobs)
}

fn best_jobs(database: &Database, experiment: &str, all_seeds: bool) -> Result<Vec<JobId>> {
    if !is_experiment(database, experiment) {
        return Err(unknown_experiment(database, experiment));
    }
    if !all_seeds {
        let best = best_job(database, experiment);
        return Ok(vec![best.map_err(|e| {
            failure(Exit::Wrong, format!("{experiment}: {e}"))
        })?]);
    }
    let chosen = PredictedBy::ChosenOf(experiment);
    let found = database.predicted_jobs(chosen).code(Exit::Results)?;
    match found.is_empty() {
        false => Ok(found.into_iter().map(|job| job.job).collect()),
        true => Err(failure(
            Exit::Wrong,
            format!("no job of the best configuration of {experiment} has finished"),
        )),
    }
}

/// The network that a job trained.
///
/// # Errors
/// If it has left no weights, or nothing says how they are to be used.
pub fn trained_model(context: &Context, database: &Database, job: &JobId) -> Result<NamedModel> {
    let weights = verified_weights(&context.results, database, job);
    let weights = weights.map_err(|e| failure(Exit::Results, with_job(job, &e)))?;
    let question = database.question(job).code(Exit::Results)?;
    let question = question.ok_or_else(|| {
        let message = format!("no experiment's log says what job {job} is");
        failure(Exit::Results, message)
    })?;
    let described = match read_description(&weights).code(Exit::Results)? {
        Some(described) => described,
        None => description_by_set(context, database, job, &question)?,
    };
    let shape = match described.input_shape.as_slice() {
        &[channels, height, width] => [channels, height, width],
        other => {
            let message = format!("job {job} reads inputs of shape {other:?}, which are no images");
            return Err(failure(Exit::Wrong, message));
        }
    };
    let configuration = &question.configuration;
    let network = TrainedNetwork {
        job: job.clone(),
        weights,
        architecture: configuration.model.clone(),
        normalization: described.normalization,
        mirrors: configuration.train.tta_flip,
        precision: configuration.train.precision,
    };
    Ok(NamedModel {
        ensemble: Ensemble {
            networks: vec![network],
            preparation: ImagePreparation::new(&configuration.data, shape),
            classes: described.classes.len() as u32,
            device: DeviceName::from(DeviceFamily::Cpu),
            threads: 1,
        },
        classes: described.classes,
        table: match &configuration.data.source {
            Source::Csv(table) => Some(table.clone()),
            _ => None,
        },
    })
}

/// The description of weights that an older version of the program wrote without one, by the
/// image set that they were trained on.
fn description_by_set(
    context: &Context,
    database: &Database,
    job: &JobId,
    question: &Question,
) -> Result<ModelDescription> {
    let Configuration {
        data,
        augment,
        model,
        ..
    } = &question.configuration;
    let decoded = decoded_set(context.data()?, data, &question.data_hash);
    let set = match decoded {
        Some(set) => set,
        None if data.source.is_of_the_user() => {
            let message = format!(
                "the weights of job {job} do not say which classes they know and how images are \
                normalised, since an older version of the program wrote them, and their images \
                are not decoded on this machine, or not under this data folder; `convsweep run` \
                of the experiment's file decodes them"
            );
            return Err(failure(Exit::Results, message));
        }
        None => {
            let location = context.location(None, ImageLimits::default())?;
            open(location, data).map_err(data_failure)?
        }
    };
    let subsets = split(&set, data, question.fold).map_err(data_failure)?;
    let batcher = Batcher::new(&set, augment, &subsets).map_err(data_failure)?;
    let facts = set.facts();
    // A decoded set does not name its classes, but the experiment does.
    let found = database.predicted_jobs(PredictedBy::Job(job));
    let found = found.code(Exit::Results)?.into_iter().next();
    let classes = match found {
        Some(found) => found.classes,
        None => facts.classes.clone(),
    };
    if classes.is_empty() {
        let message = format!("nothing that is recorded names the classes of job {job}");
        return Err(failure(Exit::Results, message));
    }
    let shape = Shape::Image {
        channels: facts.channels,
        height: facts.height,
        width: facts.width,
    };
    Ok(ModelDescription::new(
        job,
        String::new(),
        classes,
        (shape, batcher.normalization().clone()),
        model.clone(),
    ))
}

/// A sentence about a job's weights with the job in it.
fn with_job(job: &JobId, problem: &str) -> String {
    match problem.contains(&job.0) {
        true => problem.to_string(),
        false => format!("job {job}: {problem}"),
    }
}

/// What a file of weights says of itself; only its header is read.
fn read_description(path: &Path) -> Result<Option<ModelDescription>, FileError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut beginning = Vec::new();
        let mut file = File::open(path)?;
        file.by_ref().take(8).read_to_end(&mut beginning)?;
        let header = header_length(&beginning);
        file.take(header).read_to_end(&mut beginning)?;
        Ok(beginning)
    };
    let beginning = read().map_err(FileError::at("read", path))?;
    Ok(ModelDescription::read(&beginning))
}
