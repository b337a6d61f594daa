//! `export`: a trained network as a file for other programs.

mod card;
mod pytorch;
mod recorded;

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::inference::{
    InferenceWorkers, NamedModel, OutputFile, PatienceArgs, Work, find_network,
};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::streams::say_error;
use anyhow::Result;
use card::export_card;
use clap::Args;
use convsweep_files::{Durability, read_regular};
use convsweep_spec::inference::{Export, Exported, InferenceReply, InferenceRequest};
use convsweep_spec::weights::{LARGEST_FILE, ModelDescription};
use convsweep_spec::words::{bytes, counted, listed};
use pytorch::export_pytorch;
use recorded::recorded_predictions;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The trained network: a job's id or its beginning, or best:EXPERIMENT for the best job of its
    /// best configuration.
    pub model: String,
    /// The file: .onnx; .safetensors for the weights with their description; .md for a model card
    /// that says what was recorded of the network.
    pub file: PathBuf,
    /// ONNX: the graph reads images as bytes, [batch, height, width, channels], and prepares them
    /// itself; without this it reads what the network reads, [batch, channels, height, width].
    #[arg(long)]
    pub preprocessing: bool,
    /// ONNX: the output is class probabilities instead of logits.
    #[arg(long)]
    pub probabilities: bool,
    /// safetensors: the tensors have the names of PyTorch, and a Python file of the same name with
    /// .py builds the network as a torch.nn.Module, with `load`, `prepare` and `predict`.
    #[arg(long)]
    pub pytorch: bool,
    /// ONNX: on how many images the file is compared with the job's recorded predictions.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(256..)
    )]
    pub images: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// Kinds of files.
enum FileFormat {
    Onnx,
    Safetensors,
    Pytorch,
    Card,
}

/// Writes the network. An ONNX file is there only if it computes what the job computed.
///
/// # Errors
/// If there is no such network, or the file cannot be written or proved.
pub fn export(context: &Context, args: &ExportArgs) -> Result<Exit> {
    let format = format_of(args)?;
    let jobs = context.results.jobs();
    let folder = std::path::absolute(&args.file).code(Exit::Results)?;
    let folder = folder
        .parent()
        .and_then(|folder| folder.canonicalize().ok());
    let is_of_jobs = jobs
        .canonicalize()
        .is_ok_and(|jobs| folder.is_some_and(|f| f.starts_with(jobs)));
    if is_of_jobs {
        let message = format!(
            "{}: the folders of jobs hold what their logs vouch for: name another place",
            args.file.display()
        );
        return Err(failure(Exit::Wrong, message));
    }
    let file = OutputFile::new(&args.file)?;
    let model = find_network(context, &args.model, "a file holds")?;
    let job = model.ensemble.networks[0].job.clone();
    let (mut object, text) = match format {
        FileFormat::Safetensors => export_weights(&model, &file)?,
        FileFormat::Pytorch => export_pytorch(&model, &file)?,
        FileFormat::Card => export_card(context, &model, &file)?,
        FileFormat::Onnx => export_onnx(context, args, model, &file)?,
    };
    if args.json {
        object["file"] = json!(args.file);
        object["job"] = json!(job);
        say_json(&object)?;
    } else {
        say(&text)?;
    }
    Ok(Exit::Complete)
}

fn format_of(args: &ExportArgs) -> Result<FileFormat> {
    let ending = args
        .file
        .extension()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match ending.to_str() {
        Some("onnx" | "md") if args.pytorch => Err(failure(
            Exit::Wrong,
            "--pytorch writes weights with a Python file: name a .safetensors file",
        )),
        Some("onnx") => Ok(FileFormat::Onnx),
        Some("safetensors" | "md") if args.preprocessing || args.probabilities => Err(failure(
            Exit::Wrong,
            "--preprocessing and --probabilities are parts of a graph: name an .onnx file",
        )),
        Some("safetensors") if args.pytorch => Ok(FileFormat::Pytorch),
        Some("safetensors") => Ok(FileFormat::Safetensors),
        Some("md") => Ok(FileFormat::Card),
        _ => Err(failure(
            Exit::Wrong,
            format!(
                "{}: name an .onnx, .safetensors or .md file",
                args.file.display()
            ),
        )),
    }
}

