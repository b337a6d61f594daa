//! `data inspect`: what an image set contains.

use super::sets::{built_in, complete_set, folder, inspected_set};
use crate::context::Context;
use crate::exit::{Exit, data_failure, failure};
use crate::output::class_table::{ClassRow, class_table};
use crate::output::json::say_json;
use crate::output::stdout::say;
use anyhow::Result;
use clap::Args;
use convsweep_data::{ImageSet, Inspection, NearPair, PartInspection};
use convsweep_report::charts::{PER_CLASS, SheetClass, contact_sheet};
use convsweep_spec::words::{counted_as, printable, printable_lines, thousands};
use image::RgbImage;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Sizes of images that are shown.
const MOST_SIZES: usize = 4;

/// What to show of a set.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// An experiment file, a folder of images, or the name of a built-in set.
    target: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Also draw some images of every class into this PNG.
    #[arg(long, value_name = "PNG")]
    sheet: Option<PathBuf>,
    /// Also list images that look alike: those whose perceptual hashes differ in at most this many
    /// of 256 bits.
    #[arg(long, value_name = "BITS", num_args = 0..=1, default_missing_value = "12")]
    near: Option<u32>,
}

/// Prints counts, balance, what was left out, statistics of pixels, and duplicates.
///
/// # Errors
/// If the set is missing or damaged.
pub fn inspect(context: &Context, args: &InspectArgs) -> Result<()> {
    let target = Path::new(&args.target);
    let (set, refusal) = match built_in(&args.target) {
        Some(source) => (complete_set(context, source)?, None),
        None if target.is_dir() => (folder(context, target)?, None),
        None => inspected_set(context, target)?,
    };
    let phase = context.phase("comparing images");
    let found = convsweep_data::inspect(&set).map_err(data_failure)?;
    phase.becomes("looking for images that look alike");
    let near = args
        .near
        .map(|bits| convsweep_data::near_duplicates(&set, bits));
    let near = near.transpose().map_err(data_failure)?;
    drop(phase);
    if let Some(path) = &args.sheet {
        draw_sheet(&set, path)?;
    }
    if args.json {
        let mut object = object(&found, &set, near.as_ref());
        if let Some(refusal) = refusal {
            object["refused"] = json!(refusal);
        }
        return say_json(&object);
    }
    let mut text = text(&found, &set);
    if let Some(refusal) = refusal {
        text += "\nnote: `convsweep plan` refuses this file:\n";
        text += &printable_lines(refusal.trim_end());
    }
    if let (Some((pairs, all)), Some(bits)) = (&near, args.near) {
        text += &near_text(pairs, *all, bits, &found.classes);
    }
    say(&text)
}

fn text(found: &Inspection, set: &ImageSet) -> String {
    let [channels, height, width] = found.shape;
    let classes = counted_as(found.classes.len() as u64, "class", "classes");
    let mut text = format!(
        "{channels}×{height}×{width}, {classes}, content hash {}\n",
        found.hash
    );
    if let Some(reading) = &set.facts().reading {
        text += &format!("images: {}\n", printable(&reading.places_in_words()));
        text += &format!("sizes: {}\n", sizes(&reading.sizes));
    }
    text += "\n";
    text += &table_of_classes(found, set);
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
    if let Some(reading) = &set.facts().reading {
        for note in reading
            .notes
            .iter()
            .cloned()
            .chain(reading.left_out_in_words())
        {
            text += &format!("\nnote: {note}");
        }
    }
    for skipped in &found.skipped {
        text += &format!("\nleft out: {skipped}");
    }
    text
}

/// The sizes of images as they are, the most frequent first.
fn sizes(sizes: &[([u32; 2], u32)]) -> String {
    let words = |(size, count): &([u32; 2], u32)| {
        let count = thousands(u64::from(*count));
        format!("{}×{} ({count})", size[0], size[1])
    };
    let shown: Vec<String> = sizes.iter().take(MOST_SIZES).map(words).collect();
    let more = match sizes.len() - shown.len() {
        0 => String::new(),
        n => {
            let smallest = sizes.iter().map(|(size, _)| size[0].min(size[1])).min();
            let largest = sizes.iter().map(|(size, _)| size[0].max(size[1])).max();
            format!(
                " and {n} others; the shortest side has {} pixels, the longest {}",
                smallest.unwrap_or_default(),
                largest.unwrap_or_default()
            )
        }
    };
    format!("{}{more} (height × width)", shown.join(", "))
}

