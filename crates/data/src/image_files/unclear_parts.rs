//! Folders beside the training images that may be a part of the set although their names do not
//! say which.

use super::part_folder::{PartFolder, holds_classes, innermost, is_plain_folder};
use super::part_names::may_validate_or_test;
use super::walk::entries;
use crate::DataError;
use convsweep_spec::data::SetPart;
use convsweep_spec::words::listed;
use std::path::Path;

/// Classes that a message names.
const MOST_CLASSES: usize = 3;

/// Refuses a folder of classes whose name may mean validation as well as test images, or that holds
/// the classes of the training images, where the set lacks one of the two: it would be left out, and
/// other images would take its place. `others`: the names of folders that are no part.
///
/// # Errors
/// `Invalid` with all readings and the key that decides.
pub(super) fn refuse_unclear_parts(
    root: &Path,
    others: &[&str],
    parts: &[PartFolder],
) -> Result<(), DataError> {
    let has = |part| parts.iter().any(|folder| folder.part == part);
    if has(SetPart::Validation) && has(SetPart::Test) {
        return Ok(());
    }
    let mut trained = Vec::new();
    for part in parts.iter().filter(|p| p.part == SetPart::Training) {
        trained.extend(folders_in(&part.path)?);
    }
    for name in others {
        if !holds_classes(&root.join(name))? {
            continue;
        }
        let (_, path) = innermost(name, &root.join(name))?;
        let mut classes = folders_in(&path)?;
        classes.retain(|class| trained.contains(class));
        let why = match (may_validate_or_test(name), classes.len()) {
            (true, _) => "whose name may mean either".to_string(),
            (false, 0 | 1) => continue,
            (false, found) => {
                let names = listed(&classes[..found.min(MOST_CLASSES)]);
                format!("which has folders of the same classes ({names})")
            }
        };
        return Err(DataError::Invalid(format!(
            "{root} can be read in several ways: {name}/, {why}, holds validation images ({}), test \
             images ({}), or images that are not to be used ({})",
            source(parts, Some((SetPart::Validation, name))),
            source(parts, Some((SetPart::Test, name))),
            source(parts, None),
            root = root.display(),
        )));
    }
    Ok(())
}

/// Names of the folders in a folder.
fn folders_in(folder: &Path) -> Result<Vec<String>, DataError> {
    let found = entries(folder)?.into_iter().filter(is_plain_folder);
    Ok(found.map(|entry| entry.name).collect())
}

/// The source that names these parts, with one more folder.
fn source(parts: &[PartFolder], more: Option<(SetPart, &str)>) -> String {
    let mut text = "source = { name = \"folder\"".to_string();
    for part in SetPart::ALL {
        let named = parts.iter().filter(|folder| folder.part == part);
        let mut names: Vec<String> = named.map(|folder| format!("{:?}", folder.name)).collect();
        let added = more.filter(|(added, _)| *added == part);
        names.extend(added.map(|(_, name)| format!("{name:?}")));
        match names.as_slice() {
            [] => {}
            [one] => text += &format!(", {} = {one}", part.name()),
            several => text += &format!(", {} = [{}]", part.name(), several.join(", ")),
        }
    }
    text + " }"
}
