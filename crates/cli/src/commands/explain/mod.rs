//! `explain`: which pixels decide what a trained network predicts.

mod activations;
mod filters;
mod picture;
mod printer;
mod worth;

use super::why::{WhyArgs, why};
use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::inference::{
    ClassNames, ImageArgs, ImageInput, InferenceWorkers, NO_PATHS, NamedModel, PictureFile,
    WorkerArgs, batches, find_inputs, find_network, readable,
};
use crate::output::json::say_line;
use crate::streams::say_error;
use activations::{AskedActivations, activations};
use anyhow::Result;
use clap::Args;
use convsweep_spec::inference::{
    AttributionMethod, ExplainRequest, Explanation, InferenceReply, InferenceRequest,
    RequestedImages,
};
use convsweep_spec::shape::Shape;
use convsweep_spec::words::counted;
use picture::ExplainedPicture;
use printer::ExplanationPrinter;
use serde_json::json;
use std::path::PathBuf;
use worth::Worth;

/// Images of a request: an explanation computes hundreds of images.
const BATCH: usize = 2;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The trained network: a job's id or its beginning, or best:EXPERIMENT for the best job of its
    /// best configuration.
    pub model: String,
    /// Images, folders with images, patterns, tables, or - for paths from standard input.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The methods, with commas between them: grad-cam, hires-cam, integrated-gradients,
    /// smooth-grad, occlusion.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "grad-cam,integrated-gradients,occlusion",
        value_parser = method
    )]
    pub methods: Vec<AttributionMethod>,
    /// The class that is explained: predicted, true (by folders or a table), or a class's name.
    #[arg(long, value_name = "CLASS", default_value = "predicted")]
    pub class: String,
    /// The layer whose planes grad-cam, hires-cam and --activations look at, such as conv3,
    /// residual8 or residual8.conv1; `convsweep plan --layers` names them [default: the last one of
    /// the model's own list with planes].
    #[arg(long, value_name = "LAYER")]
    pub layer: Option<String>,
    /// Show what the layer makes of each image instead: its first 32 planes.
    #[arg(long, conflicts_with_all = ["methods", "class"])]
    pub activations: bool,
    /// The picture of the first 24 images with their maps, or of 8 with their planes: a .png, .svg
    /// or .html file.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "explained.png",
        default_value_if("activations", "true", "activations.png")
    )]
    pub picture: PathBuf,
    /// A picture of the filters of the first convolution, too: a .png, .svg or .html file.
    #[arg(long, value_name = "FILE")]
    pub filters: Option<PathBuf>,
    /// Print JSON, an object in each line, with the maps; the last one says whether to believe
    /// them.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub images: ImageArgs,
    #[command(flatten)]
    pub workers: WorkerArgs,
}

/// Which class is explained.
#[derive(Clone, Copy)]
enum ExplainedClass {
    Predicted,
    True,
    Label(u16),
}

fn method(text: &str) -> Result<AttributionMethod, String> {
    let found = AttributionMethod::ALL
        .into_iter()
        .find(|method| method.name() == text.trim());
    found.ok_or_else(|| {
        let names = AttributionMethod::ALL.map(AttributionMethod::name);
        format!("the methods are {}", names.join(", "))
    })
}

