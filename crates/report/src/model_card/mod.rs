//! A README for a trained network, from recorded facts only, in the form of a model card (Mitchell
//! et al. 2019) with the heading that model hubs read.

mod markdown;

use crate::ranking::{RankedConfiguration, RankedRun, Ranking, class_name};
use convsweep_spec::id::JobId;
use convsweep_spec::log::RecordedSet;
use convsweep_spec::words::{counted, thousands};
use convsweep_store::{EvaluationRow, ExperimentRows};
use markdown::{code_block, escaped};

/// Classes that are listed with their figures.
const MOST_CLASSES: usize = 100;
/// A class of which fewer images are recognised is named as a limit.
const RECOGNISED: f64 = 0.5;

/// What the card says of the network besides what its experiment recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct CardNetwork {
    /// The job that trained it.
    pub job: JobId,
    /// Channels, height and width of its input.
    pub input: [u32; 3],
    /// Mean of each channel, and its standard deviation, as shares of 255.
    pub normalization: (Vec<f64>, Vec<f64>),
    /// Whether an image and its mirror image are classified, and the probabilities averaged.
    pub mirrors: bool,
    /// Name and version of the program that writes the card.
    pub program: String,
}

/// The card as Markdown; `None` if the experiment does not have the job.
pub fn model_card(rows: &ExperimentRows, network: &CardNetwork) -> Option<String> {
    let ranking = Ranking::new(rows);
    let all = ranking.with_result().iter().enumerate();
    let mut found = all.filter_map(|(rank, configuration)| {
        let mut runs = configuration.runs.iter();
        let run = runs.find(|run| run.job.job == network.job)?;
        Some((rank, configuration, run))
    });
    let (rank, configuration, run) = found.next()?;
    let card = Card {
        ranking: &ranking,
        network,
        rank,
        configuration,
        run,
    };
    Some(card.text())
}

struct Card<'a> {
    ranking: &'a Ranking<'a>,
    network: &'a CardNetwork,
    rank: usize,
    configuration: &'a RankedConfiguration<'a>,
    run: &'a RankedRun<'a>,
}

