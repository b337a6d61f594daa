//! Shared by the tests: facts of imaginary image sets, planning of a text, and a small file that
//! is right.
#![allow(dead_code)]

pub mod mistakes;

use convsweep_plan::{Overrides, Plan, Problems, plan};
use convsweep_spec::data::{DataFacts, DataSpec, Source};
use convsweep_spec::train::Optimizer;
use std::path::{Path, PathBuf};

/// Facts such as the data crate provides.
pub fn facts(spec: &DataSpec, path: Option<&Path>) -> Result<DataFacts, String> {
    let (classes, images, mut channels, mut size) = match &spec.source {
        Source::Cifar10 => (10, [50_000, 10_000], 3, [32, 32]),
        Source::Cifar100 => (100, [50_000, 10_000], 3, [32, 32]),
        Source::Mnist | Source::FashionMnist => (10, [60_000, 10_000], 1, [28, 28]),
        Source::Shapes(s) => (s.classes, [s.train, s.test], 3, [s.size, s.size]),
        Source::Folder(_) | Source::Csv(_) => match path {
            Some(path) if path.ends_with("flowers") => (5, [1000, 0], 3, [64, 64]),
            _ => return Err("there is no such folder".into()),
        },
    };
    if let Some(resize) = &spec.resize {
        size = [resize.height, resize.width];
    }
    if let Some(wanted) = spec.channels {
        channels = wanted.into();
    }
    Ok(DataFacts {
        hash: format!("hash of {}", spec.source.name()),
        classes: (0..classes).map(|c| format!("class {c}")).collect(),
        train_images: images[0],
        test_images: images[1],
        channels,
        height: size[0],
        width: size[1],
        validation_images: 0,
        loses_colour: false,
        reading: None,
    })
}

/// Plans a text as `experiment.toml` in a temporary folder.
pub fn plan_with(text: &str, overrides: &Overrides) -> Result<Plan, Problems> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("experiment.toml");
    std::fs::write(&file, text).expect("writes");
    plan(&file, overrides, &facts)
}

/// Plans the first of several files in one folder.
pub fn plan_files(files: &[(&str, &str)]) -> Result<Plan, Problems> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("made");
        std::fs::write(path, text).expect("writes");
    }
    plan(
        &folder.path().join(files[0].0),
        &Overrides::default(),
        &facts,
    )
}

pub fn plan_text(text: &str) -> Result<Plan, Problems> {
    plan_with(text, &Overrides::default())
}

/// The plan of a text that must be right.
pub fn planned(text: &str) -> Plan {
    plan_text(text).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// The rendered problems of a text that must be wrong, without the folder's name.
pub fn problems(text: &str) -> String {
    problems_with(text, &Overrides::default())
}

pub fn problems_with(text: &str, overrides: &Overrides) -> String {
    match plan_with(text, overrides) {
        Ok(plan) => panic!("plans {} jobs\n{text}", plan.jobs()),
        Err(problems) => without_folder(&problems.to_string()),
    }
}

/// Replaces the whole path of `experiment.toml` by its name.
pub fn without_folder(text: &str) -> String {
    let paths =
        text.split(' ').map(
            |word| match (word.starts_with("/tmp/"), word.rsplit_once('/')) {
                (true, Some((_, name))) => name,
                _ => word,
            },
        );
    let text = paths.collect::<Vec<_>>().join(" ");
    let line = |line: &str| match (
        line.find("--> ").or(line.find("::: ")),
        line.find("experiment.toml"),
    ) {
        (Some(arrow), Some(name)) => format!("{}{}", &line[..arrow + 4], &line[name..]),
        _ => line.trim_end().to_string(),
    };
    text.trim_end()
        .lines()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

pub fn set(words: &[&str]) -> Overrides {
    Overrides {
        set: words.iter().map(|w| w.to_string()).collect(),
        seeds: None,
    }
}

pub fn experiment_file(name: &str) -> PathBuf {
    // Read when the test runs, since two checkouts may share one target folder.
    let package = std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo");
    Path::new(&package).join("../../experiments").join(name)
}

/// A file that is right, without axes.
pub const SMALL: &str = r#"
[experiment]
name = "small"
seeds = 2

[data]
source = "cifar10"

[model]
parameters = { width = 16 }
layers = [
  { conv = "$width", kernel = 3, activation = "relu" },
  { pool = "max" },
  { flatten = true },
  { dense = "classes" },
]

[train]
epochs = 3
optimizer = { name = "adam", lr = 1e-3 }
"#;

/// [`SMALL`] with one text replaced.
pub fn small(from: &str, to: &str) -> String {
    assert!(SMALL.contains(from), "{from}");
    SMALL.replacen(from, to, 1)
}

/// [`SMALL`] with a sweep.
pub fn sweep(text: &str) -> String {
    format!("{SMALL}\n[[sweep]]\n{text}\n")
}

/// The labels of all configurations.
pub fn labels(plan: &Plan) -> Vec<String> {
    plan.configurations
        .iter()
        .map(|c| c.member.label.clone())
        .collect()
}

/// The optimizers of the first phases of all configurations.
pub fn optimizers(plan: &Plan) -> Vec<Optimizer> {
    plan.configurations
        .iter()
        .map(|c| c.member.resolved.train.phases[0].optimizer.clone())
        .collect()
}
