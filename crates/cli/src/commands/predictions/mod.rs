//! `predictions`: what networks predicted for every image, with the names of the files.

mod job_predictions;

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::json::JsonLines;
use crate::output::stdout::{Stdout, open_stdout};
use crate::planning::lookup::{find_job, is_experiment, unknown_experiment};
use crate::streams::say_error;
use anyhow::Result;
use clap::{Args, ValueEnum};
use convsweep_report::tables::PredictionsCsv;
use convsweep_spec::event::Part;
use convsweep_store::{Database, PredictedBy, PredictedJob};
use job_predictions::{ImageSets, JobPredictions};
use serde_json::json;
use std::io;

pub use job_predictions::fill_table;

/// Arguments of `predictions`.
#[derive(Debug, Args)]
pub struct PredictionsArgs {
    /// An experiment, for the jobs of its chosen configuration; or a job's id or its beginning.
    pub name: String,
    /// Only these images. Test images are shown of the chosen configuration and the baseline alone,
    /// unless the experiment's file asks for all (`show_test`).
    #[arg(long, value_name = "PART")]
    pub part: Option<PartArg>,
    /// Print CSV, as without an option.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON, an object in each line.
    #[arg(long)]
    pub json: bool,
}

/// A part of the images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PartArg {
    /// The validation images.
    Validation,
    /// The test images.
    Test,
}

/// Prints a row for each image: job, part, number of the image, file, class, predicted class and
/// its probability.
///
/// # Errors
/// If there is no such experiment or job, it has left no predictions, or the test images are sealed.
pub fn predictions(context: &Context, args: &PredictionsArgs) -> Result<Exit> {
    let database = context.database()?;
    let jobs = asked_jobs(&database, &args.name)?;
    let wanted = match args.part {
        None => vec![Part::Validation, Part::Test],
        Some(PartArg::Validation) => vec![Part::Validation],
        Some(PartArg::Test) => vec![Part::Test],
    };
    let sealed = jobs.iter().filter(|job| !job.shows_test).count();
    if sealed > 0 && wanted.contains(&Part::Test) {
        let message = "the test images are sealed: predictions for them are shown of the chosen \
            configuration and of the baseline, and of all if the file says show_test = true";
        if wanted.len() == 1 {
            return Err(failure(Exit::Wrong, message));
        }
        say_error(&format!("note: {message}"));
    }
    let mut sets = ImageSets::default();
    let mut printer = PredictionPrinter::new(args.json)?;
    for job in &jobs {
        let mut parts = wanted.clone();
        parts.retain(|part| job.shows_test || *part != Part::Test);
        printer.job(&JobPredictions::read(context, job, &parts, &mut sets)?)?;
    }
    printer.end()?;
    Ok(Exit::Complete)
}

/// The jobs that a name means.
fn asked_jobs(database: &Database, name: &str) -> Result<Vec<PredictedJob>> {
    if is_experiment(database, name) {
        let by = PredictedBy::ChosenOf(name);
        let jobs = database.predicted_jobs(by).code(Exit::Results)?;
        return match jobs.is_empty() {
            false => Ok(jobs),
            true => Err(failure(
                Exit::Wrong,
                format!("no finished job of the chosen configuration of {name} has predictions"),
            )),
        };
    }
    let job = match find_job(database, name) {
        Ok(job) => job,
        Err(_) if !name.chars().all(|c| c.is_ascii_hexdigit()) => {
            return Err(unknown_experiment(database, name));
        }
        Err(error) => return Err(error),
    };
    let by = PredictedBy::Job(&job);
    let places = database.predicted_jobs(by).code(Exit::Results)?;
    let shows_test = places.iter().any(|place| place.shows_test);
    let first = places.into_iter().next();
    let Some(first) = first else {
        let message = format!(
            "job {job} has no predictions: it has not finished, or belongs to no experiment's \
            newest revision; `convsweep why {job}` says more"
        );
        return Err(failure(Exit::Wrong, message));
    };
    Ok(vec![PredictedJob {
        shows_test,
        ..first
    }])
}

/// Prints rows as they come.
enum PredictionPrinter {
    Csv(Box<PredictionsCsv<Stdout>>),
    Json(JsonLines),
}

impl PredictionPrinter {
    fn new(as_json: bool) -> Result<PredictionPrinter> {
        if as_json {
            return Ok(PredictionPrinter::Json(JsonLines::begin()));
        }
        let table = PredictionsCsv::new(open_stdout()).map_err(io::Error::from)?;
        Ok(PredictionPrinter::Csv(Box::new(table)))
    }

    fn job(&mut self, found: &JobPredictions) -> Result<()> {
        let lines = match self {
            PredictionPrinter::Csv(table) => {
                let about = (&*found.names, found.job.classes.as_slice());
                let written = table.job(&found.job.job, &found.images, about);
                return Ok(written.map_err(io::Error::from)?);
            }
            PredictionPrinter::Json(lines) => lines,
        };
        found.each(|row| {
            lines.line(&json!({
                "job": row.job,
                "part": row.part,
                "image": row.image,
                "file": row.file,
                "class": row.class,
                "predicted": row.predicted,
                "probability": row.probability,
            }))
        })
    }

    fn end(self) -> Result<()> {
        match self {
            PredictionPrinter::Csv(table) => Ok(table.finish().map_err(io::Error::from)?),
            PredictionPrinter::Json(lines) => lines.end(),
        }
    }
}
