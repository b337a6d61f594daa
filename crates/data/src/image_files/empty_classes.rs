//! Classes that cannot be learnt: without a single image, or without training images.

use super::listing::judge_classes;
use super::similar_names::look_alike;
use super::test_cut::ScannedFile;
use super::walk::reason;
use crate::DataError;
use convsweep_spec::data::{EmptyClasses, LeftOut, SetPart};
use convsweep_spec::words::{class_names, counted_as};
use std::path::Path;

/// Classes that were left out.
pub(super) struct DroppedClasses {
    pub(super) names: Vec<String>,
    /// What a person should know of them.
    pub(super) notes: Vec<String>,
}

/// Refuses classes without training images, or takes them out with the images that they have for
/// validation and testing, and gives the others new numbers.
pub(super) fn handle_empty_classes(
    root: &Path,
    classes: &mut Vec<String>,
    files: &mut Vec<ScannedFile>,
    empty: EmptyClasses,
    left_out: &mut Vec<LeftOut>,
) -> Result<DroppedClasses, DataError> {
    let images = ClassPresence::of(files, classes.len());
    let named = |is_meant: &dyn Fn(usize) -> bool| {
        let numbers = (0..classes.len()).filter(|class| is_meant(*class));
        let names = numbers.map(|class| classes[class].clone());
        names.collect::<Vec<String>>()
    };
    let without_images = named(&|class| !images.any[class]);
    let without_training = named(&|class| images.any[class] && !images.training[class]);
    let trained = named(&|class| images.training[class]);
    let mut dropped = DroppedClasses {
        names: [without_images.as_slice(), &without_training].concat(),
        notes: Vec::new(),
    };
    if dropped.names.is_empty() {
        return Ok(dropped);
    }
    if empty == EmptyClasses::Error {
        return Err(match without_training.is_empty() {
            true => no_images(root, &without_images),
            false => no_training_images(root, classes, files, &without_training, &trained),
        });
    }
    dropped.notes = notes(&without_images, &without_training, &trained);
    let (mut numbers, mut next) = (Vec::with_capacity(classes.len()), 0u16);
    for is_trained in &images.training {
        numbers.push(next);
        next += u16::from(*is_trained);
    }
    files.retain_mut(|(file, _)| {
        let class = usize::from(file.class);
        file.class = numbers[class];
        if !images.training[class] {
            LeftOut::add(left_out, reason::NO_TRAINING, &file.path);
        }
        images.training[class]
    });
    *classes = trained;
    judge_classes(classes.len(), || {
        let count = counted_as(classes.len() as u64, "class", "classes");
        format!("{} holds {count} with training images", root.display())
    })?;
    Ok(dropped)
}

/// Which classes have images, by label.
struct ClassPresence {
    any: Vec<bool>,
    training: Vec<bool>,
}

impl ClassPresence {
    fn of(files: &[ScannedFile], classes: usize) -> ClassPresence {
        let mut images = ClassPresence {
            any: vec![false; classes],
            training: vec![false; classes],
        };
        for (file, _) in files {
            let class = usize::from(file.class);
            images.any[class] = true;
            images.training[class] |= file.part == SetPart::Training;
        }
        images
    }
}

/// What to say of classes that were left out.
fn notes(
    without_images: &[String],
    without_training: &[String],
    trained: &[String],
) -> Vec<String> {
    let mut notes = Vec::new();
    if !without_images.is_empty() {
        let names = class_names(without_images);
        notes.push(format!("left out: no image of the {names}"));
    }
    if !without_training.is_empty() {
        let names = class_names(without_training);
        notes.push(format!("left out: no training image of the {names}"));
    }
    for class in without_training {
        notes.extend(alike(class, trained).map(|other| format!("the class {class:?}: {other}")));
    }
    notes
}

fn no_images(root: &Path, classes: &[String]) -> DataError {
    DataError::Invalid(format!(
        "{}: no image of the {}. Remove it, or leave such classes out with data.empty_classes = \
         \"drop\"",
        root.display(),
        class_names(classes)
    ))
}

/// The error of classes that only validation or test images have. `trained`: the others.
fn no_training_images(
    root: &Path,
    classes: &[String],
    files: &[ScannedFile],
    untrained: &[String],
    trained: &[String],
) -> DataError {
    let first = &untrained[0];
    let is_of_class = |(file, _): &&ScannedFile| classes[usize::from(file.class)] == *first;
    let path = files.iter().find(is_of_class).map(|(file, _)| &file.path);
    let path = root.join(path.map_or("", String::as_str));
    let others = match untrained.len() - 1 {
        0 => String::new(),
        n => format!(
            " (and {} more like it)",
            counted_as(n as u64, "class", "classes")
        ),
    };
    let hint = match alike(first, trained) {
        Some(other) => format!("; {other}: rename one"),
        None => "; rename or remove it".to_string(),
    };
    DataError::Invalid(format!(
        "{} is of the class {first:?}, and the training images have no class of this name{others}\
         {hint}, or leave such images out with data.empty_classes = \"drop\"",
        path.display()
    ))
}

/// That a class is written like another one, if one is.
fn alike(class: &str, trained: &[String]) -> Option<String> {
    let other = trained.iter().find(|other| look_alike(class, other))?;
    Some(format!(
        "they have {other:?}, which differs only in letter case, spaces or how Unicode composes the \
         letters"
    ))
}
