//! `predict`: what trained networks say of any images.

mod picture;
mod printer;
mod ranked;
mod tally;

use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::inference::{
    Answered, ClassNames, ImageArgs, ImageInput, InferenceWorkers, NO_PATHS, NamedModel,
    WorkerArgs, batches, find_inputs, find_model, readable,
};
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_spec::inference::{InferenceReply, InferenceRequest, Prediction};
use convsweep_spec::words::{counted, thousands};
use picture::PredictedPicture;
use printer::{ImagePrinter, PrintedAs};
use ranked::RankedPrediction;
use std::path::PathBuf;
use tally::Tally;

/// Images of a request.
const BATCH: usize = 32;

/// Arguments of `predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The trained network: a job's id or its beginning; best:EXPERIMENT for the best job of its
    /// best configuration; several with commas between them predict together, by the mean of their
    /// probabilities.
    pub model: String,
    /// Images, folders with images, patterns such as 'photos/*.jpg', tables (.csv, .tsv) with a
    /// column of paths, or - for paths from standard input, one in each line.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// With best:EXPERIMENT, all seeds of its best configuration predict together.
    #[arg(long)]
    pub ensemble: bool,
    /// How many classes are shown of each image, the most probable first.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub top: u32,
    /// Print CSV: file, class (if a folder or table tells it), classes with their probabilities,
    /// and why a file could not be read.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON, an object in each line; the last one sums up.
    #[arg(long)]
    pub json: bool,
    /// Also draw the first 64 images with their predictions: a .png, .svg or .html file.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    #[command(flatten)]
    pub images: ImageArgs,
    #[command(flatten)]
    pub workers: WorkerArgs,
}

/// Prints the predicted class of each image with its probability. Where folders or a table name
/// the true classes, also the accuracy and which classes were confused.
///
/// # Errors
/// If there is no such network, no such image, or no worker.
pub fn predict(context: &Context, args: &PredictArgs) -> Result<Exit> {
    let mut picture = match &args.picture {
        Some(path) => Some(PredictedPicture::new(path, args.images.limits())?),
        None => None,
    };
    let mut model = find_model(context, &args.model, args.ensemble)?;
    model.ensemble.preparation.limits = args.images.limits();
    let names = ClassNames::new(&model.classes);
    let tables = args.images.table_reading(model.table.as_ref());
    let inputs = find_inputs(&args.paths, &names, &tables)?;
    args.images.require_use(&inputs)?;
    if let Some(picture) = &picture {
        picture.spare(&inputs)?;
    }
    inputs.say_left_out();
    let mut tally = Tally::new(&model.classes);
    tally.folders_left_out = inputs.unreadable.len() as u64;
    let workers = InferenceWorkers::new(
        args.workers.devices.as_deref(),
        &args.workers.patience,
        model.ensemble.clone(),
    )?;
    let printed_as = match (args.csv, args.json) {
        (true, _) => PrintedAs::Csv,
        (_, true) => PrintedAs::JsonLines,
        (false, false) => PrintedAs::Text,
    };
    let top = (args.top as usize).min(model.classes.len());
    let mut printer = ImagePrinter::new(printed_as, &model.classes, top)?;
    let work = batches(inputs, names, BATCH, |images| InferenceRequest::Predict {
        images: images.iter().map(|image| image.path.clone()).collect(),
    })?;
    // Nothing goes on while a person types paths.
    let is_typed = args.paths.iter().any(|path| path.as_os_str() == "-");
    let mut phase = (!is_typed).then(|| context.phase("starting workers"));
    workers.answer_all(work, |answered| {
        phase.take();
        for (image, prediction) in predictions(answered) {
            let ranked = RankedPrediction::new(prediction);
            tally.count(&image, &ranked);
            printer.image(&image, &ranked)?;
            if let Some(picture) = &mut picture {
                picture.add(&image, &ranked, &model.classes);
            }
        }
        printer.flush()
    })?;
    printer.summary(&tally.object(&model))?;
    printer.end()?;
    if printed_as == PrintedAs::Text {
        tally.print_confusion()?;
    }
    if let Some(picture) = picture.filter(|_| tally.classified > 0) {
        let written = picture.write(tally.classified)?;
        if !context.quiet {
            say_error(&written);
        }
    }
    conclude(context, &tally, &model)
}

/// Says how many images were classified, by what, and how many rightly.
fn conclude(context: &Context, tally: &Tally, model: &NamedModel) -> Result<Exit> {
    let by = match model.ensemble.networks.as_slice() {
        [network] => format!("by job {}", network.job),
        networks => format!("by {} together", counted(networks.len() as u64, "network")),
    };
    let classified = counted(tally.classified, "image");
    if tally.unreadable > 0 {
        let all = thousands(tally.classified + tally.unreadable);
        let message = format!(
            "{classified} of {all} classified {by}; {} could not be read and {} left out",
            thousands(tally.unreadable),
            if tally.unreadable == 1 { "was" } else { "were" }
        );
        say_error(&message);
    } else if !context.quiet {
        say_error(&format!("{classified} classified {by}"));
    }
    if let Some(words) = tally.accuracy_in_words().filter(|_| !context.quiet) {
        say_error(&words);
    }
    match (tally.classified, tally.unreadable + tally.folders_left_out) {
        (0, 0) => Err(failure(Exit::Wrong, NO_PATHS)),
        (0, _) => Err(failure(Exit::Data, "none of the images could be read")),
        (_, 0) => Ok(Exit::Complete),
        _ => Ok(Exit::JobsFailed),
    }
}

/// Each image of a request with its prediction.
fn predictions(answered: Answered<Vec<ImageInput>>) -> Vec<(ImageInput, Prediction)> {
    let InferenceReply::Predicted { images, .. } = answered.reply else {
        return Vec::new();
    };
    readable(answered.about, images, Prediction::Unreadable)
}