impl Card<'_> {
    fn text(&self) -> String {
        let revision = self.ranking.revision;
        let mut parts = vec![self.heading()];
        let name = escaped(&revision.experiment);
        let label = self.configuration.label();
        parts.push(match label.is_empty() {
            true => format!("# {name}"),
            false => format!("# {name}: {}", escaped(label)),
        });
        parts.push(self.about());
        parts.push(format!("## How to use it\n\n{}", self.usage()));
        parts.push(format!("## Images\n\n{}", self.images()));
        parts.push(format!("## Training\n\n{}", self.training()));
        parts.push(format!("## Results\n\n{}", self.results()));
        parts.push(format!("## Limits\n\n{}", self.limits()));
        parts.join("\n\n") + "\n"
    }

    /// What hubs of models read.
    fn heading(&self) -> String {
        let mut lines = vec![
            "---".to_string(),
            "pipeline_tag: image-classification".to_string(),
            "tags:".to_string(),
            "- image-classification".to_string(),
            "- convsweep".to_string(),
        ];
        if let Some(validation) = &self.run.job.validation {
            lines.extend([
                "metrics:".to_string(),
                "- accuracy".to_string(),
                format!("# validation accuracy {:.4}", validation.accuracy),
            ]);
        }
        lines.push("---".to_string());
        lines.join("\n")
    }

    fn about(&self) -> String {
        let revision = self.ranking.revision;
        let [channels, height, width] = self.network.input;
        let classes = revision.classes.len() as u64;
        let mut text = format!(
            "A convolutional network that gives images one of {} ({}). It reads images of \
             {channels}×{height}×{width} (channels, height, width).",
            counted_classes(classes),
            listed_classes(&revision.classes)
        );
        if let Some(question) = &revision.question {
            let question = escaped(question);
            text.push_str(&format!(" It was trained for the question: {question}"));
        }
        let seed = self.run.job.seed;
        text.push_str(&format!(
            "\n\nJob {}, seed {seed}; this card was written by {} from what was recorded.",
            self.network.job, self.network.program
        ));
        text
    }

    fn usage(&self) -> String {
        let job = &self.network.job;
        let views = match self.network.mirrors {
            true => {
                "\n\nEach image is classified together with its mirror image, and their probabilities \
                 are averaged, as in the results below; the file itself computes one view."
            }
            false => "",
        };
        format!(
            "With the program that trained it: `convsweep predict {job} photos/`. For others, \
             `convsweep export {job} network.onnx` writes an ONNX file:\n\n{}{views}",
            code_block("python", &self.example())
        )
    }

    /// How a program computes the probabilities with the ONNX file.
    fn example(&self) -> String {
        let (mean, std) = &self.network.normalization;
        let probabilities = match self.network.mirrors {
            true => "probabilities = (classify(inputs) + classify(inputs[..., ::-1])) / 2",
            false => "probabilities = classify(inputs)",
        };
        format!(
            "import numpy as np, onnxruntime\n\
             session = onnxruntime.InferenceSession(\"network.onnx\")\n\n\
             def classify(inputs):\n    \
             logits, = session.run(None, {{\"input\": inputs.astype(np.float32)}})\n    \
             exp = np.exp(logits - logits.max(axis=1, keepdims=True))\n    \
             return exp / exp.sum(axis=1, keepdims=True)\n\n\
             # pixels: [images, channels, height, width], 0 to 255\n\
             mean, std = np.array({mean:?}), np.array({std:?})\n\
             inputs = (pixels / 255 - mean[:, None, None]) / std[:, None, None]\n\
             {probabilities}"
        )
    }

    fn recorded_set(&self) -> Option<&RecordedSet> {
        let hash = &self.configuration.row.member.data_hash;
        let mut sets = self.ranking.revision.images.iter();
        sets.find(|set| set.data_hash == *hash)
    }

    fn images(&self) -> String {
        let data = &self.configuration.row.member.resolved.data;
        let mut text = format!(
            "Image set: {}, content hash `{}`. Its licence is not recorded.",
            data.source.name(),
            self.configuration.row.member.data_hash
        );
        if let Some(set) = self.recorded_set() {
            text.push_str("\n\n| class | training | validation | test |\n|---|--:|--:|--:|\n");
            for class in set.classes.iter().take(MOST_CLASSES) {
                let (training, validation) = (class.training, class.validation);
                text.push_str(&format!(
                    "| {} | {training} | {validation} | {} |\n",
                    escaped(&class.class),
                    class.test
                ));
            }
            for left_out in &set.left_out {
                let left_out = escaped(&left_out.in_words());
                text.push_str(&format!("\nNot used: {left_out}.\n"));
            }
        }
        text.trim_end().to_string()
    }

    fn training(&self) -> String {
        let resolved = &self.configuration.row.member.resolved;
        let train = &resolved.train;
        let optimizer = train.phases.first().map(|phase| &phase.optimizer);
        let optimizer = optimizer.map_or(String::new(), |optimizer| {
            format!(" by {} at a rate of {}", optimizer.name(), optimizer.lr)
        });
        let resolved = serde_json::to_string_pretty(resolved).unwrap_or_default();
        format!(
            "{}{optimizer} in batches of {}. Everything that determines the result:\n\n\
             <details><summary>configuration</summary>\n\n{}\n\n</details>",
            counted(train.epochs().into(), "epoch"),
            train.batch_size,
            code_block("json", &resolved)
        )
    }

    fn results(&self) -> String {
        let metric = &self.ranking.metric;
        let mut lines = Vec::new();
        if let Some(validation) = &self.run.job.validation {
            lines.push(accuracy(
                "validation",
                validation,
                "by which it may have been chosen",
            ));
        }
        match &self.run.job.test {
            Some(test) if self.ranking.shows_test(self.rank) => {
                lines.push(accuracy("test", test, "which played no part in any choice"));
            }
            Some(_) => lines.push(
                "- The test images are sealed: their figures are shown of the chosen \
                 configuration and of the baseline only."
                    .to_string(),
            ),
            None => {}
        }
        if let Some(score) = self.configuration.score {
            let mut line = format!(
                "- Over {} of this configuration: {} {}",
                counted(score.n as u64, "run"),
                metric.words(),
                metric.mean_and_sd(score)
            );
            if let Some(interval) = self.configuration.interval {
                line.push_str(&format!(" (95 % interval {})", metric.interval(interval)));
            }
            lines.push(line + ".");
        }
        lines.join("\n")
    }

    fn limits(&self) -> String {
        let classes = &self.ranking.revision.classes;
        let mut lines = vec![
            "- It gives every image one of its classes, also an image that shows none of them."
                .to_string(),
        ];
        if let Some(validation) = &self.run.job.validation {
            lines.push(format!(
                "- Its accuracy is known on {} of the same set; on images of another origin it \
                 may be far lower.",
                counted(validation.images.into(), "image")
            ));
            let weak = weak_classes(validation, classes);
            if !weak.is_empty() {
                lines.push(format!(
                    "- Less than half of the validation images of these classes are recognised: {}.",
                    weak.join(", ")
                ));
            }
        }
        lines.join("\n")
    }
}

/// A line with the accuracy on a part of the images, and what the part was for.
fn accuracy(part: &str, evaluation: &EvaluationRow, purpose: &str) -> String {
    format!(
        "- This network, {part} images, {purpose}: accuracy {:.2} %, mean cross-entropy {:.4} ({}).",
        100.0 * evaluation.accuracy,
        evaluation.loss,
        counted(evaluation.images.into(), "image")
    )
}

/// The classes of which less than half of the images are recognised, with their share.
fn weak_classes(evaluation: &EvaluationRow, classes: &[String]) -> Vec<String> {
    let mut weak = Vec::new();
    for (class, row) in evaluation.confusion.iter().enumerate() {
        let all: u32 = row.iter().sum();
        let share = f64::from(row[class]) / f64::from(all.max(1));
        if all > 0 && share < RECOGNISED {
            weak.push(format!(
                "{} ({:.0} %)",
                escaped(&class_name(classes, class)),
                100.0 * share
            ));
        }
    }
    weak
}

fn counted_classes(classes: u64) -> String {
    match classes {
        1 => "one class".to_string(),
        n => format!("{} classes", thousands(n)),
    }
}

fn listed_classes(classes: &[String]) -> String {
    let shown = classes.iter().take(MOST_CLASSES);
    let shown: Vec<String> = shown.map(|class| escaped(class)).collect();
    match classes.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
