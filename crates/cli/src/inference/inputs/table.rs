//! Images that tables name.

use super::class_names::ClassNames;
use super::image_input::{ImageInput, input_failure};
use crate::exit::{Exit, failure};
use crate::streams::say_error;
use anyhow::Result;
use convsweep_data::{TableReading, table_images};
use convsweep_spec::words::{counted, first_few};
use std::collections::BTreeMap;
use std::path::Path;

/// The images of a table.
///
/// # Errors
/// If it cannot be read, has no column of paths, or none of its images is there.
pub fn in_table(
    table: &Path,
    classes: &ClassNames,
    reading: &TableReading,
) -> Result<Vec<ImageInput>> {
    let name = table.display();
    let wrong = |problem: String| failure(Exit::Wrong, format!("{name}: {problem}"));
    let listed = table_images(table, reading).map_err(input_failure)?;
    if listed.without_path > 0 {
        let rows = counted(listed.without_path, "row");
        say_error(&format!("note: {name}: {rows} left out, without a path"));
    }
    let Some(first) = listed.images.first() else {
        return Err(wrong("it names no image".to_string()));
    };
    if !listed.images.iter().any(|image| image.path.exists()) {
        let images = counted(listed.images.len() as u64, "image");
        return Err(wrong(format!(
            "not one of its {images} is there, the first of them not at {}: --root names the \
            folder that paths are relative to, --extension what is appended to them, --path-column \
            the column that they are in",
            first.path.display()
        )));
    }
    let mut found = Vec::with_capacity(listed.images.len());
    let mut unknown = BTreeMap::new();
    for image in listed.images {
        // The folders of a table's images say nothing where the table could.
        let class = image.class.as_deref();
        let label = class.and_then(|class| classes.label(class));
        if let (Some(class), None) = (class, label) {
            *unknown.entry(class.to_string()).or_insert(0u64) += 1;
        }
        found.push(ImageInput {
            class: label,
            path: image.path,
            problem: None,
        });
    }
    if !unknown.is_empty() {
        say_unknown(table, &unknown);
    }
    Ok(found)
}

/// Says which classes of a table the network does not know, each with the number of its images.
fn say_unknown(table: &Path, unknown: &BTreeMap<String, u64>) {
    let table = table.display();
    say_error(&format!("note: {table}: {}", unknown_in_words(unknown)));
}

fn unknown_in_words(unknown: &BTreeMap<String, u64>) -> String {
    let names: Vec<&String> = unknown.keys().collect();
    let names = first_few(&names, 5);
    match unknown.values().sum() {
        1 => format!(
            "1 image has a class that the network does not know ({names}), and counts for no \
            accuracy"
        ),
        images => format!(
            "{} have classes that the network does not know ({names}), and count for no accuracy",
            counted(images, "image")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_classes_are_counted() {
        let words = |counts: &[(&str, u64)]| {
            let counts = counts.iter().map(|(name, n)| (name.to_string(), *n));
            unknown_in_words(&counts.collect())
        };
        let one = words(&[("pig", 1)]);
        assert!(
            one.starts_with("1 image has a class") && one.contains("counts for"),
            "{one}"
        );
        let two = words(&[("ant", 1), ("pig", 2)]);
        assert!(
            two.starts_with("3 images have classes") && two.contains("count for"),
            "{two}"
        );
    }
}