/// Draws which pixels decide the predictions, and says whether these maps are worth more than
/// chance.
///
/// # Errors
/// If there is no such network, no such image, or no worker.
pub fn explain(context: &Context, args: &ExplainArgs) -> Result<Exit> {
    if args.paths.is_empty() {
        return explain_as_before(context, args);
    }
    let file = PictureFile::new(&args.picture)?;
    let mut model = find_network(context, &args.model, "explain looks at")?;
    model.ensemble.preparation.limits = args.images.limits();
    let names = ClassNames::new(&model.classes);
    let class = explained_class(args, &names)?;
    if let Some(layer) = &args.layer {
        check_layer(&model, layer)?;
    }
    let tables = args.images.table_reading(model.table.as_ref());
    let inputs = find_inputs(&args.paths, &names, &tables)?;
    args.images.require_use(&inputs)?;
    file.spare(&inputs)?;
    if let Some(path) = &args.filters {
        filters::draw(&model, path, &inputs)?;
    }
    inputs.say_left_out();
    let folders_left_out = inputs.unreadable.len();
    let workers = InferenceWorkers::new(
        args.workers.devices.as_deref(),
        &args.workers.patience,
        model.ensemble.clone(),
    )?;
    if args.activations {
        let asked = AskedActivations {
            layer: args.layer.clone(),
            as_json: args.json,
            is_quiet: context.quiet,
        };
        return activations(asked, (model, file, workers), (inputs, names));
    }
    let layer = args.layer.clone();
    let mut methods = args.methods.clone();
    methods.sort();
    methods.dedup();
    let shown = methods.clone();
    let work = batches(inputs, names, BATCH, move |images| {
        InferenceRequest::Explain(Box::new(ExplainRequest {
            images: RequestedImages::Files(images.iter().map(|image| image.path.clone()).collect()),
            classes: images.iter().map(|image| class.of(image)).collect(),
            methods: methods.clone(),
            judged: true,
            layer: layer.clone(),
        }))
    })?;
    let mut picture = ExplainedPicture::new(file, &shown, &model);
    let printer = ExplanationPrinter::new(args.json, &model.classes);
    let mut worth = Worth::default();
    let (mut explained, mut unreadable) = (0, 0);
    // Nothing goes on while a person types paths.
    let is_typed = args.paths.iter().any(|path| path.as_os_str() == "-");
    let mut phase = (!is_typed).then(|| context.phase("starting workers"));
    workers.answer_all(work, |answered| {
        phase.take();
        let InferenceReply::Explained { images, .. } = answered.reply else {
            return Ok(());
        };
        for (image, found) in readable(answered.about, images, Explanation::Unreadable) {
            let found = match class {
                ExplainedClass::True if image.class.is_none() => Explanation::Unreadable(
                    "neither a folder nor a table says what its true class is".into(),
                ),
                _ => found,
            };
            match found {
                Explanation::Unreadable(problem) => {
                    unreadable += 1;
                    printer.unreadable(&image, &problem)?;
                }
                Explanation::Explained(found) => {
                    explained += 1;
                    worth.count(&found);
                    printer.image(&image, &found)?;
                    picture.add(&image, &found);
                }
            }
        }
        Ok(())
    })?;
    let written = match (explained, unreadable) {
        (0, 0) => return Err(failure(Exit::Wrong, NO_PATHS)),
        (0, _) => return Err(failure(Exit::Data, "none of the images could be explained")),
        _ => picture.write(explained)?,
    };
    if !context.quiet {
        say_error(&written);
    }
    tell_worth(args, &worth, (explained, unreadable))?;
    if unreadable > 0 {
        let files = counted(unreadable, "file");
        say_error(&format!("{files} left out"));
    }
    match unreadable > 0 || folders_left_out > 0 {
        true => Ok(Exit::JobsFailed),
        false => Ok(Exit::Complete),
    }
}

/// Says what the methods were worth, and prints it for programs.
fn tell_worth(args: &ExplainArgs, worth: &Worth, counts: (u64, u64)) -> Result<()> {
    for line in worth.in_words() {
        say_error(&line);
    }
    match args.json {
        true => say_line(&json!({ "summary": worth.object(counts) })),
        false => Ok(()),
    }
}

/// Tells the state of a job, as the command did before it took images.
fn explain_as_before(context: &Context, args: &ExplainArgs) -> Result<Exit> {
    say_error(
        "note: `convsweep explain` shows which pixels decide a prediction, of the images that \
        are named after the job; what it told of a job is told by `convsweep why`:",
    );
    let (job, json) = (args.model.clone(), args.json);
    why(context, &WhyArgs { job, json })
}

fn explained_class(args: &ExplainArgs, names: &ClassNames) -> Result<ExplainedClass> {
    match args.class.as_str() {
        "predicted" => Ok(ExplainedClass::Predicted),
        "true" => Ok(ExplainedClass::True),
        name => match names.label(name) {
            Some(label) => Ok(ExplainedClass::Label(label)),
            None => Err(failure(
                Exit::Wrong,
                format!(
                    "--class {name}: the network knows no such class, it knows {}; or say \
                    predicted or true",
                    names.listed()
                ),
            )),
        },
    }
}

impl ExplainedClass {
    /// The label that is explained of an image; `None` for the predicted one.
    fn of(self, image: &ImageInput) -> Option<u16> {
        match self {
            ExplainedClass::Predicted => None,
            ExplainedClass::True => image.class,
            ExplainedClass::Label(label) => Some(label),
        }
    }
}

/// Refuses a layer that the network does not have.
fn check_layer(model: &NamedModel, layer: &str) -> Result<()> {
    let mut layers = model.summary()?.layers;
    if layers.iter().any(|found| found.name == layer) {
        return Ok(());
    }
    layers.retain(|layer| matches!(layer.output, Shape::Image { .. }));
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    let message = format!(
        "--layer {layer}: the network has no such layer, but {}",
        names.join(", ")
    );
    Err(failure(Exit::Wrong, message))
}
