//! `weights inspect`: what a file of weights contains.

use super::suggestion::suggestion;
use crate::exit::{Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_files::read_regular;
use convsweep_spec::words::{bytes, counted, counted_as, thousands};
use convsweep_weights::{
    FileTensor, KnownNetwork, LARGEST_FILE, ModelDescription, WeightFile, WeightFormat, recognise,
};
use serde_json::{Value, json};
use std::path::PathBuf;

const COLUMNS: [&str; 4] = ["tensor", "type", "shape", "finite"];
/// Ends of names of tensors that training updates without gradients.
const STATISTICS: [&str; 2] = [".running_mean", ".running_var"];

/// Arguments of `weights inspect`.
#[derive(Debug, Args)]
pub struct InspectWeightsArgs {
    /// The file.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the tensors of a file, what network it looks like, and how to start from it.
///
/// # Errors
/// If it is not a file of weights.
pub fn inspect(args: &InspectWeightsArgs) -> Result<Exit> {
    let file = args.file.display();
    let refused = |why: String| failure(Exit::Wrong, format!("{file} {why}"));
    let content = read_regular(&args.file, LARGEST_FILE);
    let content = content.map_err(|error| failure(Exit::Wrong, error.to_string()))?;
    let weights = WeightFile::read(&content).map_err(refused)?;
    let found = InspectedWeights {
        path: args.file.to_string_lossy().into_owned(),
        size: content.len() as u64,
        network: recognise(&weights.tensors),
        description: weights.description(),
        weights,
    };
    match args.json {
        true => say_json(&found.object())?,
        false => say(&found.text())?,
    }
    Ok(Exit::Complete)
}

/// A file of weights and what is known of it.
struct InspectedWeights<'a> {
    path: String,
    size: u64,
    weights: WeightFile<'a>,
    network: Option<KnownNetwork>,
    description: Option<ModelDescription>,
}

impl InspectedWeights<'_> {
    /// Number of values that training changes by gradients.
    fn parameters(&self) -> u64 {
        let is_trained = |tensor: &&FileTensor| {
            let is_statistic = STATISTICS.iter().any(|end| tensor.name.ends_with(end));
            tensor.is_floating() && !is_statistic
        };
        let trained = self.weights.tensors.iter().filter(is_trained);
        trained
            .filter_map(FileTensor::count)
            .map(|n| n as u64)
            .sum()
    }

    fn suggestion(&self) -> String {
        let is_ours = self.description.is_some();
        suggestion(&self.path, self.network.as_ref(), is_ours)
    }

    fn object(&self) -> Value {
        let tensors: Vec<Value> = self.weights.tensors.iter().map(object).collect();
        let network = self.network.as_ref().map(|network| {
            json!({
                "name": network.name,
                "classes": network.classes,
                "preset": network.preset,
            })
        });
        json!({
            "format": format_words(self.weights.format),
            "bytes": self.size,
            "inside": self.weights.wrapper,
            "parameters": self.parameters(),
            "network": network,
            "description": self.description,
            "tensors": tensors,
            "experiment": self.suggestion(),
        })
    }

    fn text(&self) -> String {
        let rows: Vec<_> = self.weights.tensors.iter().map(row).collect();
        let mut text = format!("{}\n\n", plain(&COLUMNS, &rows));
        text += &format!(
            "{}, {} of {} parameters, {}\n",
            format_words(self.weights.format),
            counted(rows.len() as u64, "tensor"),
            thousands(self.parameters()),
            bytes(self.size as f64)
        );
        if !self.weights.wrapper.is_empty() {
            let keys = self.weights.wrapper.join(".");
            text += &format!("the model is the file's \"{keys}\"; what is beside it is not read\n");
        }
        let problems = self.weights.tensors.iter();
        for problem in problems.filter_map(FileTensor::finiteness_problem) {
            text += &format!("the file {problem}\n");
        }
        text += &self.network_words();
        text + "\n" + self.suggestion().trim_end()
    }

    /// What the file says of itself, and what it looks like.
    fn network_words(&self) -> String {
        let classes = |n: usize| counted_as(n as u64, "class", "classes");
        let mut text = String::new();
        if let Some(about) = &self.description {
            text += &format!(
                "trained by {} in job {}: {}, images {:?}, input {}, mean {:?}, std {:?}\n",
                about.program,
                about.job,
                classes(about.classes.len()),
                about.input_shape,
                about.input,
                about.normalization.mean,
                about.normalization.std
            );
        }
        text += &match &self.network {
            Some(network) => {
                let classes = match network.classes {
                    Some(n) => classes(n as usize),
                    None => "no head".into(),
                };
                format!("looks like torchvision {}, {classes}\n", network.name)
            }
            None if self.description.is_some() => String::new(),
            None => "looks like none of the published networks that are known here\n".into(),
        };
        text
    }
}

fn row(tensor: &FileTensor) -> Vec<String> {
    let shape: Vec<String> = tensor.shape.iter().map(u32::to_string).collect();
    vec![
        tensor.name.clone(),
        tensor.dtype.clone(),
        format!("[{}]", shape.join(", ")),
        match tensor.not_finite {
            _ if !tensor.is_floating() => "–".into(),
            None => "yes".into(),
            Some(i) => format!("no: number {i}"),
        },
    ]
}

fn object(tensor: &FileTensor) -> Value {
    json!({
        "name": tensor.name,
        "dtype": tensor.dtype,
        "shape": tensor.shape,
        "first_not_finite": tensor.not_finite,
    })
}

fn format_words(format: WeightFormat) -> &'static str {
    match format {
        WeightFormat::Safetensors => "safetensors",
        WeightFormat::PytorchZip => "PyTorch (zip)",
        WeightFormat::PytorchStream => "PyTorch before 1.6",
        WeightFormat::PytorchTar => "PyTorch before 0.1.10 (tar)",
    }
}
