//! `data inspect`: what an image set contains.

use super::sets::{built_in, complete_set, first_set, read_file};
use crate::context::Context;
use crate::exit::data_failure;
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use convsweep_data::{Inspection, PartInspection};
use convsweep_spec::words::{counted_as, shortened, thousands};
use serde_json::{Value, json};
use std::path::Path;

/// Characters of a class name that are shown.
const LONGEST_CLASS: usize = 60;

/// Prints counts, balance, statistics of pixels, and duplicates.
///
/// # Errors
/// If the set is missing or damaged.
pub fn inspect(context: &Context, target: &str, as_json: bool) -> Result<()> {
    let set = match built_in(target) {
        Some(source) => complete_set(context, source)?,
        None => first_set(context, &read_file(context, Path::new(target))?)?,
    };
    let found = convsweep_data::inspect(&set).map_err(data_failure)?;
    if as_json {
        say_json(&object(&found))
    } else {
        say(&text(&found))
    }
}

fn text(found: &Inspection) -> String {
    let [channels, height, width] = found.shape;
    let classes = counted_as(found.classes.len() as u64, "class", "classes");
    let mut text = format!(
        "{channels}×{height}×{width}, {classes}, content hash {}\n\n",
        found.hash
    );
    text += &plain(&["class", "train", "test"], &class_rows(found));
    for (name, part) in [("train", &found.train), ("test", &found.test)] {
        if part.images > 0 {
            let (mean, std) = (numbers(&part.pixels.mean), numbers(&part.pixels.std));
            text += &format!("\n{name}: mean {mean}; std {std}");
        }
    }
    let duplicates = &found.duplicates;
    text += &format!(
        "\nequal images: {} within train, {} within test, {} of test in train, \
        {} under two labels",
        duplicates.within_train, duplicates.within_test, duplicates.between, duplicates.other_label
    );
    for [image, earlier] in &duplicates.examples {
        text += &format!("\n  {image} = {earlier}");
    }
    for skipped in &found.skipped {
        text += &format!("\nleft out: {skipped}");
    }
    text
}

/// Numbers of images of each class, and of all of them.
fn class_rows(found: &Inspection) -> Vec<Vec<String>> {
    let count = |part: &PartInspection, class: usize| {
        let count = part.per_class.get(class).copied().unwrap_or(0);
        thousands(count as u64)
    };
    let mut rows = Vec::new();
    for (i, class) in found.classes.iter().enumerate() {
        rows.push(vec![
            shortened(class, LONGEST_CLASS).into_owned(),
            count(&found.train, i),
            count(&found.test, i),
        ]);
    }
    rows.push(vec![
        "all".into(),
        thousands(found.train.images as u64),
        thousands(found.test.images as u64),
    ]);
    rows
}

fn numbers(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    values.join(", ")
}

fn object(found: &Inspection) -> Value {
    let duplicates = &found.duplicates;
    json!({
        "hash": found.hash,
        "shape": found.shape,
        "classes": found.classes,
        "train": part_object(&found.train),
        "test": part_object(&found.test),
        "duplicates": {
            "within_train": duplicates.within_train,
            "within_test": duplicates.within_test,
            "between": duplicates.between,
            "other_label": duplicates.other_label,
            "examples": duplicates.examples,
        },
        "skipped": found.skipped,
    })
}

fn part_object(part: &PartInspection) -> Value {
    json!({
        "images": part.images,
        "per_class": part.per_class,
        "mean": part.pixels.mean,
        "std": part.pixels.std,
    })
}