fn near_text(pairs: &[NearPair], all: u64, bits: u32, classes: &[String]) -> String {
    let noun = counted_as(all, "pair looks", "pairs look");
    let mut text = format!("\n{noun} alike (at most {bits} of 256 bits of their hashes differ)");
    for pair in pairs {
        let [one, other] = &pair.images;
        let [a, b] = pair
            .labels
            .map(|label| classes[usize::from(label)].as_str());
        let labels = match a == b {
            true => String::new(),
            false => format!(", {a} and {b}"),
        };
        let leak = if pair.crosses_test {
            ", one is a test image"
        } else {
            ""
        };
        text += &format!("\n  {one} ≈ {other} ({} bits{labels}{leak})", pair.distance);
    }
    match all - pairs.len() as u64 {
        0 => text,
        more => text + &format!("\n  and {} more", thousands(more)),
    }
}

/// Draws some images of every class.
fn draw_sheet(set: &ImageSet, path: &Path) -> Result<()> {
    let images = set.train();
    let names = &set.facts().classes;
    let mut classes: Vec<(u64, Vec<RgbImage>)> = vec![(0, vec![]); names.len()];
    for (row, label) in images.labels().iter().enumerate() {
        let (count, shown) = &mut classes[usize::from(*label)];
        *count += 1;
        if shown.len() < PER_CLASS {
            shown.push(images.picture(row as u32).map_err(data_failure)?);
        }
    }
    let rows = names.iter().zip(classes).map(|(name, (count, images))| {
        let name = format!("{} ({})", printable(name), thousands(count));
        SheetClass { name, images }
    });
    let rows: Vec<SheetClass> = rows.collect();
    let png = contact_sheet(&rows).map_err(|error| failure(Exit::Internal, error.to_string()))?;
    std::fs::write(path, png).map_err(|error| {
        let message = format!("{} cannot be written: {error}", path.display());
        failure(Exit::Results, message)
    })
}

/// Numbers of images of each class, and of all of them; with those that the set gives for
/// validation, if it gives any.
fn table_of_classes(found: &Inspection, set: &ImageSet) -> String {
    let given = set.facts().validation_images as usize;
    let labels = set.train().labels();
    let mut validation = vec![0; found.classes.len()];
    for label in &labels[labels.len() - given..] {
        validation[usize::from(*label)] += 1;
    }
    let numbers = |train: usize, validation: usize, test: usize| {
        let mut numbers = vec![train - validation, validation, test];
        if given == 0 {
            numbers.remove(1);
        }
        let words = numbers.into_iter().map(|number| thousands(number as u64));
        words.collect::<Vec<String>>()
    };
    let mut rows = Vec::with_capacity(found.classes.len());
    for (i, class) in found.classes.iter().enumerate() {
        let count = |part: &PartInspection| part.per_class.get(i).copied().unwrap_or(0);
        let (train, test) = (count(&found.train), count(&found.test));
        rows.push(ClassRow {
            class: class.clone(),
            training: (train - validation[i]) as u64,
            numbers: numbers(train, validation[i], test),
        });
    }
    let total = numbers(found.train.images, given, found.test.images);
    let columns: &[&str] = match given {
        0 => &["train", "test"],
        _ => &["train", "validation", "test"],
    };
    class_table(columns, rows, Some(total), Some("--json has them"))
}

fn numbers(values: &[f64]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    values.join(", ")
}

fn object(found: &Inspection, set: &ImageSet, near: Option<&(Vec<NearPair>, u64)>) -> Value {
    let duplicates = &found.duplicates;
    let mut object = json!({
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
        "given_validation_images": set.facts().validation_images,
    });
    if let Some(reading) = &set.facts().reading {
        object["places"] = json!(reading.places);
        object["sizes"] = json!(reading.sizes);
        object["left_out"] = json!(reading.left_out);
        object["notes"] = json!(reading.notes);
    }
    if let Some((pairs, all)) = near {
        object["near"] = json!({ "pairs": pairs, "all": all });
    }
    object
}

fn part_object(part: &PartInspection) -> Value {
    json!({
        "images": part.images,
        "per_class": part.per_class,
        "mean": part.pixels.mean,
        "std": part.pixels.std,
    })
}
