//! `predict`: what trained networks say of any images.

mod inputs;
mod picture;
mod printer;
mod tally;

use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::inference::{Answered, InferenceWorkers, NamedModel, Work, find_model};
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_spec::inference::{InferenceReply, InferenceRequest, Prediction};
use convsweep_spec::words::{counted, thousands};
use inputs::{ClassNames, ImageInput, Inputs, find_inputs};
use picture::Picture;
use printer::{PrintedAs, Printer};
use std::path::PathBuf;
use std::thread;
use tally::Tally;
use tokio::sync::mpsc;

/// Images of a request.
const BATCH: usize = 32;
/// Images whose names wait for their request.
const WAITING: usize = 4 * BATCH;

const NOT_TEXT: &str = "has a name that is no UTF-8 text: rename it";

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
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub top: usize,
    /// Print CSV: file, class (if a folder or table tells it), classes with their probabilities,
    /// and why a file could not be read.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON, an object in each line.
    #[arg(long)]
    pub json: bool,
    /// Also draw the first 64 images with their predictions: a .png, .svg or .html file.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// Where the networks are computed, such as cpu or cuda:0 [default: cpu].
    #[arg(long, value_name = "LIST")]
    pub devices: Option<String>,
}

/// Prints the predicted class of each image with its probability. Where folders or a table name
/// the true classes, also the accuracy and which classes were confused.
///
/// # Errors
/// If there is no such network, no such image, or no worker.
pub fn predict(context: &Context, args: &PredictArgs) -> Result<Exit> {
    let mut picture = match &args.picture {
        Some(path) => Some(Picture::new(path)?),
        None => None,
    };
    let model = find_model(context, &args.model, args.ensemble)?;
    let names = ClassNames::new(&model.classes);
    let inputs = find_inputs(&args.paths, &names)?;
    for left_out in &inputs.left_out {
        say_error(&format!("note: {}", left_out.in_words()));
    }
    let workers = InferenceWorkers::new(args.devices.as_deref(), model.ensemble.clone())?;
    let printed_as = match (args.csv, args.json) {
        (true, _) => PrintedAs::Csv,
        (_, true) => PrintedAs::JsonLines,
        (false, false) => PrintedAs::Text,
    };
    let top = args.top.clamp(1, model.classes.len());
    let mut printer = Printer::new(printed_as, &model.classes, top)?;
    let mut tally = Tally::new(&model.classes);
    let work = work_of(inputs, names)?;
    workers.answer_all(work, |answered| {
        for (image, prediction) in predictions(answered) {
            tally.count(&image, &prediction);
            printer.image(&image, &prediction)?;
            if let Some(picture) = &mut picture {
                picture.add(&image, &prediction, &model.classes);
            }
        }
        printer.flush()
    })?;
    printer.end()?;
    if printed_as == PrintedAs::Text {
        tally.print_confusion()?;
    }
    if let Some(picture) = picture {
        picture.write()?;
    }
    conclude(&tally, &model)
}

/// Says how many images were classified, by what, and how many rightly.
fn conclude(tally: &Tally, model: &NamedModel) -> Result<Exit> {
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
    } else {
        say_error(&format!("{classified} classified {by}"));
    }
    if let Some(words) = tally.accuracy_in_words() {
        say_error(&words);
    }
    match (tally.classified, tally.unreadable) {
        (_, 0) => Ok(Exit::Complete),
        (0, _) => Err(failure(Exit::Data, "none of the images could be read")),
        _ => Ok(Exit::JobsFailed),
    }
}

/// Requests for the images, as these become known. Those that are there at once share a request,
/// and none waits for others.
fn work_of(inputs: Inputs, names: ClassNames) -> Result<mpsc::Receiver<Work<Vec<ImageInput>>>> {
    let (image, mut images) = mpsc::channel(WAITING);
    let (request, requests) = mpsc::channel(1);
    let thread = || thread::Builder::new().name("images".into());
    thread().spawn(move || inputs.each(&names, |found| image.blocking_send(found).is_ok()))?;
    thread().spawn(move || {
        let mut number = 0;
        while let Some(first) = images.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = images.try_recv()
            {
                batch.push(next);
            }
            let paths = batch.iter().map(|image| image.path.clone());
            let images = paths.filter(|path| path.to_str().is_some()).collect();
            let work = Work {
                request: InferenceRequest::Predict { number, images },
                about: batch,
            };
            number += 1;
            if request.blocking_send(work).is_err() {
                return;
            }
        }
    })?;
    Ok(requests)
}

/// Each image of a request with its prediction.
fn predictions(answered: Answered<Vec<ImageInput>>) -> Vec<(ImageInput, Prediction)> {
    let InferenceReply::Predicted { images, .. } = answered.reply else {
        return Vec::new();
    };
    let mut found = images.into_iter();
    let mut paired = Vec::with_capacity(answered.about.len());
    for image in answered.about {
        let prediction = match image.path.to_str() {
            Some(_) => found.next(),
            None => Some(Prediction::Unreadable(NOT_TEXT.into())),
        };
        paired.extend(prediction.map(|prediction| (image, prediction)));
    }
    paired
}
