//! `data inspect`: an image set in numbers.

use super::sets::{built_in, first_set, plan_as_written, whole};
use crate::context::Context;
use crate::exit::{Exit, data_failure};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use convsweep_data::{Inspection, PartInspection};
use convsweep_spec::words::thousands;
use serde_json::{Value, json};
use std::path::Path;

/// Counts, balance, pixel statistics and duplicates of a built-in set or of the set that an
/// experiment file names.
pub(super) fn inspect(context: &Context, target: &str, as_json: bool) -> Result<Exit> {
    let set = match built_in(target) {
        Some(source) => {
            convsweep_data::open(context.location(None), &whole(source)).map_err(data_failure)?
        }
        None => first_set(context, &plan_as_written(context, Path::new(target))?)?,
    };
    let found = convsweep_data::inspect(&set)?;
    if as_json {
        say_json(&as_object(&found))?;
    } else {
        say(&as_text(&found))?;
    }
    Ok(Exit::Complete)
}

fn as_text(found: &Inspection) -> String {
    let [channels, height, width] = found.shape;
    let mut lines = vec![
        format!(
            "{channels}×{height}×{width}, {} classes, content hash {}\n",
            found.classes.len(),
            found.hash
        ),
        class_table(found),
    ];
    for (name, part) in [("train", &found.train), ("test", &found.test)] {
        if part.images > 0 {
            let (mean, std) = (numbers(&part.pixels.mean), numbers(&part.pixels.std));
            lines.push(format!("{name}: mean {mean}; std {std}"));
        }
    }
    let duplicates = &found.duplicates;
    lines.push(format!(
        "equal images: {} within train, {} within test, {} of test in train, {} under two labels",
        duplicates.within_train, duplicates.within_test, duplicates.between, duplicates.other_label
    ));
    for [image, earlier] in &duplicates.examples {
        lines.push(format!("  {image} = {earlier}"));
    }
    for skipped in &found.skipped {
        lines.push(format!("left out: {skipped}"));
    }
    lines.join("\n")
}

/// Images of each class, and of all.
fn class_table(found: &Inspection) -> String {
    let mut rows = Vec::new();
    for (label, class) in found.classes.iter().enumerate() {
        let count = |part: &PartInspection| thousands(part.per_class[label] as u64);
        rows.push(vec![class.clone(), count(&found.train), count(&found.test)]);
    }
    rows.push(vec![
        "all".into(),
        thousands(found.train.images as u64),
        thousands(found.test.images as u64),
    ]);
    plain(&["class", "train", "test"], &rows)
}

fn numbers(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(|x| format!("{x:.4}")).collect();
    texts.join(", ")
}

fn as_object(found: &Inspection) -> Value {
    json!({
        "hash": found.hash,
        "shape": found.shape,
        "classes": found.classes,
        "train": part_object(&found.train),
        "test": part_object(&found.test),
        "duplicates": found.duplicates,
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