/// Copies the weights, whose metadata describes them. Returns what was written, as JSON and in words.
fn export_weights(model: &NamedModel, file: &OutputFile) -> Result<(Value, String)> {
    let network = &model.ensemble.networks[0];
    let weights = read_regular(&network.weights, LARGEST_FILE).code(Exit::Results)?;
    file.write(&weights, Durability::ContentAndName)?;
    let metadata = match ModelDescription::read(&weights) {
        Some(_) => "with classes, input shape, normalisation and architecture in the metadata",
        None => "without a description, since an older version of the program wrote them",
    };
    let text = format!(
        "{}: {}, the weights of job {} {metadata}",
        file.path().display(),
        bytes(weights.len() as f64),
        network.job,
    );
    Ok((
        json!({ "format": "safetensors", "bytes": weights.len() }),
        text,
    ))
}

fn export_onnx(
    context: &Context,
    args: &ExportArgs,
    model: NamedModel,
    file: &OutputFile,
) -> Result<(Value, String)> {
    let file = file.absolute()?;
    if file.to_str().is_none() {
        let message = format!("{}: a name of UTF-8 text is needed", file.display());
        return Err(failure(Exit::Wrong, message));
    }
    let check = recorded_predictions(context, &model, args.images as usize)?;
    let mirrors = model.ensemble.networks[0].mirrors;
    let request = InferenceRequest::Export(Box::new(Export {
        file,
        preprocessing: args.preprocessing,
        probabilities: args.probabilities,
        metadata: metadata(&model),
        check,
    }));
    let workers = InferenceWorkers::new(None, &args.patience, model.ensemble)?;
    let (sender, work) = mpsc::channel(1);
    let sent = sender.try_send(Work { request, about: () });
    sent.map_err(|_| failure(Exit::Internal, "the request was not taken"))?;
    drop(sender);
    let phase = context.phase("writing the file, and comparing what it computes with the job");
    let mut written = None;
    workers.answer_all(work, |answered| {
        if let InferenceReply::Exported(exported) = answered.reply {
            written = Some((object(&exported), in_words(&args.file, &exported)));
        }
        Ok(())
    })?;
    drop(phase);
    if mirrors {
        say_error(
            "note: the job averages each image with its mirror image (tta_flip); the file computes \
            one view, and was compared over both",
        );
    }
    written.ok_or_else(|| failure(Exit::Internal, "the worker did not answer"))
}

fn object(exported: &Exported) -> Value {
    json!({
        "format": "onnx",
        "bytes": exported.bytes,
        "opset": exported.opset,
        "input": exported.input,
        "output": exported.output,
        "operators": exported.operators,
        "images_checked": exported.checked,
        "largest_difference": exported.largest_difference,
    })
}

/// What a program needs to know that loads the file.
fn metadata(model: &NamedModel) -> BTreeMap<String, String> {
    let network = &model.ensemble.networks[0];
    let preparation = &model.ensemble.preparation;
    let resize = &preparation.resize;
    let normalization = &network.normalization;
    let entries = [
        ("classes", json!(model.classes)),
        (
            "input_shape",
            json!([preparation.channels, resize.height, resize.width]),
        ),
        ("mean", json!(normalization.mean)),
        ("std", json!(normalization.std)),
        ("job", json!(network.job)),
    ];
    let text = |(key, value): (&str, serde_json::Value)| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), String::from);
        (key.to_string(), value)
    };
    entries.map(text).into()
}

fn in_words(file: &Path, exported: &Exported) -> String {
    let operators = exported.operators.iter();
    let operators: Vec<String> = operators.map(|(name, n)| format!("{n} {name}")).collect();
    format!(
        "{}: {}, opset {}, input \"{}\", output \"{}\"\n\
        operators: {}\n\
        checked on {}: largest difference of a probability {:.1e}, no class differs",
        file.display(),
        bytes(exported.bytes as f64),
        exported.opset,
        exported.input,
        exported.output,
        listed(&operators),
        counted(exported.checked.into(), "image"),
        exported.largest_difference
    )
}
