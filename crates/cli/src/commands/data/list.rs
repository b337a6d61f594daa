//! `data list`: every image of a set with its number, its file, its class, and what it is for.

use super::sets::{built_in, complete_set, first_set, read_file};
use crate::context::Context;
use crate::exit::{Exit, data_failure, failure};
use crate::output::json::JsonLines;
use crate::output::stdout::{Stdout, open_stdout};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::{ImageSet, Subsets};
use convsweep_spec::data::{DataFacts, DataSpec, SetReading};
use convsweep_spec::split::divided;
use serde_json::json;
use std::io;
use std::path::Path;

/// Columns of the list.
const COLUMNS: [&str; 4] = ["number", "path", "class", "part"];

/// Prints a row for each image: training and validation images, then test images, each numbered
/// from 0, as in the file of a split and in predictions.
///
/// # Errors
/// If the set is missing or damaged, or has no such fold.
pub fn list(context: &Context, target: &str, fold: Option<u32>, as_json: bool) -> Result<()> {
    let images = match built_in(target) {
        Some(source) => {
            let set = complete_set(context, source)?;
            if fold.is_some() {
                let message = "a built-in set has no folds: name an experiment file that asks for \
                               them";
                return Err(failure(Exit::Wrong, message));
            }
            whole_set(&set)
        }
        None => of_file(context, Path::new(target), fold)?,
    };
    match as_json {
        true => print_json(&images),
        false => print_csv(&images, open_stdout()),
    }
}

/// The images of a set in the order in which they are numbered.
struct ListedImages {
    classes: Vec<String>,
    labels: Vec<u16>,
    /// Paths; empty if the set does not consist of files.
    names: Vec<String>,
    /// The number of images before the test images.
    train_images: usize,
    /// What each image is for.
    parts: Vec<&'static str>,
}

impl ListedImages {
    /// Number, path, class and part of each image.
    fn rows(&self) -> impl Iterator<Item = (usize, Option<&str>, &str, &'static str)> {
        let images = self.labels.iter().zip(&self.parts).enumerate();
        images.map(|(i, (label, part))| {
            let number = match i < self.train_images {
                true => i,
                false => i - self.train_images,
            };
            let class = self.classes.get(usize::from(*label));
            let class = class.map_or("", String::as_str);
            let path = self.names.get(i).map(String::as_str);
            (number, path, class, *part)
        })
    }
}

/// The images of an experiment file's set, of the first one if it has several.
fn of_file(context: &Context, file: &Path, fold: Option<u32>) -> Result<ListedImages> {
    let plan = read_file(context, file)?;
    let Some(first) = plan.configurations.first() else {
        return Err(failure(Exit::Wrong, "the file has no configuration"));
    };
    let spec = &first.member.resolved.data;
    let configurations = &plan.configurations;
    if configurations
        .iter()
        .any(|c| c.member.resolved.data != *spec)
    {
        let label = &first.member.label;
        say_error(&format!(
            "note: the file has several image sets or splits; these are the images of {label}"
        ));
    }
    let fold = match (fold, spec.split.folds()) {
        (None, Some(folds)) => {
            say_error(&format!(
                "note: the split has {folds} folds; this is the first one, --fold 0"
            ));
            Some(0)
        }
        (fold, _) => fold,
    };
    match first.facts.reading.as_deref() {
        Some(reading) => of_reading(&first.facts, reading, spec, fold),
        None => {
            let set = first_set(context, &plan)?;
            let subsets = convsweep_data::split(&set, spec, fold).map_err(data_failure)?;
            Ok(divided_set(&set, &subsets))
        }
    }
}

/// The images of a folder or table, without decoding them.
fn of_reading(
    facts: &DataFacts,
    reading: &SetReading,
    spec: &DataSpec,
    fold: Option<u32>,
) -> Result<ListedImages> {
    let found = divided(facts, reading, spec, fold);
    let found = found.map_err(|problem| failure(Exit::Wrong, problem))?;
    let train_images = facts.train_images as usize;
    Ok(ListedImages {
        classes: facts.classes.clone(),
        labels: reading.labels.clone(),
        names: reading.names.clone(),
        train_images,
        parts: parts(
            (train_images, reading.labels.len()),
            (&found.train, &found.validation),
        ),
    })
}

fn divided_set(set: &ImageSet, subsets: &Subsets) -> ListedImages {
    let (train, test) = (set.train(), set.test());
    let counts = (train.len(), train.len() + test.len());
    ListedImages {
        classes: set.facts().classes.clone(),
        labels: [train.labels(), test.labels()].concat(),
        names: vec![],
        train_images: train.len(),
        parts: parts(counts, (&subsets.train, &subsets.validation)),
    }
}

/// A built-in set without a split: its training images may validate as well.
fn whole_set(set: &ImageSet) -> ListedImages {
    let all: Vec<u32> = (0..set.train().len() as u32).collect();
    let subsets = Subsets {
        train: all,
        validation: vec![],
        test: vec![],
    };
    divided_set(set, &subsets)
}

/// The part of each image of a set with this number of training images and of images in all.
/// `unused`: `data.limit` leaves it out.
fn parts(
    (train_images, images): (usize, usize),
    (training, validation): (&[u32], &[u32]),
) -> Vec<&'static str> {
    let mut parts = vec!["unused"; train_images];
    for (rows, part) in [(training, "train"), (validation, "validation")] {
        for row in rows {
            parts[*row as usize] = part;
        }
    }
    parts.resize(images, "test");
    parts
}

fn print_csv(images: &ListedImages, out: Stdout) -> Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let write = |table: &mut csv::Writer<Stdout>| -> Result<(), csv::Error> {
        table.write_record(COLUMNS)?;
        for (number, path, class, part) in images.rows() {
            let number = number.to_string();
            table.write_record([&number, path.unwrap_or_default(), class, part])?;
        }
        Ok(table.flush()?)
    };
    Ok(write(&mut table).map_err(io::Error::from)?)
}

fn print_json(images: &ListedImages) -> Result<()> {
    let mut lines = JsonLines::begin();
    for (number, path, class, part) in images.rows() {
        let row = json!({ "number": number, "path": path, "class": class, "part": part });
        lines.line(&row)?;
    }
    lines.end()
}
