//! Classes without a single image.

use super::listing::judge_classes;
use super::test_cut::ScannedFile;
use crate::DataError;
use convsweep_spec::data::EmptyClasses;
use convsweep_spec::words::{class_names, counted_as};
use std::path::Path;

/// Refuses classes without images, or takes them out and gives the others new numbers. The classes
/// that were taken out.
pub(super) fn handle_empty_classes(
    root: &Path,
    classes: &mut Vec<String>,
    files: &mut [ScannedFile],
    empty: EmptyClasses,
) -> Result<Vec<String>, DataError> {
    let mut has_images = vec![false; classes.len()];
    for (file, _) in files.iter() {
        has_images[usize::from(file.class)] = true;
    }
    let without = |(class, has): (&String, &bool)| (!has).then(|| class.clone());
    let dropped: Vec<String> = classes
        .iter()
        .zip(&has_images)
        .filter_map(without)
        .collect();
    if dropped.is_empty() {
        return Ok(dropped);
    }
    if empty == EmptyClasses::Error {
        return Err(DataError::Invalid(format!(
            "{}: {}. Remove it, or leave such classes out with data.empty_classes = \"drop\"",
            root.display(),
            no_images(&dropped)
        )));
    }
    let (mut numbers, mut next) = (Vec::with_capacity(classes.len()), 0u16);
    for has in &has_images {
        numbers.push(next);
        next += u16::from(*has);
    }
    for (file, _) in files {
        file.class = numbers[usize::from(file.class)];
    }
    classes.retain(|class| !dropped.contains(class));
    judge_classes(classes.len(), || {
        let count = counted_as(classes.len() as u64, "class", "classes");
        format!("{} holds {count} with images", root.display())
    })?;
    Ok(dropped)
}

/// That these classes have no images, in words.
pub(super) fn no_images(classes: &[String]) -> String {
    format!("no image of the {}", class_names(classes))
}
